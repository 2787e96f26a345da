//! How a document's values lie in memory, and how much it costs to apply changes to it.
//!
//! The hazard: automerge puts all values of a document that it loads into one piece of memory. An
//! operation in the middle cuts that piece in two, copies everything behind the cut, and keeps room
//! for the whole piece in front of it. So a few thousand small operations on a document of a few
//! megabytes copy gigabytes, and hold them. Values that came change by change lie in small pieces,
//! and there an operation costs no more than its own bytes.
//!
//! So the product *operations × bytes of values* is bounded. If it would be greater, the document
//! is first built again out of its own changes, at a cost that follows from its size alone.

use automerge::{AutomergeError, Change};

use super::{Document, OpenError, entries::value_bytes};

/// How many bytes may be copied for the operations that are applied to a document as it was loaded.
const MAX_COPIED: u64 = 16 * 1_024 * 1_024;
/// How many operations come at once, at least, when a document is built again: their values lie together.
const OPS_AT_ONCE: usize = 64;

/// How a document's values lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// In one piece, as they were loaded; or nobody knows.
    Together,
    /// In small pieces, as they were applied.
    Apart,
}

/// A document that was opened from what is stored.
#[derive(Debug)]
pub struct Loaded {
    /// The document.
    pub document: Document,
    /// How its values lie.
    pub values: Values,
    /// How many operations there were beside the snapshot.
    pub ops: u64,
}

/// Opens a document from what is stored: its snapshot, and the changes since.
///
/// # Errors
/// [`OpenError::Malformed`] when these do not make up one document.
pub fn load(snapshot: &[u8], changes: &[Vec<u8>]) -> Result<Loaded, OpenError> {
    let mut document = Document::load(snapshot).map_err(|_| OpenError::Malformed)?;
    let changes: Result<Vec<_>, _> = changes.iter().map(|bytes| Change::try_from(bytes.as_slice())).collect();
    let changes = changes.map_err(|_| OpenError::Malformed)?;
    let (mut values, ops) = (Values::Together, operations(&changes));
    values.apply(&mut document, changes).map_err(|_| OpenError::Malformed)?;
    Ok(Loaded { document, values, ops })
}

impl Values {
    /// Applies changes: all of them, or none. What they depend on must be in the document, or among them.
    ///
    /// # Errors
    /// [`AutomergeError`] when automerge does not take one of them.
    pub fn apply(&mut self, document: &mut Document, changes: Vec<Change>) -> Result<(), AutomergeError> {
        self.make_ready(document, operations(&changes))?;
        document.apply_changes(changes)
    }

    /// Builds the document again if so many operations would cost too much as its values lie.
    ///
    /// # Errors
    /// [`AutomergeError`] when its own changes do not give the same document again: then it stays as it was.
    pub fn make_ready(&mut self, document: &mut Document, ops: u64) -> Result<(), AutomergeError> {
        if self.are_costly(document, ops) {
            *document = built_again(document)?;
            *self = Self::Apart;
        }
        Ok(())
    }

    /// Whether so many operations cost too much as the document's values lie.
    #[must_use]
    pub fn are_costly(self, document: &Document, ops: u64) -> bool {
        self == Self::Together && bytes_copied(document, ops) > MAX_COPIED
    }
}

/// How many operations changes have together.
#[must_use]
pub fn operations(changes: &[Change]) -> u64 {
    changes.iter().map(|change| change.len() as u64).sum()
}

/// How many bytes so many operations may copy when the document has just been loaded.
#[must_use]
pub fn bytes_copied(document: &Document, ops: u64) -> u64 {
    if ops == 0 { 0 } else { ops.saturating_mul(value_bytes(document)) }
}

fn built_again(document: &Document) -> Result<Document, AutomergeError> {
    let mut fresh = Document::new().with_actor(document.get_actor().clone());
    let (mut at_once, mut ops) = (Vec::new(), 0);
    for change in document.get_changes(&[]) {
        ops += change.len();
        at_once.push(change);
        if ops >= OPS_AT_ONCE {
            fresh.apply_changes(std::mem::take(&mut at_once))?;
            ops = 0;
        }
    }
    fresh.apply_changes(at_once)?;
    if fresh.get_heads() == document.get_heads() { Ok(fresh) } else { Err(AutomergeError::MissingDeps) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        documents::{Kind, append, create, entries},
        id::EntryId,
    };
    use automerge::ActorId;

    fn letter(n: u64) -> (EntryId, Vec<u8>) {
        (EntryId::from_bytes([&[0; 8][..], &n.to_be_bytes()].concat().try_into().unwrap()), vec![7; 1_000])
    }

    #[test]
    fn a_document_that_is_built_again_is_the_same_document() {
        let mut document = create(Kind::Journal, ActorId::from([1; 16])).unwrap();
        append(&mut document, &(0..500).map(letter).collect::<Vec<_>>()).unwrap();
        let mut other = document.fork().with_actor(ActorId::from([2; 16]));
        append(&mut other, &(500..900).map(letter).collect::<Vec<_>>()).unwrap();
        append(&mut document, &(900..1_000).map(letter).collect::<Vec<_>>()).unwrap();
        document.merge(&mut other).unwrap();
        let before = (document.get_heads(), entries(&document), document.save());

        let mut values = Values::Together;
        values.make_ready(&mut document, 16).unwrap();
        assert_eq!(values, Values::Together, "16 MB are within the bound");
        values.make_ready(&mut document, 17).unwrap();
        assert_eq!(values, Values::Apart);
        assert!((document.get_heads(), entries(&document), document.save()) == before);
    }

    #[test]
    fn what_is_stored_is_read_with_the_changes_since() {
        let mut document = create(Kind::Journal, ActorId::from([1; 16])).unwrap();
        append(&mut document, &(0..600).map(letter).collect::<Vec<_>>()).unwrap();
        let (snapshot, heads) = (document.save(), document.get_heads());
        for n in 600..700 {
            append(&mut document, &[letter(n)]).unwrap();
        }
        let changes: Vec<_> =
            document.get_changes(&heads).iter().map(|change| change.raw_bytes().to_vec()).collect();
        let Loaded { document: read, values, ops } = load(&snapshot, &changes).unwrap();
        assert_eq!((read.get_heads(), values, ops), (document.get_heads(), Values::Apart, 100));
        assert_eq!(load(&snapshot, &changes[..2]).unwrap().values, Values::Together);
        assert_eq!(load(&snapshot[1..], &[]).unwrap_err(), OpenError::Malformed);
        assert_eq!(load(&snapshot, std::slice::from_ref(&snapshot)).unwrap_err(), OpenError::Malformed);
    }
}
