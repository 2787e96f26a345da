-- Leases are asked for by device and time, and those that count among many that do not.
CREATE INDEX lease_issued ON lease (device, issued_at);
CREATE INDEX lease_live ON lease (device, release, gen) WHERE voided_at IS NULL;
CREATE INDEX receipt_received ON receipt (device, received_at);

-- What was done about a client is asked for by time.
CREATE INDEX audit_entry_client_at ON audit_entry (client, at);
DROP INDEX audit_entry_client;
