-- How far a client's phone is ahead of UTC, in minutes, as it said last: what a therapist changes is read there at that hour.
-- Not the zone's name, which would say more of where somebody is.
ALTER TABLE device ADD COLUMN utc_offset INTEGER;
