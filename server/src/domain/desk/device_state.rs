//! The truth, per release and device: the known state, and the worst case.

use std::collections::BTreeMap;

use sync_core::{
    id::{ClientId, ClipId, DeviceId, EntryId, ReleaseId},
    instant::Instant,
    lease::{LONGEST, ReceiptKind},
    orders::{Orders, Release},
    policy::{DeviceFacts, Reason, Standing, standing},
    terms::Terms,
};

use crate::{
    domain::{
        decisions::facts::Facts,
        people::{
            care,
            devices::{self, DeviceView},
        },
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, Tx, devices::Person, leases::StoredLease, receipts::StoredReceipt},
};

/// A release as the therapist sees it.
pub struct ReleaseTruth {
    /// The release.
    pub id: ReleaseId,
    /// Its clip.
    pub clip: ClipId,
    /// When the server first knew of it.
    pub known_since: Instant,
    /// Where it stands by its entries.
    pub standing: Standing,
    /// What else keeps it from playing, if something does.
    pub waits_for: Option<Reason>,
    /// The strictest terms.
    pub terms: Option<Terms>,
    /// Its own entry and amendments: what an amendment must name.
    pub entries: Vec<EntryId>,
    /// Revocations and holds that a confirmation must name.
    pub unseen: Vec<EntryId>,
    /// Holds that pause it: what a lift may name.
    pub holds: Vec<EntryId>,
    /// If it ended now, the instant after which it cannot play anywhere.
    pub dark_by: Option<Instant>,
    /// What each device is known to have.
    pub devices: Vec<DeviceTruth>,
}

/// What is known of one release on one device.
pub struct DeviceTruth {
    /// The device.
    pub device: DeviceId,
    /// What its person calls it.
    pub name: String,
    /// What is known.
    pub known: Known,
}

/// What is known. A push that was accepted proves nothing: only leases and receipts count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// A therapist has not seen the device's name yet.
    NotConfirmed,
    /// It has no lease of this release.
    Nothing,
    /// It has a lease; whether the clip plays is not known yet.
    Leased {
        /// It cannot play from here on without contact.
        until: Instant,
    },
    /// It has said that the clip plays without internet.
    Ready {
        /// When it said so.
        at: Instant,
        /// It cannot play from here on without contact.
        until: Instant,
    },
    /// It is to stop, and has not said that it did: dark by then at the latest.
    Pending {
        /// It cannot play from here on.
        dark_by: Instant,
    },
    /// It has said that the clip is gone.
    Wiped {
        /// When, by its trusted time.
        at: Instant,
    },
    /// It has said nothing, and its last lease has ended: it cannot have played since.
    Lost {
        /// Since when.
        dark_since: Instant,
    },
}

/// Everything that was released to a client and is not long over, oldest first: what a successor of the orders has left out
/// is told by the audit alone.
///
/// # Errors
/// [`Refusal::NotFound`] when the caller does not treat the client.
pub async fn of_client(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<ReleaseTruth>, Refusal> {
    let mut tx = ground.db.read().await?;
    care::in_care(&mut tx, &caller, client).await?;
    let now = ground.clock.now();
    let written = store::entries::of_client(&mut tx, client).await?;
    let orders = Orders::fold_encoded(written.iter().map(|(id, bytes)| (*id, bytes.as_slice())));
    let facts = Facts::read(&mut tx, caller.practice, client, &orders).await?;
    let devices = devices::list(ground, &mut tx, Person::Client(client)).await?;
    let restored_at = store::incarnations::restored_at(&mut tx).await?;
    let mut truths = Vec::with_capacity(orders.releases.len());
    for (id, release) in &orders.releases {
        let gate = facts.gate(&orders, (*id, release), DeviceFacts::ANY, now);
        let has_ended = facts.recorded(*id).is_some_and(|known| known.ended_at.is_some());
        let stands = match standing(&orders, release, now) {
            // Its end was recorded: what was amended after it changes nothing.
            stands if has_ended && !stands.has_ended() => Standing::Expired,
            stands => stands,
        };
        let held = Held::read(&mut tx, *id).await?;
        let forgotten =
            restored_at.map(|at| Forgotten::new(at, release, facts.ends_at(&orders, (*id, release))));
        let mut dark_by = held.dark_by(now);
        let mut known = Vec::with_capacity(devices.len());
        for device in &devices {
            let forgotten = forgotten.and_then(|forgotten| forgotten.on(device)).filter(|until| *until > now);
            if device.removed_at.is_some() && !held.leases.contains_key(&device.id) && forgotten.is_none() {
                continue;
            }
            let known_of = held.known(device, gate.is_ok() && device.removed_at.is_none(), forgotten, now);
            if let Known::Pending { dark_by: of_device } = known_of {
                dark_by = dark_by.max(Some(of_device));
            }
            dark_by = dark_by.max(forgotten);
            known.push(DeviceTruth { device: device.id, name: device.name.clone(), known: known_of });
        }
        truths.push(ReleaseTruth {
            id: *id,
            clip: release.clip,
            // How long one waits that no settlement has recorded is not known: it stands first.
            known_since: facts.recorded(*id).map_or(Instant::from_millis(0), |known| known.created_at),
            standing: stands,
            waits_for: gate.err(),
            terms: release.terms.clone(),
            entries: release.entries.iter().copied().collect(),
            unseen: release.unseen.iter().copied().collect(),
            holds: orders.holds_of(release).map(|(id, _)| id).collect(),
            dark_by,
            devices: known,
        });
    }
    Ok(truths)
}

/// What leases and receipts say of one release.
struct Held {
    leases: BTreeMap<DeviceId, Vec<StoredLease>>,
    receipts: BTreeMap<DeviceId, Vec<StoredReceipt>>,
}

impl Held {
    async fn read(tx: &mut Tx, release: ReleaseId) -> Result<Self, Refusal> {
        let mut held = Self { leases: BTreeMap::new(), receipts: BTreeMap::new() };
        for lease in store::leases::of_release(tx, release).await? {
            held.leases.entry(lease.device).or_default().push(lease);
        }
        for receipt in store::receipts::of_release(tx, release).await? {
            held.receipts.entry(receipt.device).or_default().push(receipt);
        }
        Ok(held)
    }

    fn dark_by(&self, now: Instant) -> Option<Instant> {
        let live = self
            .leases
            .values()
            .flatten()
            .filter(|lease| lease.voided_at.is_none() && lease.valid_until > now);
        live.map(|lease| lease.valid_until).max()
    }

    fn known(&self, device: &DeviceView, allowed: bool, forgotten: Option<Instant>, now: Instant) -> Known {
        let leases = self.leases.get(&device.id).map_or(&[][..], Vec::as_slice);
        let receipts = self.receipts.get(&device.id).map_or(&[][..], Vec::as_slice);
        let newest = leases.iter().map(|lease| lease.generation).max();
        if newest.is_none() && forgotten.is_none() {
            return if device.confirmed_at.is_some() { Known::Nothing } else { Known::NotConfirmed };
        }
        let last = receipts.last();
        let gone = last.filter(|receipt| receipt.kind.is_gone() && Some(receipt.generation) >= newest);
        // Of two that speak with one voice, one alone says that it is gone.
        let is_copied = device.copied_at.is_some();
        if let Some(gone) = gone.filter(|_| forgotten.is_none() && !is_copied) {
            return Known::Wiped { at: gone.at };
        }
        // Every lease that it may hold counts: the worst case is the latest of them.
        let holding = leases.iter().filter(|lease| lease.voided_at.is_none() || is_copied);
        let until = holding.map(|lease| lease.valid_until).max().max(forgotten);
        let Some(until) = until else { return Known::Nothing };
        if until <= now {
            return Known::Lost { dark_since: until };
        }
        if !allowed {
            return Known::Pending { dark_by: until };
        }
        match last {
            Some(receipt) if receipt.kind == ReceiptKind::Ready => Known::Ready { at: receipt.at, until },
            _ => Known::Leased { until },
        }
    }
}

/// What a database that was restored may have forgotten: leases that were issued after the backup was made.
#[derive(Clone, Copy)]
struct Forgotten {
    restored_at: Instant,
    until: Instant,
}

impl Forgotten {
    /// None of them was issued after the restore, and none lasts longer than the terms say, which the ledger has kept.
    fn new(restored_at: Instant, release: &Release, ends_at: Option<Instant>) -> Self {
        let offline_for = release.terms.as_ref().map_or(LONGEST, |terms| terms.offline_for.min(LONGEST));
        let until = restored_at + offline_for;
        Self { restored_at, until: ends_at.map_or(until, |ends_at| ends_at.min(until)) }
    }

    /// Until when one of them may play on a device that was there then and has not been heard of since.
    fn on(self, device: &DeviceView) -> Option<Instant> {
        let was_there = device.paired_at <= self.restored_at && device.confirmed_at.is_some();
        let was_heard_of = device.seen_at.is_some_and(|seen_at| seen_at >= self.restored_at);
        (was_there && !was_heard_of).then_some(self.until)
    }
}
