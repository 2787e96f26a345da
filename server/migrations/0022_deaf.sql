-- Phones that cannot be woken: how often their push service has refused in a row, since when nothing reaches them, and
-- the hash of the push key under which they subscribed (none: from before this was kept).
ALTER TABLE push_subscription ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE push_subscription ADD COLUMN deaf_since INTEGER;
ALTER TABLE push_subscription ADD COLUMN push_key BLOB;
