-- When the server received each letter of a client's journal. What it says, and which kind it is, is in the journal only:
-- sealed. A letter that a restore has forgotten is received again.
CREATE TABLE letter (
    client      BLOB NOT NULL REFERENCES client (id),
    id          BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (client, id)
);
CREATE INDEX letter_received ON letter (client, received_at);
