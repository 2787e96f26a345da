-- Where to wake a device. The endpoint is a secret of the device: sealed.
CREATE TABLE push_subscription (
    device          BYTEA    NOT NULL PRIMARY KEY REFERENCES device (id),
    endpoint_sealed BYTEA    NOT NULL,
    p256dh          BYTEA    NOT NULL,
    auth_sealed     BYTEA    NOT NULL,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT
);

-- Work that a committed decision left to do, written in its transaction: wake a device, fan a decision out, erase an object.
-- A worker claims a row by moving `due_at` ahead, so that a crash hands it on.
CREATE TABLE outbox (
    id          BYTEA    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    subject     BYTEA    NOT NULL,
    urgency     TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    created_at  BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    done_at     BIGINT,
    outcome     TEXT
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

-- Append-only and hash-chained per practice; the head row is locked last of all.
CREATE TABLE audit_head (
    practice    BYTEA    NOT NULL PRIMARY KEY REFERENCES practice (id),
    seq         BIGINT NOT NULL,
    hash        BYTEA    NOT NULL
);
CREATE TABLE audit_entry (
    practice    BYTEA    NOT NULL REFERENCES practice (id),
    seq         BIGINT NOT NULL,
    prev_hash   BYTEA    NOT NULL,
    hash        BYTEA    NOT NULL,
    at          BIGINT NOT NULL,
    client      BYTEA,
    body        BYTEA    NOT NULL,
    PRIMARY KEY (practice, seq)
);
CREATE INDEX audit_entry_client ON audit_entry (client);
