-- On which timeline of the database each server has last compared its ledger, and when it found that this was another than
-- before. After a failover no lease is given until every server has compared its own. 0: not known.
ALTER TABLE ledger_position ADD COLUMN timeline INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger_position ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;
