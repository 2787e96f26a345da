-- How far a request under a key has come: the results of its commits, ids and nothing personal. None before the first.
ALTER TABLE idempotency ADD COLUMN progress BLOB;
