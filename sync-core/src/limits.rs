//! The limits of everything that a peer may send, in one table: `docs/protocol.md` repeats it, and
//! a test compares.
//!
//! Each limit stands where it is applied; here they are only gathered. Input beyond a limit is
//! refused by name, before memory is spent on it.

use crate::{
    authority::{Denied, denied::MAX_OPS, room::MAX_DOCUMENT_BYTES, vet::MAX_PLAYS},
    cbor,
    device::{MAX_HANDED_BACK, MAX_NAMED, MAX_RECEIPTS, MAX_RESTRICTIONS},
    documents::{casebook::MAX_NOTE_BYTES, journal::MAX_LETTER_BYTES},
    lease::{
        MAX_LEASES,
        signed::{MAX_BODY_BYTES, MAX_SIGNED_BYTES},
    },
    orders::{MAX_ENTRY_BYTES, MAX_IDS},
    sync::{
        ChunkError, FrameError, MAX_CHANGES, MAX_FRAME_BYTES, ProtocolError,
        chunk::{MAX_CHANGE_BYTES, MAX_CHANGES_BYTES},
        frame,
        limits::{MAX_CONNECTIONS, MAX_DOCUMENTS, MAX_KEPT_BYTES, MAX_WAITING, MAX_WAITING_DEPS},
        message::{MAX_FILTER_BYTES, MAX_FILTERS, MAX_HASHES},
        scan::{MAX_ACTOR, MAX_ACTORS, MAX_DEPS, MAX_ROWS},
    },
};

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is counted, and in which unit.
    pub what: &'static str,
    /// The greatest number that is taken.
    pub most: u64,
    /// The code that says that there is more.
    pub code: &'static str,
}

const fn limit(what: &'static str, most: u64, code: &'static str) -> Limit {
    Limit { what, most, code }
}

/// What the HTTP API says of a statement that it does not take; a device takes it for no contact.
const STATEMENT_INVALID: &str = "statement_invalid";

/// What the HTTP API says of a list that is too long.
const OUT_OF_BOUNDS: &str = "out_of_bounds";

/// Every limit, from the outside in.
pub const LIMITS: [Limit; 38] = [
    limit("connections of a device", MAX_CONNECTIONS as u64, ProtocolError::TooManyConnections.code()),
    limit("bytes of a frame", MAX_FRAME_BYTES as u64, FrameError::TooLong.code()),
    limit("CBOR items of a frame", frame::MAX_ITEMS as u64, FrameError::Malformed.code()),
    limit("bytes of a peer's name", frame::MAX_NAME as u64, FrameError::Malformed.code()),
    limit("documents on a connection", MAX_DOCUMENTS as u64, ProtocolError::TooManyDocuments.code()),
    limit("hashes in a list of a sync message", MAX_HASHES, ProtocolError::MessageTooLarge.code()),
    limit("Bloom filters of a sync message", MAX_FILTERS, ProtocolError::MessageTooLarge.code()),
    limit("bytes of a sync message's filters", MAX_FILTER_BYTES, ProtocolError::MessageTooLarge.code()),
    limit(
        "bytes that a connection keeps of hashes and filters",
        MAX_KEPT_BYTES as u64,
        ProtocolError::MessageTooLarge.code(),
    ),
    limit("changes of a message", MAX_CHANGES as u64, ChunkError::TooMany.code()),
    limit("bytes of a change, inflated", MAX_CHANGE_BYTES as u64, ChunkError::TooLong.code()),
    limit("bytes of a message's changes, inflated", MAX_CHANGES_BYTES as u64, ChunkError::TooMuch.code()),
    limit("whole documents or bundles in a message", 0, ChunkError::NotAChange.code()),
    limit(
        "changes of a document that wait for a missing one",
        MAX_WAITING as u64,
        ChunkError::TooMany.code(),
    ),
    limit("dependencies that they name together", MAX_WAITING_DEPS as u64, ChunkError::TooMany.code()),
    limit(
        "bytes that a connection keeps, waiting changes included",
        MAX_KEPT_BYTES as u64,
        ChunkError::TooMuch.code(),
    ),
    limit("dependencies of a change", MAX_DEPS, ChunkError::Malformed.code()),
    limit("rows of a change's column", MAX_ROWS, ChunkError::Malformed.code()),
    limit("bytes of an actor", MAX_ACTOR, ChunkError::Malformed.code()),
    limit("further actors that a change names", MAX_ACTORS, ChunkError::Malformed.code()),
    limit("dependencies that are not here when a change is applied", 0, Denied::MissingDependency.code()),
    limit("operations of a change", MAX_OPS as u64, Denied::OpCount.code()),
    limit("actors that are somebody else's", 0, Denied::NotYourActor.code()),
    limit("changes under one number of an actor", 1, Denied::Sequence.code()),
    limit(
        "bytes of a document's facts, and 256 for each operation",
        MAX_DOCUMENT_BYTES,
        Denied::DocumentFull.code(),
    ),
    limit("bytes of an entry of the orders", MAX_ENTRY_BYTES as u64, Denied::BadEntry.code()),
    limit("ids in a list of an entry", MAX_IDS as u64, Denied::BadEntry.code()),
    limit("bytes of a letter", MAX_LETTER_BYTES as u64, Denied::BadEntry.code()),
    limit("bytes of a casebook entry", MAX_NOTE_BYTES as u64, Denied::BadEntry.code()),
    limit("plays of a release on a day", MAX_PLAYS as u64, Denied::BadEntry.code()),
    limit("bytes of a signed statement", MAX_SIGNED_BYTES as u64, STATEMENT_INVALID),
    limit("bytes of the body of a denial, a receipt or a rotation", MAX_BODY_BYTES as u64, STATEMENT_INVALID),
    limit("CBOR items of a statement", cbor::MAX_ITEMS as u64, STATEMENT_INVALID),
    limit("leases of a batch", MAX_LEASES as u64, STATEMENT_INVALID),
    limit("releases that a question names in a list", MAX_NAMED as u64, OUT_OF_BOUNDS),
    limit("denials that a question hands in", MAX_HANDED_BACK as u64, OUT_OF_BOUNDS),
    limit("receipts of a delivery", MAX_RECEIPTS as u64, OUT_OF_BOUNDS),
    limit("restrictions that a removed console brings at once", MAX_RESTRICTIONS as u64, OUT_OF_BOUNDS),
];
