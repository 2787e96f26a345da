-- A clip on its way in, piece by piece: each piece is ciphertext from its first byte, under `wrapped_key`. What is said of it
-- (title, who is heard, length, digest) is sealed. An end erases the key first, then the objects, then the rows; a day is the most.
CREATE TABLE upload (
    id          BLOB    NOT NULL PRIMARY KEY,
    practice    BLOB    NOT NULL REFERENCES practice (id),
    staff       BLOB    NOT NULL REFERENCES staff (id),
    created_at  INTEGER NOT NULL,
    said_sealed BLOB    NOT NULL,
    wrapped_key BLOB   
);
CREATE INDEX upload_staff ON upload (staff, created_at);
CREATE INDEX upload_created ON upload (created_at);

CREATE TABLE upload_piece (
    upload      BLOB    NOT NULL REFERENCES upload (id),
    n           INTEGER NOT NULL,
    object      TEXT    NOT NULL,
    PRIMARY KEY (upload, n)
);
