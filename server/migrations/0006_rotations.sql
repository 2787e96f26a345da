-- How many rotations have led to the practice's authority key. The row names the newest key, which alone signs.
ALTER TABLE practice ADD COLUMN rotations INTEGER NOT NULL DEFAULT 0;

-- The practice's word, signed by the key that is replaced, that another takes its place. Kept for ever: a phone that was
-- in a drawer for years follows all of them. `replaced_key` is public: denials that it signed still count.
CREATE TABLE rotation (
    practice     BLOB NOT NULL REFERENCES practice (id),
    n            INTEGER NOT NULL,
    replaced_key BLOB NOT NULL,
    statement    BLOB NOT NULL,
    PRIMARY KEY (practice, n)
);
