-- A clip on its way in, piece by piece: each piece is ciphertext from its first byte, under `wrapped_key`. What is said of it
-- (title, who is heard, length, digest) is sealed. An end erases the key first, then the objects, then the rows; a day is the most.
CREATE TABLE upload (
    id          BYTEA   NOT NULL PRIMARY KEY,
    practice    BYTEA   NOT NULL REFERENCES practice (id),
    staff       BYTEA   NOT NULL REFERENCES staff (id),
    created_at  BIGINT  NOT NULL,
    said_sealed BYTEA   NOT NULL,
    wrapped_key BYTEA  
);
CREATE INDEX upload_staff ON upload (staff, created_at);
CREATE INDEX upload_created ON upload (created_at);

CREATE TABLE upload_piece (
    upload      BYTEA   NOT NULL REFERENCES upload (id),
    n           BIGINT  NOT NULL,
    object      TEXT    NOT NULL,
    PRIMARY KEY (upload, n)
);
