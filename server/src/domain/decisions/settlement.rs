//! Settlement: brings all consequences of a client's facts in line with them, in the transaction of
//! the change.
//!
//! It folds the entries, asks [`sync_core::settlement`] for the consequences, and writes every difference:
//! the shelf that the client sees, denials for devices that hold an ended or paused release,
//! wake-ups, and the end of each release. It decides nothing of its own and may be done again at
//! any time: with nothing new it writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    documents::{self, Kind, Shelf},
    id::{ClientId, DenialId, DeviceId, EntryId, PracticeId, ReleaseId},
    instant::Instant,
    orders::{Orders, Written},
    settlement::{LiveLease, NewDenial, Record, Situation, Told, ending},
    terms::Terms,
};

use super::{facts::Facts, shelf_history};
use crate::{
    domain::{
        documents::sheet::Sheet,
        records::{
            audit::{self, Action, Actor, AuditEntry},
            wake_ups::{self, WakeUp},
        },
    },
    ground::Ground,
    ledger::Restriction,
    nouns::Refusal,
    store::{self, Tx, denials::StoredDenial, devices::Person, leases::StoredLease, releases::StoredRelease},
};

/// Whose facts are settled, and when.
#[derive(Clone, Copy)]
pub struct Settlement<'a> {
    /// The server.
    pub ground: &'a Ground,
    /// The practice.
    pub practice: PracticeId,
    /// The client.
    pub client: ClientId,
    /// The instant of the decision.
    pub now: Instant,
}

impl Settlement<'_> {
    /// Settles. `written` is what the transaction knows to be written; entries of the server's own are added. The sheets of orders and shelf are candidates: written to here,
    /// stored by the caller; one that is damaged, and so not there, keeps nothing from being decided. `before` holds the
    /// terms of releases that this transaction amends, as they were.
    ///
    /// # Errors
    /// When the database fails or a document cannot be written: then the whole transaction is given up.
    pub async fn settle(
        self,
        tx: &mut Tx,
        written: &mut Written,
        sheets: &mut BTreeMap<Kind, Sheet>,
        before: &BTreeMap<ReleaseId, Terms>,
    ) -> Result<(), Refusal> {
        // The rows count. They differ from what memory knew only if the ledger has brought something back.
        let rows = store::entries::of_client(tx, self.client).await?;
        if !written.is_level_with(&rows) {
            *written = Written::of(rows);
        }
        let facts = Facts::read(tx, self.practice, self.client, written.orders()).await?;
        let lost = self.situation(written.orders(), &facts).lost();
        for (id, bytes) in self.end_lost(tx, &lost).await? {
            written.add(id, bytes);
        }
        let orders = written.orders();
        let situation = self.situation(orders, &facts);
        if let Some(sheet) = sheets.get_mut(&Kind::Orders) {
            level(sheet, written.entries())?;
        }
        // A shelf that cannot be read tells nothing: then every device of the client is woken.
        let mut changed = true;
        if let Some(sheet) = sheets.get_mut(&Kind::Shelf) {
            let shown = Shelf::read(&sheet.document);
            let shelf = situation.shelf(&shown);
            shelf_history::note(
                self.ground,
                self.client,
                self.now,
                tx,
                (&shown, &shelf),
                &amended(orders, before),
            )
            .await?;
            changed = shelf.write(&mut sheet.document).map_err(|_| Refusal::Unavailable)?;
        }
        self.record(tx, orders, &facts, &situation.records()).await?;
        let live = store::leases::live_of_client(tx, self.client, self.now).await?;
        let live: Vec<LiveLease> = live.iter().map(live_lease).collect();
        let mut told = self.deny(tx, &situation.denials(&live)).await?;
        told.tightened(orders, before, &live);
        self.wake(tx, changed, &told).await
    }

    fn situation<'o>(self, orders: &'o Orders, facts: &Facts) -> Situation<'o> {
        Situation::new(orders, |id, release| facts.of(id, release), self.now)
    }

    /// Writes the end of what is lost into the orders, as an entry like any therapist's.
    async fn end_lost(self, tx: &mut Tx, lost: &[ReleaseId]) -> Result<Vec<(EntryId, Vec<u8>)>, Refusal> {
        let mut ended = Vec::with_capacity(lost.len());
        for release in lost {
            let bytes = ending(*release, self.now).encode();
            let id = EntryId::from_bytes(self.ground.entropy.bytes());
            store::entries::insert(tx, self.client, id, &bytes, None, None, self.now).await?;
            tx.restrict(Restriction::Entry { client: self.client, id, bytes: bytes.clone() });
            let entry = AuditEntry::new(self.practice, self.now, Actor::Server, Action::RevokeRelease);
            audit::append(tx, &entry.client(self.client).about(*release));
            ended.push((id, bytes));
        }
        Ok(ended)
    }

    /// Keeps what is to be recorded of each release, where it differs.
    async fn record(
        self,
        tx: &mut Tx,
        orders: &Orders,
        facts: &Facts,
        records: &BTreeMap<ReleaseId, Record>,
    ) -> Result<(), Refusal> {
        for (id, release) in &orders.releases {
            let Some(record) = records.get(id) else { continue };
            let known = facts.recorded(*id);
            let row = StoredRelease {
                id: *id,
                client: self.client,
                clip: release.clip,
                created_at: record.recorded.made_at,
                ends_at: record.ends_at,
                settle_at: record.settle_at,
                ended_at: record.recorded.ended_at,
                revoked: release.revoked,
                unconfirmed: Some(record.unconfirmed),
            };
            if known == Some(&row) {
                continue;
            }
            if known.is_none() {
                // A database that is restored from before this would take the release for a new one when it comes back,
                // and a withdrawal that has ended it for one that came before it.
                let StoredRelease { id: release, client, clip, created_at: at, .. } = row;
                tx.restrict(Restriction::Made { client, clip, release, at });
            }
            store::releases::upsert(tx, &row).await?;
            let ends_now = row.ended_at.is_some() && known.is_none_or(|known| known.ended_at.is_none());
            if ends_now && !release.revoked {
                let entry = AuditEntry::new(self.practice, self.now, Actor::Server, Action::ExpireRelease);
                audit::append(tx, &entry.client(self.client).about(*id));
            }
        }
        Ok(())
    }

    /// Leaves the denials that were not left before; gives the devices that are to hear of one.
    async fn deny(self, tx: &mut Tx, denials: &[NewDenial]) -> Result<Told, Refusal> {
        let mut told = Told::default();
        for of_release in denials.chunk_by(|one, next| one.release == next.release) {
            let Some(NewDenial { release, .. }) = of_release.first() else { continue };
            let left = store::denials::of_release(tx, *release).await?;
            let is_left = |new: &NewDenial| {
                left.iter().any(|denial| new.is_left_by(denial.device, denial.kind, denial.upto_generation))
            };
            for new in of_release.iter().filter(|new| !is_left(new)) {
                let denial = StoredDenial {
                    id: DenialId::new(self.now, self.ground.entropy.bytes()),
                    device: new.device,
                    release: Some(new.release),
                    upto_generation: new.upto_generation,
                    kind: new.kind,
                    at: self.now,
                };
                store::denials::insert(tx, &denial).await?;
                let entry = AuditEntry::new(self.practice, self.now, Actor::Server, Action::DenyLease);
                audit::append(tx, &entry.client(self.client).device(new.device).about(new.release));
                told.denied(new);
            }
        }
        Ok(told)
    }

    /// Wakes devices that have something to hear: those that hold too much at once, the others when the shelf changed.
    async fn wake(self, tx: &mut Tx, shelf_changed: bool, told: &Told) -> Result<(), Refusal> {
        if !shelf_changed && told.is_empty() {
            return Ok(());
        }
        let devices = store::devices::of_person(tx, Person::Client(self.client)).await?;
        let paired: BTreeSet<DeviceId> = devices
            .iter()
            .filter(|device| device.paired().ended_at(self.now).is_none())
            .map(|device| device.id)
            .collect();
        for device in paired {
            let wake_up = match told.until(device) {
                Some(lease_end) => WakeUp::Revocation { lease_end },
                None if shelf_changed => WakeUp::Release,
                None => continue,
            };
            wake_ups::enqueue(tx, device, wake_up, self.now, self.ground.entropy.bytes()).await?;
        }
        Ok(())
    }
}

/// Brings the document level with the rows, which are what counts: the server's own entries are written there first, as
/// is what the ledger brings back after a restore, and therapists' devices read the document.
fn level(sheet: &mut Sheet, entries: &[(EntryId, Vec<u8>)]) -> Result<(), Refusal> {
    let there: BTreeSet<EntryId> =
        documents::entries(&sheet.document).into_iter().map(|(id, _)| id).collect();
    let missing: Vec<_> = entries.iter().filter(|(id, _)| !there.contains(id)).cloned().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let ready = sheet.values.make_ready(&mut sheet.document, missing.len() as u64);
    ready.and_then(|()| documents::append(&mut sheet.document, &missing)).map_err(|_| Refusal::Unavailable)
}

/// Releases whose terms this transaction has changed, whatever of it a shelf shows.
fn amended(orders: &Orders, before: &BTreeMap<ReleaseId, Terms>) -> BTreeSet<ReleaseId> {
    let differs = |(id, before): &(&ReleaseId, &Terms)| {
        orders.releases.get(*id).is_some_and(|release| release.terms.as_ref() != Some(*before))
    };
    before.iter().filter(differs).map(|(id, _)| *id).collect()
}

fn live_lease(lease: &StoredLease) -> LiveLease {
    let StoredLease { device, release, generation, valid_until, .. } = *lease;
    LiveLease { device, release, generation, valid_until }
}

#[cfg(test)]
mod tests;
