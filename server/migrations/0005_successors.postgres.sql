-- A document that has grown with the years is replaced by a successor: a fresh one under another id, with what still
-- counts. The old id leads to the newest document of its client and kind for ever, so these rows are never deleted; a
-- foreign id finds nothing here that it would not find in `document`. `snapshot` is the whole old document, kept to vet by
-- it what a device writes that has not heard of the successor, sealed as it was; `successor` is what took its place first.
CREATE TABLE predecessor (
    id          BYTEA   NOT NULL PRIMARY KEY,
    successor   BYTEA   NOT NULL,
    client      BYTEA   NOT NULL REFERENCES client (id),
    kind        TEXT    NOT NULL,
    created_at  BIGINT NOT NULL,
    replaced_at BIGINT NOT NULL,
    snapshot    BYTEA   NOT NULL
);

-- Whose the actors of old documents are.
CREATE TABLE predecessor_actor (
    document    BYTEA   NOT NULL REFERENCES predecessor (id),
    actor       BYTEA   NOT NULL,
    device      BYTEA   NOT NULL REFERENCES device (id),
    bound_at    BIGINT NOT NULL,
    PRIMARY KEY (document, actor)
);

-- How many changes the snapshot has. A document from before this column tells it from its next snapshot on.
ALTER TABLE document ADD COLUMN changes BIGINT NOT NULL DEFAULT 0;

-- An entry that a successor of the orders left out: kept for the record, and read by no decision.
ALTER TABLE entry ADD COLUMN left_out_at BIGINT;
CREATE INDEX entry_counting ON entry (client) WHERE left_out_at IS NULL;
