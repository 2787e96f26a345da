-- Failures since the last success in a browser in which a member of staff has signed in before. `id` is random and stands in
-- that browser's signed cookie, so that only such a browser makes a row. A success takes the row away.
CREATE TABLE known_browser (
    id            BLOB    NOT NULL PRIMARY KEY,
    staff         BLOB    NOT NULL REFERENCES staff (id),
    failed_count  INTEGER NOT NULL,
    failed_at     INTEGER NOT NULL
);

CREATE INDEX known_browser_failed_at ON known_browser (failed_at);

-- One row, which a failure under an address of no member of staff writes: it costs the same time as a failure of one.
CREATE TABLE unknown_address (
    id            INTEGER NOT NULL PRIMARY KEY,
    failed_count  INTEGER NOT NULL
);

INSERT INTO unknown_address (id, failed_count) VALUES (1, 0);
