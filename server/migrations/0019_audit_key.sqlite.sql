-- Up to which entry the audit's chain has hashes without a key. The hash of each later entry is an HMAC under a key that is not
-- in the database, and hangs on the hash before it: entries from before the key stay as they are.
ALTER TABLE audit_head ADD COLUMN keyed_after INTEGER NOT NULL DEFAULT 0;
UPDATE audit_head SET keyed_after = seq;
