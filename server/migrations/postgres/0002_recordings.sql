-- What one therapy session's recording was. The full media need never reach us.
CREATE TABLE recording (
    id              BYTEA    NOT NULL PRIMARY KEY,
    practice        BYTEA    NOT NULL REFERENCES practice (id),
    version         BIGINT NOT NULL,
    client          BYTEA    NOT NULL REFERENCES client (id),
    recorded_at     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX recording_client ON recording (client);

-- A person heard or seen on recordings. A participant who is the client or staff names that person.
CREATE TABLE participant (
    id          BYTEA    NOT NULL PRIMARY KEY,
    practice    BYTEA    NOT NULL REFERENCES practice (id),
    kind        TEXT    NOT NULL,
    client      BYTEA    REFERENCES client (id),
    staff       BYTEA    REFERENCES staff (id),
    name_sealed BYTEA    NOT NULL,
    added_by    BYTEA    NOT NULL REFERENCES staff (id),
    created_at  BIGINT NOT NULL
);

CREATE TABLE recording_participant (
    recording   BYTEA    NOT NULL REFERENCES recording (id),
    participant BYTEA    NOT NULL REFERENCES participant (id),
    PRIMARY KEY (recording, participant)
);

-- A versioned text in paragraphs; a new version is a new row.
CREATE TABLE consent_form (
    id          BYTEA    NOT NULL PRIMARY KEY,
    practice    BYTEA    NOT NULL REFERENCES practice (id),
    version     BIGINT NOT NULL,
    text_sealed BYTEA    NOT NULL,
    created_at  BIGINT NOT NULL
);

-- Events, never edited: one participant gives or withdraws one purpose on one recording.
-- The newest event by (at, id) counts; a withdrawal of the same instant wins.
CREATE TABLE consent_event (
    id          BYTEA    NOT NULL PRIMARY KEY,
    recording   BYTEA    NOT NULL REFERENCES recording (id),
    participant BYTEA    NOT NULL REFERENCES participant (id),
    purpose     TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    form        BYTEA    REFERENCES consent_form (id),
    at          BIGINT NOT NULL,
    valid_until BIGINT,
    recorded_by BYTEA    REFERENCES staff (id),
    signature_sealed BYTEA
);
CREATE INDEX consent_event_recording ON consent_event (recording, participant, purpose);

-- An immutable encrypted excerpt. Destroying it erases `wrapped_key` first, then the object.
CREATE TABLE clip (
    id              BYTEA    NOT NULL PRIMARY KEY,
    practice        BYTEA    NOT NULL REFERENCES practice (id),
    version         BIGINT NOT NULL,
    recording       BYTEA    NOT NULL REFERENCES recording (id),
    client          BYTEA    NOT NULL REFERENCES client (id),
    created_at      BIGINT NOT NULL,
    created_by      BYTEA    NOT NULL REFERENCES staff (id),
    media_type      TEXT    NOT NULL,
    duration_ms     BIGINT NOT NULL,
    plain_len       BIGINT NOT NULL,
    cipher_len      BIGINT NOT NULL,
    record_size     BIGINT NOT NULL,
    cipher_sha256   BYTEA    NOT NULL,
    title_sealed    BYTEA    NOT NULL,
    wrapped_key     BYTEA,
    object          TEXT    NOT NULL,
    held_back_at    BIGINT,
    destroy_at      BIGINT,
    destroyed_at    BIGINT,
    object_erased_at BIGINT
);
CREATE INDEX clip_client ON clip (client);
CREATE INDEX clip_recording ON clip (recording);

-- Who is heard or seen in this piece: consent is asked per clip, not per recording only.
CREATE TABLE clip_participant (
    clip        BYTEA    NOT NULL REFERENCES clip (id),
    participant BYTEA    NOT NULL REFERENCES participant (id),
    PRIMARY KEY (clip, participant)
);
