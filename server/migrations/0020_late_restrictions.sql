-- What a console has taken away for good after its device's, its person's or the care's end: the releases rest by holds until a
-- therapist decides. `entry` and `bytes` are what the console wrote; `holds` are the ids of the holds, sixteen bytes each.
CREATE TABLE late_restriction (
    client      BLOB    NOT NULL REFERENCES client (id),
    entry       BLOB    NOT NULL,
    bytes       BLOB    NOT NULL,
    holds       BLOB    NOT NULL,
    device      BLOB    NOT NULL REFERENCES device (id),
    received_at INTEGER NOT NULL,
    accepted    BOOLEAN,
    decided_by  BLOB    REFERENCES staff (id),
    decided_at  INTEGER,
    PRIMARY KEY (client, entry)
);
CREATE INDEX late_restriction_open ON late_restriction (client) WHERE decided_at IS NULL;
