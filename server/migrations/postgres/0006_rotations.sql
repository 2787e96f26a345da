-- How many rotations have led to the practice's authority key. The row names the newest key, which alone signs.
ALTER TABLE practice ADD COLUMN rotations BIGINT NOT NULL DEFAULT 0;

-- The practice's word, signed by the key that is replaced, that another takes its place. Kept for ever: a phone that was
-- in a drawer for years follows all of them. `replaced_key` is public: denials that it signed still count.
CREATE TABLE rotation (
    practice     BYTEA NOT NULL REFERENCES practice (id),
    n            BIGINT NOT NULL,
    replaced_key BYTEA NOT NULL,
    statement    BYTEA NOT NULL,
    PRIMARY KEY (practice, n)
);
