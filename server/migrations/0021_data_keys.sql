-- The keys that seal a practice's words and clip keys, each wrapped by the master key. What is sealed names its key by `n`.
-- `swept_at`: when everything was last looked at, and sealed anew under this key where an older one had sealed it.
CREATE TABLE data_key (
    practice    BLOB    NOT NULL REFERENCES practice (id),
    n           INTEGER NOT NULL,
    wrapped_key BLOB    NOT NULL,
    made_at     INTEGER NOT NULL,
    swept_at    INTEGER,
    PRIMARY KEY (practice, n)
);
INSERT INTO data_key (practice, n, wrapped_key, made_at) SELECT id, 0, wrapped_key, created_at FROM practice;
ALTER TABLE practice DROP COLUMN wrapped_key;
