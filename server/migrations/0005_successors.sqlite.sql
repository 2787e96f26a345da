-- A document that has grown with the years is replaced by a successor: a fresh one under another id, with what still
-- counts. The old id leads to the newest document of its client and kind for ever, so these rows are never deleted; a
-- foreign id finds nothing here that it would not find in `document`. `snapshot` is the whole old document, kept to vet by
-- it what a device writes that has not heard of the successor, sealed as it was; `successor` is what took its place first.
CREATE TABLE predecessor (
    id          BLOB    NOT NULL PRIMARY KEY,
    successor   BLOB    NOT NULL,
    client      BLOB    NOT NULL REFERENCES client (id),
    kind        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    replaced_at INTEGER NOT NULL,
    snapshot    BLOB    NOT NULL
);

-- Whose the actors of old documents are.
CREATE TABLE predecessor_actor (
    document    BLOB    NOT NULL REFERENCES predecessor (id),
    actor       BLOB    NOT NULL,
    device      BLOB    NOT NULL REFERENCES device (id),
    bound_at    INTEGER NOT NULL,
    PRIMARY KEY (document, actor)
);

-- How many changes the snapshot has. A document from before this column tells it from its next snapshot on.
ALTER TABLE document ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;

-- An entry that a successor of the orders left out: kept for the record, and read by no decision.
ALTER TABLE entry ADD COLUMN left_out_at INTEGER;
CREATE INDEX entry_counting ON entry (client) WHERE left_out_at IS NULL;
