-- When a phone's distance from UTC changes next, as it said last, and to how many minutes: a lease reaches over clock changes.
ALTER TABLE device ADD COLUMN utc_offset_until BIGINT;
ALTER TABLE device ADD COLUMN utc_offset_then BIGINT;
