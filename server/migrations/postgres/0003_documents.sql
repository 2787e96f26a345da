-- The automerge documents of a client: transport. Orders and shelf are plain, journal and casebook are sealed.
CREATE TABLE document (
    id          BYTEA    NOT NULL PRIMARY KEY,
    client      BYTEA    NOT NULL REFERENCES client (id),
    kind        TEXT    NOT NULL,
    created_at  BIGINT NOT NULL,
    snapshot    BYTEA    NOT NULL,
    UNIQUE (client, kind)
);

-- Changes since the snapshot, in the order they were committed.
CREATE TABLE document_change (
    document    BYTEA    NOT NULL REFERENCES document (id),
    hash        BYTEA    NOT NULL,
    actor       BYTEA    NOT NULL,
    seq         BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    bytes       BYTEA    NOT NULL,
    PRIMARY KEY (document, hash),
    UNIQUE (document, actor, seq)
);
CREATE INDEX document_change_order ON document_change (document, n);

-- An automerge actor belongs to the device that used it first. Nothing in automerge authenticates it.
CREATE TABLE actor (
    document    BYTEA    NOT NULL REFERENCES document (id),
    actor       BYTEA    NOT NULL,
    device      BYTEA    NOT NULL REFERENCES device (id),
    bound_at    BIGINT NOT NULL,
    PRIMARY KEY (document, actor)
);

-- Every entry of the orders that was ever committed. The state is the fold of these rows, not of the document.
CREATE TABLE entry (
    client      BYTEA    NOT NULL REFERENCES client (id),
    id          BYTEA    NOT NULL,
    hash        BYTEA    NOT NULL,
    bytes       BYTEA    NOT NULL,
    device      BYTEA    REFERENCES device (id),
    staff       BYTEA    REFERENCES staff (id),
    committed_at BIGINT NOT NULL,
    PRIMARY KEY (client, id, hash)
);

-- Where each release is: found by clip and recording when one decision touches many clients.
-- `ends_at` is the first instant of denial as far as terms, consents and the clip say; `settle_at` is when time alone
-- changes something about it next; `ended_at` is the instant at which the server recorded the end, whatever ended it.
CREATE TABLE release (
    id          BYTEA    NOT NULL PRIMARY KEY,
    client      BYTEA    NOT NULL REFERENCES client (id),
    clip        BYTEA    NOT NULL REFERENCES clip (id),
    created_at  BIGINT NOT NULL,
    ends_at     BIGINT,
    settle_at   BIGINT,
    ended_at    BIGINT,
    revoked     BOOLEAN NOT NULL
);
CREATE INDEX release_client ON release (client);
CREATE INDEX release_clip ON release (clip);
CREATE INDEX release_settle ON release (settle_at) WHERE settle_at IS NOT NULL;

-- One device's right to hold one clip's key until `valid_until`. Every generation counts as live until the device has
-- acknowledged a newer one, wiped, or the instant has passed.
CREATE TABLE lease (
    device      BYTEA    NOT NULL REFERENCES device (id),
    release     BYTEA    NOT NULL REFERENCES release (id),
    gen         BIGINT NOT NULL,
    batch       BYTEA    NOT NULL,
    issued_at   BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    acked_at    BIGINT,
    voided_at   BIGINT,
    PRIMARY KEY (device, release, gen)
);
CREATE INDEX lease_release ON lease (release);

-- What the server has decided to deny a device; signed when told. `upto_gen` covers every lease issued before it.
CREATE TABLE denial (
    id          BYTEA    NOT NULL PRIMARY KEY,
    device      BYTEA    NOT NULL REFERENCES device (id),
    release     BYTEA    REFERENCES release (id),
    upto_gen    BIGINT NOT NULL,
    kind        TEXT    NOT NULL,
    at          BIGINT NOT NULL,
    told_at     BIGINT,
    done_at     BIGINT
);
CREATE INDEX denial_device ON denial (device);

-- A device's signed statements, as received. The same `n` with other content means that the device was copied.
CREATE TABLE receipt (
    device      BYTEA    NOT NULL REFERENCES device (id),
    n           BIGINT NOT NULL,
    kind        TEXT    NOT NULL,
    release     BYTEA    NOT NULL,
    gen         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    bytes       BYTEA    NOT NULL,
    PRIMARY KEY (device, n)
);
CREATE INDEX receipt_release ON receipt (release);
