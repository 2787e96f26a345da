-- Instants are Unix milliseconds, ids are UUIDv7 as 16 bytes, `*_sealed` is ciphertext under the practice key.
-- A dump of this database without the master key tells ids, instants and sizes only.

-- The tenant. `version` is the row that every lease's facts hang from; `held_at` is set when a restore could not prove
-- the ledger's end: nothing plays until a therapist confirms.
CREATE TABLE practice (
    id              BLOB    NOT NULL PRIMARY KEY,
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    closed_at       INTEGER,
    held_at         INTEGER,
    wrapped_key     BLOB    NOT NULL,
    name_sealed     BLOB    NOT NULL,
    contact_sealed  BLOB    NOT NULL,
    authority_kid   TEXT    NOT NULL,
    authority_key   BLOB    NOT NULL
);

-- One row: which life of this database this is. A restore begins a new one.
CREATE TABLE incarnation (
    id          BLOB    NOT NULL PRIMARY KEY,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER
);

-- How far each server's ledger file has been taken into this database.
CREATE TABLE ledger_position (
    server  TEXT   NOT NULL PRIMARY KEY,
    ledger  BLOB  NOT NULL,
    seq     INTEGER NOT NULL,
    hash    BLOB  NOT NULL
);

-- Random values that each ledger has or is about to get. A ledger whose newest mark is not here is of a later time than
-- this database, which then comes from a backup.
CREATE TABLE ledger_mark (
    ledger  BLOB  NOT NULL,
    mark    BLOB  NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (ledger, mark)
);

-- `login_tag` is a keyed hash of the e-mail address, so that sign-in can look a person up without storing the address.
CREATE TABLE staff (
    id              BLOB    NOT NULL PRIMARY KEY,
    practice        BLOB    NOT NULL REFERENCES practice (id),
    role            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER,
    login_tag       BLOB    NOT NULL UNIQUE,
    name_sealed     BLOB    NOT NULL,
    password_hash   TEXT    NOT NULL,
    totp_sealed     BLOB    NOT NULL,
    totp_step       INTEGER NOT NULL,
    failed_count    INTEGER NOT NULL,
    failed_at       INTEGER
);

CREATE TABLE client (
    id          BLOB    NOT NULL PRIMARY KEY,
    practice    BLOB    NOT NULL REFERENCES practice (id),
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    name_sealed BLOB    NOT NULL
);
CREATE INDEX client_practice ON client (practice);

-- Who treats whom.
CREATE TABLE care (
    client  BLOB    NOT NULL REFERENCES client (id),
    staff   BLOB    NOT NULL REFERENCES staff (id),
    since   INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (client, staff)
);
CREATE INDEX care_staff ON care (staff);

-- A phone, tablet or browser of one person: of a client or of staff, never both.
-- `confirmed_at`: a therapist has seen its name, which a client's device needs before its first lease.
CREATE TABLE device (
    id              BLOB    NOT NULL PRIMARY KEY,
    practice        BLOB    NOT NULL REFERENCES practice (id),
    client          BLOB    REFERENCES client (id),
    staff           BLOB    REFERENCES staff (id),
    name_sealed     BLOB    NOT NULL,
    exchange_key    BLOB    NOT NULL UNIQUE,
    signing_key     BLOB    NOT NULL UNIQUE,
    paired_at       INTEGER NOT NULL,
    confirmed_at    INTEGER,
    removed_at      INTEGER,
    seen_at         INTEGER,
    receipt_n       INTEGER NOT NULL,
    CHECK ((client IS NULL) <> (staff IS NULL))
);
CREATE INDEX device_client ON device (client);
CREATE INDEX device_staff ON device (staff);

-- Hashed random tokens: staff sessions, device tokens and one-minute socket tickets alike.
CREATE TABLE token (
    hash        BLOB    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    staff       BLOB    REFERENCES staff (id),
    device      BLOB    REFERENCES device (id),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    ended_at    INTEGER
);
CREATE INDEX token_device ON token (device);
CREATE INDEX token_staff ON token (staff);

-- A single-use pairing code: `locator` finds it, `secret_hash` proves it.
CREATE TABLE invitation (
    id          BLOB    NOT NULL PRIMARY KEY,
    locator     TEXT    NOT NULL UNIQUE,
    secret_hash BLOB    NOT NULL,
    client      BLOB    NOT NULL REFERENCES client (id),
    invited_by  BLOB    NOT NULL REFERENCES staff (id),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    used_at     INTEGER,
    device      BLOB    REFERENCES device (id)
);

-- What was answered to a POST that carried an Idempotency-Key: asked again, answered the same.
CREATE TABLE idempotency (
    caller      BLOB    NOT NULL,
    key_hash    BLOB    NOT NULL,
    request_hash BLOB   NOT NULL,
    created_at  INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    body_sealed BLOB    NOT NULL,
    PRIMARY KEY (caller, key_hash)
);
