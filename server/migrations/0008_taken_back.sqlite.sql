-- Clips and recordings that were taken back in some client's orders, and so on every shelf: `kind` says which of the two
-- `subject` is, `entry` is the revocation's id in every client's orders. The gate reads these rows; nobody edits them.
CREATE TABLE taken_back (
    kind        TEXT    NOT NULL,
    subject     BLOB    NOT NULL,
    entry       BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (kind, subject, entry)
);
