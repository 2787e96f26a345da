-- Who has read which letter: a duty of one member of staff is done by their own reading, and by nobody else's. What says
-- nothing to be read (how it was, whether listening is shared) is marked as well when it is met, so that a row tells of no
-- letter which kind it is.
CREATE TABLE letter_reading (
    staff   BLOB    NOT NULL REFERENCES staff (id),
    client  BLOB    NOT NULL,
    letter  BLOB    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (staff, client, letter),
    FOREIGN KEY (client, letter) REFERENCES letter (client, id)
);
CREATE INDEX letter_reading_letter ON letter_reading (client, letter);

-- Whether a release waited for a therapist's confirmation when it was settled last. It decides nothing: it spares a fold of
-- everybody's orders for each question about duties. Nothing: it was not settled since this column is here, so look.
ALTER TABLE release ADD COLUMN unconfirmed BOOLEAN;
CREATE INDEX release_ends ON release (ends_at) WHERE ended_at IS NULL;
