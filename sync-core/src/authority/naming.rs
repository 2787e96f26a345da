//! The releases and entries that an entry may name: those that exist already, or came earlier in
//! the same batch.

use std::collections::BTreeSet;

use super::Denied;
use crate::{
    documents::{Document, entries},
    id::{EntryId, ReleaseId},
    orders::{Act, Entry, HoldOn, RevokeOn},
};

/// The names that exist. Read from the document when the first entry asks.
#[derive(Default)]
pub(crate) struct Names {
    known: Option<Known>,
}

struct Known {
    entries: BTreeSet<EntryId>,
    releases: BTreeSet<ReleaseId>,
}

impl Names {
    /// Checks what an entry names, and adds what it brings.
    pub(crate) fn check(&mut self, document: &Document, id: EntryId, act: &Act) -> Result<(), Denied> {
        let known = self.known.get_or_insert_with(|| Known::read(document));
        let entries = |ids: &[EntryId]| ids.iter().all(|id| known.entries.contains(id));
        let releases = |ids: &[ReleaseId]| ids.iter().all(|id| known.releases.contains(id));
        let exists = match act {
            // A second entry that claims a release would leave it without terms.
            Act::Release { release, seen, .. } => entries(seen) && !known.releases.contains(release),
            Act::Amend { release, over, .. } => releases(&[*release]) && entries(over),
            Act::Hold { on: HoldOn::Release(release), hits, .. } => releases(&[*release]) && releases(hits),
            Act::Hold { on: HoldOn::Shelf, hits, .. } => releases(hits),
            Act::Lift { holds } => entries(holds),
            Act::Revoke { on: RevokeOn::Release(release), hits } => releases(&[*release]) && releases(hits),
            Act::Revoke { hits, .. } => releases(hits),
            Act::Confirm { release, seen } => releases(&[*release]) && entries(seen),
        };
        if !exists {
            return Err(Denied::UnknownName);
        }
        known.entries.insert(id);
        if let Act::Release { release, .. } = act {
            known.releases.insert(*release);
        }
        Ok(())
    }
}

impl Known {
    fn read(document: &Document) -> Self {
        let mut known = Self { entries: BTreeSet::new(), releases: BTreeSet::new() };
        for (id, bytes) in entries(document) {
            known.entries.insert(id);
            if let Ok(Entry { act: Act::Release { release, .. }, .. }) = Entry::decode(&bytes) {
                known.releases.insert(release);
            }
        }
        known
    }
}
