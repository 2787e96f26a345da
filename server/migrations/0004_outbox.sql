-- Where to wake a device. The endpoint is a secret of the device: sealed.
CREATE TABLE push_subscription (
    device          BLOB    NOT NULL PRIMARY KEY REFERENCES device (id),
    endpoint_sealed BLOB    NOT NULL,
    p256dh          BLOB    NOT NULL,
    auth_sealed     BLOB    NOT NULL,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER
);

-- Work that a committed decision left to do, written in its transaction: wake a device, fan a decision out, erase an object.
-- A worker claims a row by moving `due_at` ahead, so that a crash hands it on.
CREATE TABLE outbox (
    id          BLOB    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    subject     BLOB    NOT NULL,
    urgency     TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    done_at     INTEGER,
    outcome     TEXT
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

-- Append-only and hash-chained per practice; the head row is locked last of all.
CREATE TABLE audit_head (
    practice    BLOB    NOT NULL PRIMARY KEY REFERENCES practice (id),
    seq         INTEGER NOT NULL,
    hash        BLOB    NOT NULL
);
CREATE TABLE audit_entry (
    practice    BLOB    NOT NULL REFERENCES practice (id),
    seq         INTEGER NOT NULL,
    prev_hash   BLOB    NOT NULL,
    hash        BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    client      BLOB,
    body        BLOB    NOT NULL,
    PRIMARY KEY (practice, seq)
);
CREATE INDEX audit_entry_client ON audit_entry (client);
