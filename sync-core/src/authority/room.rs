//! How much more may be written into a document.
//!
//! Every fact stays in a document for as long as the document lives, on every device, so one caller could fill all of
//! them. What a full document refuses is refused for its writer alone: restrictions are entered all the same
//! ([`super::restrictions`]), and a successor gives the client a fresh document.

use automerge::ReadDoc;

use super::Denied;
use crate::documents::{Document, Kind, casebook::MAX_NOTE_BYTES, entries, journal::MAX_LETTER_BYTES};
use crate::orders::MAX_ENTRY_BYTES;

/// How many bytes the facts of one document may have together.
pub(crate) const MAX_DOCUMENT_BYTES: u64 = 16 * 1_024 * 1_024;
/// What an operation counts for besides its fact's bytes: its key, and its place in the history.
const OP_BYTES: u64 = 64;

/// What is left of [`MAX_DOCUMENT_BYTES`].
pub(super) struct Room(u64);

impl Room {
    /// Measures a document. Most are so small that counting operations tells; only a great one's facts are added up.
    pub(super) fn left_in(document: &Document, kind: Kind) -> Self {
        let ops = document.stats().num_ops;
        let at_most = ops.saturating_mul(OP_BYTES + max_fact(kind));
        let taken = if at_most <= MAX_DOCUMENT_BYTES / 4 {
            at_most
        } else {
            let facts: usize = entries(document).iter().map(|(_, fact)| fact.len()).sum();
            ops.saturating_mul(OP_BYTES).saturating_add(facts as u64)
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
