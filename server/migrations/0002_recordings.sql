-- What one therapy session's recording was. The full media need never reach us.
CREATE TABLE recording (
    id              BLOB    NOT NULL PRIMARY KEY,
    practice        BLOB    NOT NULL REFERENCES practice (id),
    version         INTEGER NOT NULL,
    client          BLOB    NOT NULL REFERENCES client (id),
    recorded_at     INTEGER NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX recording_client ON recording (client);

-- A person heard or seen on recordings. A participant who is the client or staff names that person.
CREATE TABLE participant (
    id          BLOB    NOT NULL PRIMARY KEY,
    practice    BLOB    NOT NULL REFERENCES practice (id),
    kind        TEXT    NOT NULL,
    client      BLOB    REFERENCES client (id),
    staff       BLOB    REFERENCES staff (id),
    name_sealed BLOB    NOT NULL,
    added_by    BLOB    NOT NULL REFERENCES staff (id),
    created_at  INTEGER NOT NULL
);

CREATE TABLE recording_participant (
    recording   BLOB    NOT NULL REFERENCES recording (id),
    participant BLOB    NOT NULL REFERENCES participant (id),
    PRIMARY KEY (recording, participant)
);

-- A versioned text in paragraphs; a new version is a new row.
CREATE TABLE consent_form (
    id          BLOB    NOT NULL PRIMARY KEY,
    practice    BLOB    NOT NULL REFERENCES practice (id),
    version     INTEGER NOT NULL,
    text_sealed BLOB    NOT NULL,
    created_at  INTEGER NOT NULL
);

-- Events, never edited: one participant gives or withdraws one purpose on one recording.
-- The newest event by (at, id) counts; a withdrawal of the same instant wins.
CREATE TABLE consent_event (
    id          BLOB    NOT NULL PRIMARY KEY,
    recording   BLOB    NOT NULL REFERENCES recording (id),
    participant BLOB    NOT NULL REFERENCES participant (id),
    purpose     TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    form        BLOB    REFERENCES consent_form (id),
    at          INTEGER NOT NULL,
    valid_until INTEGER,
    recorded_by BLOB    REFERENCES staff (id),
    signature_sealed BLOB
);
CREATE INDEX consent_event_recording ON consent_event (recording, participant, purpose);

-- An immutable encrypted excerpt. Destroying it erases `wrapped_key` first, then the object.
CREATE TABLE clip (
    id              BLOB    NOT NULL PRIMARY KEY,
    practice        BLOB    NOT NULL REFERENCES practice (id),
    version         INTEGER NOT NULL,
    recording       BLOB    NOT NULL REFERENCES recording (id),
    client          BLOB    NOT NULL REFERENCES client (id),
    created_at      INTEGER NOT NULL,
    created_by      BLOB    NOT NULL REFERENCES staff (id),
    media_type      TEXT    NOT NULL,
    duration_ms     INTEGER NOT NULL,
    plain_len       INTEGER NOT NULL,
    cipher_len      INTEGER NOT NULL,
    record_size     INTEGER NOT NULL,
    cipher_sha256   BLOB    NOT NULL,
    title_sealed    BLOB    NOT NULL,
    wrapped_key     BLOB,
    object          TEXT    NOT NULL,
    held_back_at    INTEGER,
    destroy_at      INTEGER,
    destroyed_at    INTEGER,
    object_erased_at INTEGER
);
CREATE INDEX clip_client ON clip (client);
CREATE INDEX clip_recording ON clip (recording);

-- Who is heard or seen in this piece: consent is asked per clip, not per recording only.
CREATE TABLE clip_participant (
    clip        BLOB    NOT NULL REFERENCES clip (id),
    participant BLOB    NOT NULL REFERENCES participant (id),
    PRIMARY KEY (clip, participant)
);
