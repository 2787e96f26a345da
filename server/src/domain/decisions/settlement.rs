//! Settlement: brings all consequences of a client's facts in line with them, in the transaction of
//! the change.
//!
//! It folds the entries, asks the gate for each release, and writes every difference: the shelf
//! that the client sees, denials for devices that hold an ended or paused release, wake-ups, and
//! the end of each release. It decides nothing of its own and may be done again at any time: with
//! nothing new it writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    documents::{self, Kind, Look, Shelf, ShelfState},
    id::{ClientId, DenialId, DeviceId, EntryId, PracticeId, ReleaseId},
    instant::Instant,
    lease::DenialKind,
    orders::{Act, Author, Entry, Orders, Release, RevokeOn, Written},
    policy::{GateFacts, Reason, Standing, standing},
    terms::Terms,
};

use super::{
    facts::{DeviceFacts, Facts},
    shelf_history,
    strictness::is_stricter_somewhere,
};
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
        let lost = self.lost(written.orders(), &facts);
        for (id, bytes) in self.end_lost(tx, &lost).await? {
            written.add(id, bytes);
        }
        let orders = written.orders();
        if let Some(sheet) = sheets.get_mut(&Kind::Orders) {
            level(sheet, written.entries())?;
        }
        // A shelf that cannot be read tells nothing: then every device of the client is woken.
        let mut changed = true;
        if let Some(sheet) = sheets.get_mut(&Kind::Shelf) {
            let shown = Shelf::read(&sheet.document);
            let shelf = self.project(orders, &facts, &shown);
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
        self.record(tx, orders, &facts).await?;
        let live = store::leases::live_of_client(tx, self.client, self.now).await?;
        let mut told = self.deny(tx, orders, &facts, &live).await?;
        tell_tightened(orders, before, &live, &mut told);
        self.wake(tx, changed, &told).await
    }

    /// What the client may see.
    fn project(self, orders: &Orders, facts: &Facts, shown: &Shelf) -> Shelf {
        let item = |(id, release): (&ReleaseId, &Release)| {
            let project = |facts: &GateFacts<'_>| documents::project(facts, shown.0.get(id), self.now);
            Some((*id, facts.about(orders, (*id, release), DeviceFacts::ANY, project)?))
        };
        Shelf(orders.releases.iter().filter_map(item).collect())
    }

    fn look(self, orders: &Orders, facts: &Facts, release: (ReleaseId, &Release)) -> Look {
        facts.about(orders, release, DeviceFacts::ANY, |facts| Look::of(facts, self.now))
    }

    /// Releases that end because somebody heard in them has withdrawn, or because their clip is gone.
    fn lost(self, orders: &Orders, facts: &Facts) -> Vec<ReleaseId> {
        let is_lost = |id: ReleaseId, release: &Release| {
            !standing(orders, release, self.now).has_ended()
                && matches!(
                    facts.gate(orders, (id, release), DeviceFacts::ANY, self.now),
                    Err(Reason::ConsentEnded | Reason::ClipUnavailable)
                )
        };
        orders.releases.iter().filter(|(id, release)| is_lost(**id, release)).map(|(id, _)| *id).collect()
    }

    /// Writes their end into the orders, as an entry like any therapist's: nobody can tell one ending from another.
    async fn end_lost(self, tx: &mut Tx, lost: &[ReleaseId]) -> Result<Vec<(EntryId, Vec<u8>)>, Refusal> {
        let mut ended = Vec::with_capacity(lost.len());
        for release in lost {
            let act = Act::Revoke { on: RevokeOn::Release(*release), hits: vec![*release] };
            let bytes = Entry { by: Author::Server, at: self.now, act }.encode();
            let id = EntryId::from_bytes(self.ground.entropy.bytes());
            store::entries::insert(tx, self.client, id, &bytes, None, None, self.now).await?;
            tx.restrict(Restriction::Entry { client: self.client, id, bytes: bytes.clone() });
            let entry = AuditEntry::new(self.practice, self.now, Actor::Server, Action::RevokeRelease);
            audit::append(tx, &entry.client(self.client).about(*release));
            ended.push((id, bytes));
        }
        Ok(ended)
    }

    /// Keeps where each release is, the instant at which its end was recorded, and when to look at it again.
    async fn record(self, tx: &mut Tx, orders: &Orders, facts: &Facts) -> Result<(), Refusal> {
        for (id, release) in &orders.releases {
            let known = facts.recorded(*id);
            let ended_before = known.and_then(|known| known.ended_at);
            let has_ended = self.look(orders, facts, (*id, release)).has_ended();
            let row = StoredRelease {
                id: *id,
                client: self.client,
                clip: release.clip,
                created_at: known.map_or(self.now, |known| known.created_at),
                ends_at: facts.ends_at(orders, (*id, release)),
                settle_at: if has_ended { None } else { self.settle_at(orders, facts, (*id, release)) },
                ended_at: ended_before.or_else(|| has_ended.then_some(self.now)),
                revoked: release.revoked,
                unconfirmed: Some(standing(orders, release, self.now) == Standing::Unconfirmed),
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
            if has_ended && ended_before.is_none() && !release.revoked {
                let entry = AuditEntry::new(self.practice, self.now, Actor::Server, Action::ExpireRelease);
                audit::append(tx, &entry.client(self.client).about(*id));
            }
        }
        Ok(())
    }

    /// When time alone changes something next: the end comes, or a hold passes.
    fn settle_at(
        self,
        orders: &Orders,
        facts: &Facts,
        (id, release): (ReleaseId, &Release),
    ) -> Option<Instant> {
        let holds = orders.holds_of(release).filter_map(|(_, until)| until);
        holds.chain(facts.ends_at(orders, (id, release))).filter(|at| *at > self.now).min()
    }

    /// Leaves denials for every device that may still hold what has ended or rests; gives the last instant at which
    /// each of them could play.
    async fn deny(
        self,
        tx: &mut Tx,
        orders: &Orders,
        facts: &Facts,
        live: &[StoredLease],
    ) -> Result<BTreeMap<DeviceId, Instant>, Refusal> {
        let mut denied = BTreeMap::new();
        for (id, release) in &orders.releases {
            let kind = match self.look(orders, facts, (*id, release)).state() {
                ShelfState::Live => continue,
                ShelfState::Ended => DenialKind::Ended,
                ShelfState::Paused => DenialKind::Paused,
            };
            let mut holders: BTreeMap<DeviceId, (u64, Instant)> = BTreeMap::new();
            for lease in live.iter().filter(|lease| lease.release == *id) {
                let held = holders.entry(lease.device).or_insert((0, self.now));
                *held = (held.0.max(lease.generation), held.1.max(lease.valid_until));
            }
            if holders.is_empty() {
                continue;
            }
            let known = store::denials::of_release(tx, *id).await?;
            for (device, (generation, until)) in holders {
                let is_known = known.iter().any(|denial| {
                    denial.device == device && denial.kind == kind && denial.upto_generation >= generation
                });
                if is_known {
                    continue;
                }
                let denial = StoredDenial {
                    id: DenialId::new(self.now, self.ground.entropy.bytes()),
                    device,
                    release: Some(*id),
                    upto_generation: generation,
                    kind,
                    at: self.now,
                };
                store::denials::insert(tx, &denial).await?;
                tell_until(&mut denied, device, until);
            }
        }
        Ok(denied)
    }

    /// Wakes devices that have something to hear: those that hold too much at once, the others when the shelf changed.
    async fn wake(
        self,
        tx: &mut Tx,
        shelf_changed: bool,
        told: &BTreeMap<DeviceId, Instant>,
    ) -> Result<(), Refusal> {
        if !shelf_changed && told.is_empty() {
            return Ok(());
        }
        let devices = store::devices::of_person(tx, Person::Client(self.client)).await?;
        let paired: BTreeSet<DeviceId> =
            devices.iter().filter(|device| device.removed_at.is_none()).map(|device| device.id).collect();
        for device in paired {
            let wake_up = match told.get(&device) {
                Some(until) => WakeUp::Revocation { lease_end: *until },
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

/// A device that holds a lease under laxer terms hears of stricter ones as urgently as of an end. Some terms, quiet hours
/// among them, are not on the shelf at all: the wake-up is all that tells a device to ask.
fn tell_tightened(
    orders: &Orders,
    before: &BTreeMap<ReleaseId, Terms>,
    live: &[StoredLease],
    told: &mut BTreeMap<DeviceId, Instant>,
) {
    for (id, before) in before {
        let after = orders.releases.get(id).and_then(|release| release.terms.as_ref());
        if after.is_some_and(|after| is_stricter_somewhere(after, before)) {
            for lease in live.iter().filter(|lease| lease.release == *id) {
                tell_until(told, lease.device, lease.valid_until);
            }
        }
    }
}

fn tell_until(told: &mut BTreeMap<DeviceId, Instant>, device: DeviceId, until: Instant) {
    let latest = told.entry(device).or_insert(until);
    *latest = (*latest).max(until);
}

#[cfg(test)]
mod tests;
