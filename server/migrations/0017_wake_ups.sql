-- One piece of work waits for each subject, kind and urgency: what is left again refreshes it. A worker that takes a piece sets
-- `claimed_at`. What is left meanwhile waits by itself, because the worker may have done its work before that was decided.
ALTER TABLE outbox ADD COLUMN claimed_at INTEGER;

CREATE INDEX outbox_doubled ON outbox (kind, subject, urgency) WHERE done_at IS NULL;
UPDATE outbox SET
    expires_at = (SELECT MAX(twin.expires_at) FROM outbox twin WHERE twin.kind = outbox.kind
        AND twin.subject = outbox.subject AND twin.urgency = outbox.urgency AND twin.done_at IS NULL),
    due_at = (SELECT MIN(twin.due_at) FROM outbox twin WHERE twin.kind = outbox.kind
        AND twin.subject = outbox.subject AND twin.urgency = outbox.urgency AND twin.done_at IS NULL)
    WHERE done_at IS NULL;
UPDATE outbox SET done_at = due_at, outcome = 'merged' WHERE done_at IS NULL AND EXISTS (
    SELECT 1 FROM outbox twin WHERE twin.kind = outbox.kind AND twin.subject = outbox.subject
        AND twin.urgency = outbox.urgency AND twin.done_at IS NULL AND twin.id < outbox.id);
DROP INDEX outbox_doubled;
CREATE UNIQUE INDEX outbox_waiting ON outbox (kind, subject, urgency) WHERE done_at IS NULL AND claimed_at IS NULL;

-- How often something was done for a person or a device in an hour, where that has a bound. An hour is counted from 1970.
CREATE TABLE hourly (
    subject     BLOB    NOT NULL,
    what        TEXT    NOT NULL,
    hour        INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    PRIMARY KEY (subject, what, hour)
);
CREATE INDEX hourly_hour ON hourly (hour);
