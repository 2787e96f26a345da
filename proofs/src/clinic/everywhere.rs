//! Revocations on the shelf of another client: one row, and every gate denies. Orders hear of it
//! with the next commit.

use std::collections::{BTreeSet, btree_map::Entry};

use sync_core::{
    id::{ClipId, EntryId, RecordingId},
    instant::Instant,
    orders::{Orders, RevokeOn},
    settlement::everywhere::{bring, missing, taken_back},
};

use super::{Clinic, Fault, Restriction};

impl Clinic {
    /// A therapist takes back a clip or a recording for another client, who was in the same session. This client's orders
    /// are settled later.
    pub fn take_back_elsewhere(&mut self, id: EntryId, on: RevokeOn) {
        self.db.taken_back.insert(id, on);
        self.ledger.push(Restriction::Elsewhere(id, on));
    }

    /// Clips that were taken back elsewhere, and by nothing in these orders yet.
    pub(super) fn taken_back(&self, orders: &Orders) -> BTreeSet<ClipId> {
        if self.has(Fault::ElsewhereNotAsked) {
            return BTreeSet::new();
        }
        let clips = orders.clips();
        taken_back(&clips, &self.missing(orders, &clips))
    }

    /// Writes what was taken back elsewhere into the orders before anything else: it hits what `before` says.
    pub(super) fn bring(&mut self, before: &Orders, clips: &BTreeSet<(RecordingId, ClipId)>, now: Instant) {
        if self.has(Fault::ElsewhereNotBrought) {
            return;
        }
        for row in self.missing(before, clips) {
            for (id, entry) in bring(before, row, now).entries {
                let bytes = entry.encode();
                if let Entry::Vacant(vacant) = self.db.entries.entry(id) {
                    vacant.insert(bytes.clone());
                    self.ledger.push(Restriction::Entry(id, bytes));
                }
            }
        }
    }

    fn missing(
        &self,
        orders: &Orders,
        clips: &BTreeSet<(RecordingId, ClipId)>,
    ) -> BTreeSet<(EntryId, RevokeOn)> {
        missing(orders, clips, self.db.taken_back.iter().map(|(id, on)| (*id, *on)))
    }
}
