//! The changes that the server has said to have, and must have from then on.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    documents::Kind,
    id::{ClientId, EntryId, ReleaseId},
};

/// One thing that the server has acknowledged.
pub(super) enum Promise {
    /// Everything in a document whose heads the server has named as its own.
    Entries(Kind, Vec<(EntryId, Vec<u8>)>),
    /// A client, added over the API.
    Client(ClientId),
    /// A release, made over the API.
    Released(ReleaseId),
    /// A release that was taken back over the API.
    Revoked(ReleaseId),
}

/// Everything that was acknowledged so far.
#[derive(Default)]
pub(super) struct Promises {
    pub(super) entries: BTreeMap<Kind, BTreeMap<EntryId, Vec<u8>>>,
    pub(super) clients: BTreeSet<ClientId>,
    pub(super) released: BTreeSet<ReleaseId>,
    pub(super) revoked: BTreeSet<ReleaseId>,
}

impl Promises {
    pub(super) fn note(&mut self, promise: Promise) {
        match promise {
            Promise::Entries(kind, entries) => self.entries.entry(kind).or_default().extend(entries),
            Promise::Client(client) => drop(self.clients.insert(client)),
            Promise::Released(release) => drop(self.released.insert(release)),
            Promise::Revoked(release) => drop(self.revoked.insert(release)),
        }
    }

    pub(super) fn count(&self) -> usize {
        let entries: usize = self.entries.values().map(BTreeMap::len).sum();
        entries + self.clients.len() + self.released.len() + self.revoked.len()
    }
}
