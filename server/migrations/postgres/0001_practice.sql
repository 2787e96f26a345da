-- Instants are Unix milliseconds, ids are UUIDv7 as 16 bytes, `*_sealed` is ciphertext under the practice key.
-- A dump of this database without the master key tells ids, instants and sizes only.

-- The tenant. `version` is the row that every lease's facts hang from; `held_at` is set when a restore could not prove
-- the ledger's end: nothing plays until a therapist confirms.
CREATE TABLE practice (
    id              BYTEA    NOT NULL PRIMARY KEY,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    closed_at       BIGINT,
    held_at         BIGINT,
    wrapped_key     BYTEA    NOT NULL,
    name_sealed     BYTEA    NOT NULL,
    contact_sealed  BYTEA    NOT NULL,
    authority_kid   TEXT    NOT NULL,
    authority_key   BYTEA    NOT NULL
);

-- One row: which life of this database this is. A restore begins a new one.
CREATE TABLE incarnation (
    id          BYTEA    NOT NULL PRIMARY KEY,
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT
);

-- How far each server's ledger file has been taken into this database.
CREATE TABLE ledger_position (
    server  TEXT   NOT NULL PRIMARY KEY,
    ledger  BYTEA  NOT NULL,
    seq     BIGINT NOT NULL,
    hash    BYTEA  NOT NULL
);

-- Random values that each ledger has or is about to get. A ledger whose newest mark is not here is of a later time than
-- this database, which then comes from a backup.
CREATE TABLE ledger_mark (
    ledger  BYTEA  NOT NULL,
    mark    BYTEA  NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (ledger, mark)
);

-- `login_tag` is a keyed hash of the e-mail address, so that sign-in can look a person up without storing the address.
CREATE TABLE staff (
    id              BYTEA    NOT NULL PRIMARY KEY,
    practice        BYTEA    NOT NULL REFERENCES practice (id),
    role            TEXT    NOT NULL,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    login_tag       BYTEA    NOT NULL UNIQUE,
    name_sealed     BYTEA    NOT NULL,
    password_hash   TEXT    NOT NULL,
    totp_sealed     BYTEA    NOT NULL,
    totp_step       BIGINT NOT NULL,
    failed_count    BIGINT NOT NULL,
    failed_at       BIGINT
);

CREATE TABLE client (
    id          BYTEA    NOT NULL PRIMARY KEY,
    practice    BYTEA    NOT NULL REFERENCES practice (id),
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    name_sealed BYTEA    NOT NULL
);
CREATE INDEX client_practice ON client (practice);

-- Who treats whom.
CREATE TABLE care (
    client  BYTEA    NOT NULL REFERENCES client (id),
    staff   BYTEA    NOT NULL REFERENCES staff (id),
    since   BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (client, staff)
);
CREATE INDEX care_staff ON care (staff);

-- A phone, tablet or browser of one person: of a client or of staff, never both.
-- `confirmed_at`: a therapist has seen its name, which a client's device needs before its first lease.
CREATE TABLE device (
    id              BYTEA    NOT NULL PRIMARY KEY,
    practice        BYTEA    NOT NULL REFERENCES practice (id),
    client          BYTEA    REFERENCES client (id),
    staff           BYTEA    REFERENCES staff (id),
    name_sealed     BYTEA    NOT NULL,
    exchange_key    BYTEA    NOT NULL UNIQUE,
    signing_key     BYTEA    NOT NULL UNIQUE,
    paired_at       BIGINT NOT NULL,
    confirmed_at    BIGINT,
    removed_at      BIGINT,
    seen_at         BIGINT,
    receipt_n       BIGINT NOT NULL,
    CHECK ((client IS NULL) <> (staff IS NULL))
);
CREATE INDEX device_client ON device (client);
CREATE INDEX device_staff ON device (staff);

-- Hashed random tokens: staff sessions, device tokens and one-minute socket tickets alike.
CREATE TABLE token (
    hash        BYTEA    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    staff       BYTEA    REFERENCES staff (id),
    device      BYTEA    REFERENCES device (id),
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT,
    ended_at    BIGINT
);
CREATE INDEX token_device ON token (device);
CREATE INDEX token_staff ON token (staff);

-- A single-use pairing code: `locator` finds it, `secret_hash` proves it.
CREATE TABLE invitation (
    id          BYTEA    NOT NULL PRIMARY KEY,
    locator     TEXT    NOT NULL UNIQUE,
    secret_hash BYTEA    NOT NULL,
    client      BYTEA    NOT NULL REFERENCES client (id),
    invited_by  BYTEA    NOT NULL REFERENCES staff (id),
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    tries       BIGINT NOT NULL,
    used_at     BIGINT,
    device      BYTEA    REFERENCES device (id)
);

-- What was answered to a POST that carried an Idempotency-Key: asked again, answered the same.
CREATE TABLE idempotency (
    caller      BYTEA    NOT NULL,
    key_hash    BYTEA    NOT NULL,
    request_hash BYTEA   NOT NULL,
    created_at  BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    body_sealed BYTEA    NOT NULL,
    PRIMARY KEY (caller, key_hash)
);
