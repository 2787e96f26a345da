-- What is written in journal and casebook stands in rows, too, each sealed by itself: a list, a lease and a phone's page read
-- the rows that they need, and no document is opened for them. The documents carry the same words between devices.
ALTER TABLE letter ADD COLUMN sealed BYTEA;

-- What a client has said last about sharing their listening; sealed, yes and no alike in length.
CREATE TABLE sharing (
    client      BYTEA PRIMARY KEY REFERENCES client (id),
    received_at BIGINT NOT NULL,
    sealed      BYTEA NOT NULL
);

-- The notes of a casebook. Words that go with a release are found by it; observations by their client alone.
CREATE TABLE note (
    client  BYTEA NOT NULL REFERENCES client (id),
    id      BYTEA NOT NULL,
    release BYTEA,
    sealed  BYTEA NOT NULL,
    PRIMARY KEY (client, id)
);
CREATE INDEX note_of_release ON note (client, release);

-- Whether the rows above have everything that the client's documents have: where not, the server fills them when it starts.
ALTER TABLE client ADD COLUMN words_in_rows BOOLEAN NOT NULL DEFAULT FALSE;
