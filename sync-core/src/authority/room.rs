//! How much more may be written into a document.
//!
//! Every fact stays in a document for as long as the document lives, on every device, so one caller
//! could fill all of them. A full document refuses its writer alone: restrictions are entered all
//! the same ([`super::restrictions`]), and a successor gives the client a fresh document.

use automerge::ReadDoc;

use super::Denied;
use crate::documents::{
    Document, Kind, casebook::MAX_NOTE_BYTES, entries::value_bytes, journal::MAX_LETTER_BYTES,
};
use crate::orders::MAX_ENTRY_BYTES;

/// How many bytes the facts of one document may have together. A client's year of daily letters is a tenth of it, and
/// successors leave out what is over.
pub(crate) const MAX_DOCUMENT_BYTES: u64 = 4 * 1_024 * 1_024;
/// What an operation counts for besides its fact's bytes: its key, its place in the history, and the work of everybody
/// who opens the document.
pub(crate) const OP_BYTES: u64 = 256;

/// What is left of what a document may have.
pub(super) struct Room(u64);

impl Room {
    /// Measures a document. Most are so small that counting operations tells; only a great one's facts are added up.
    pub(super) fn left_in(document: &Document, kind: Kind) -> Self {
        let ops = document.stats().num_ops;
        let at_most = ops.saturating_mul(OP_BYTES + max_fact(kind));
        let taken = if at_most <= MAX_DOCUMENT_BYTES / 4 {
            at_most
        } else {
            ops.saturating_mul(OP_BYTES).saturating_add(value_bytes(document))
        };
        Self(MAX_DOCUMENT_BYTES.saturating_sub(taken))
    }

    /// Takes room for one fact.
    pub(super) fn take(&mut self, fact_bytes: usize) -> Result<(), Denied> {
        self.0 = self.0.checked_sub(OP_BYTES + fact_bytes as u64).ok_or(Denied::DocumentFull)?;
        Ok(())
    }
}

const fn max_fact(kind: Kind) -> u64 {
    let bytes = match kind {
        Kind::Orders => MAX_ENTRY_BYTES,
        Kind::Journal => MAX_LETTER_BYTES,
        Kind::Casebook => MAX_NOTE_BYTES,
        Kind::Shelf => 0,
    };
    bytes as u64
}
