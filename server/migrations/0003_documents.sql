-- The automerge documents of a client: transport. Orders and shelf are plain, journal and casebook are sealed.
CREATE TABLE document (
    id          BLOB    NOT NULL PRIMARY KEY,
    client      BLOB    NOT NULL REFERENCES client (id),
    kind        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    snapshot    BLOB    NOT NULL,
    UNIQUE (client, kind)
);

-- Changes since the snapshot, in the order they were committed.
CREATE TABLE document_change (
    document    BLOB    NOT NULL REFERENCES document (id),
    hash        BLOB    NOT NULL,
    actor       BLOB    NOT NULL,
    seq         INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (document, hash),
    UNIQUE (document, actor, seq)
);
CREATE INDEX document_change_order ON document_change (document, n);

-- An automerge actor belongs to the device that used it first. Nothing in automerge authenticates it.
CREATE TABLE actor (
    document    BLOB    NOT NULL REFERENCES document (id),
    actor       BLOB    NOT NULL,
    device      BLOB    NOT NULL REFERENCES device (id),
    bound_at    INTEGER NOT NULL,
    PRIMARY KEY (document, actor)
);

-- Every entry of the orders that was ever committed. The state is the fold of these rows, not of the document.
CREATE TABLE entry (
    client      BLOB    NOT NULL REFERENCES client (id),
    id          BLOB    NOT NULL,
    hash        BLOB    NOT NULL,
    bytes       BLOB    NOT NULL,
    device      BLOB    REFERENCES device (id),
    staff       BLOB    REFERENCES staff (id),
    committed_at INTEGER NOT NULL,
    PRIMARY KEY (client, id, hash)
);

-- Where each release is: found by clip and recording when one decision touches many clients.
-- `ends_at` is the first instant of denial as far as terms, consents and the clip say; `settle_at` is when time alone
-- changes something about it next; `ended_at` is the instant at which the server recorded the end, whatever ended it.
CREATE TABLE release (
    id          BLOB    NOT NULL PRIMARY KEY,
    client      BLOB    NOT NULL REFERENCES client (id),
    clip        BLOB    NOT NULL REFERENCES clip (id),
    created_at  INTEGER NOT NULL,
    ends_at     INTEGER,
    settle_at   INTEGER,
    ended_at    INTEGER,
    revoked     BOOLEAN NOT NULL
);
CREATE INDEX release_client ON release (client);
CREATE INDEX release_clip ON release (clip);
CREATE INDEX release_settle ON release (settle_at) WHERE settle_at IS NOT NULL;

-- One device's right to hold one clip's key until `valid_until`. Every generation counts as live until the device has
-- acknowledged a newer one, wiped, or the instant has passed.
CREATE TABLE lease (
    device      BLOB    NOT NULL REFERENCES device (id),
    release     BLOB    NOT NULL REFERENCES release (id),
    gen         INTEGER NOT NULL,
    batch       BLOB    NOT NULL,
    issued_at   INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    acked_at    INTEGER,
    voided_at   INTEGER,
    PRIMARY KEY (device, release, gen)
);
CREATE INDEX lease_release ON lease (release);

-- What the server has decided to deny a device; signed when told. `upto_gen` covers every lease issued before it.
CREATE TABLE denial (
    id          BLOB    NOT NULL PRIMARY KEY,
    device      BLOB    NOT NULL REFERENCES device (id),
    release     BLOB    REFERENCES release (id),
    upto_gen    INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    told_at     INTEGER,
    done_at     INTEGER
);
CREATE INDEX denial_device ON denial (device);

-- A device's signed statements, as received. The same `n` with other content means that the device was copied.
CREATE TABLE receipt (
    device      BLOB    NOT NULL REFERENCES device (id),
    n           INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    release     BLOB    NOT NULL,
    gen         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (device, n)
);
CREATE INDEX receipt_release ON receipt (release);
