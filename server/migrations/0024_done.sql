-- What is done is not kept: a busy practice leaves a row for each decision and phone.
DELETE FROM outbox WHERE done_at IS NOT NULL;
DROP INDEX outbox_due;
DROP INDEX outbox_waiting;
ALTER TABLE outbox DROP COLUMN done_at;
ALTER TABLE outbox DROP COLUMN outcome;
CREATE INDEX outbox_due ON outbox (kind, due_at);
CREATE UNIQUE INDEX outbox_waiting ON outbox (kind, subject, urgency) WHERE claimed_at IS NULL;
