-- Since when a device signs its requests: from then on its token by itself is a name and opens nothing.
ALTER TABLE device ADD COLUMN signs_since BIGINT;
-- The furthest step of its questions for leases: its number, the hash of the batch that was taken before, and when it was
-- heard first. Two devices that go on from one state do not keep to one row of steps.
ALTER TABLE device ADD COLUMN step_n BIGINT;
ALTER TABLE device ADD COLUMN step_after BLOB;
ALTER TABLE device ADD COLUMN step_at BIGINT;
-- When it was found to be copied, and so removed.
ALTER TABLE device ADD COLUMN copied_at BIGINT;
-- When a therapist has said that they know of it.
ALTER TABLE device ADD COLUMN copy_known_at BIGINT;
