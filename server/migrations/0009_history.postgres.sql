-- A client's phone may invite the next one of its person: then the code was made on that device, and by nobody on the staff.
CREATE TABLE invitation_made (
    id          BYTEA   NOT NULL PRIMARY KEY,
    locator     TEXT    NOT NULL UNIQUE,
    secret_hash BYTEA   NOT NULL,
    client      BYTEA   NOT NULL REFERENCES client (id),
    invited_by  BYTEA   REFERENCES staff (id),
    made_on     BYTEA   REFERENCES device (id),
    created_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL,
    tries       BIGINT  NOT NULL,
    used_at     BIGINT,
    device      BYTEA   REFERENCES device (id),
    CHECK ((invited_by IS NULL) <> (made_on IS NULL))
);
INSERT INTO invitation_made (id, locator, secret_hash, client, invited_by, created_at, expires_at, tries, used_at, device)
    SELECT id, locator, secret_hash, client, invited_by, created_at, expires_at, tries, used_at, device FROM invitation;
DROP TABLE invitation;
ALTER TABLE invitation_made RENAME TO invitation;

-- What a client's shelf has shown, for the client to read again: which release, on which local day, that it came or that it
-- changed. No hour, no kind of change and no author: there is nothing here that could tell one reason from another.
CREATE TABLE shelf_history (
    client      BYTEA   NOT NULL REFERENCES client (id),
    release     BYTEA   NOT NULL,
    day         TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    PRIMARY KEY (client, release, day, kind)
);

-- What was leased before this table was there had come, on a day that nobody kept.
INSERT INTO shelf_history (client, release, day, kind)
    SELECT client, id, '', 'came' FROM release WHERE id IN (SELECT release FROM lease);
