-- What is written in journal and casebook stands in rows, too, each sealed by itself: a list, a lease and a phone's page read
-- the rows that they need, and no document is opened for them. The documents carry the same words between devices.
ALTER TABLE letter ADD COLUMN sealed BLOB;

-- What a client has said last about sharing their listening; sealed, yes and no alike in length.
CREATE TABLE sharing (
    client      BLOB PRIMARY KEY REFERENCES client (id),
    received_at INTEGER NOT NULL,
    sealed      BLOB NOT NULL
);

-- The notes of a casebook. Words that go with a release are found by it; observations by their client alone.
CREATE TABLE note (
    client  BLOB NOT NULL REFERENCES client (id),
    id      BLOB NOT NULL,
    release BLOB,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (client, id)
);
CREATE INDEX note_of_release ON note (client, release);

-- Whether the rows above have everything that the client's documents have: where not, the server fills them when it starts.
ALTER TABLE client ADD COLUMN words_in_rows BOOLEAN NOT NULL DEFAULT FALSE;
