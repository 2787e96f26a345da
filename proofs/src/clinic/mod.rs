//! A practice's server, thin: the steps of the real server's transactions, over maps instead of
//! tables.
//!
//! `sync-core` folds entries, answers for the gate, seals batches, and opens denials and receipts.
//! The clinic keeps the rows in between, in the order of the real server's `domain`:
//! [`Clinic::enter`] is its commit, [`Clinic::settle`] its settlement, [`Clinic::decide`] its
//! answer to a device, [`Clinic::restore`] its restore. A practice has one client here.

mod answer;
mod everywhere;
mod facts;
mod intake;
mod restore;
mod settlement;

use std::collections::BTreeMap;

use sync_core::{
    documents::Shelf,
    id::{ClipId, DenialId, DeviceId, EntryId, IncarnationId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    lease::{DenialKind, GENEROUS_PLAYS, Heard},
    orders::{Orders, RevokeOn},
    policy::Recorded,
};

use crate::cast::sixteen;

pub use answer::{Answer, Decided};
pub use intake::Refused;

/// A server: what is on its disk, what is in its ledger, and how often it has lived.
#[derive(Debug, Clone)]
pub struct Clinic {
    /// Which practice.
    pub practice: u16,
    /// What a backup holds.
    pub db: Database,
    /// What outlives every backup.
    pub ledger: Vec<Restriction>,
    /// How many incarnations there were.
    pub lives: u32,
    /// How many ledgers there were.
    pub ledgers: u32,
    /// How many plays a day a budget allows for where no daily limit is set.
    pub generous_plays: u16,
    /// What is left out on purpose, to see that it is missed.
    pub fault: Option<Fault>,
}

/// A rule that a clinic breaks, so that a test can show that the break is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A restore does not replay the ledger.
    LedgerNotReplayed,
    /// Leases are granted without asking the gate for consent.
    ConsentNotAsked,
    /// Devices that hold what has ended are not denied.
    EndsNotTold,
    /// A restored server does not know when a release was made that it has forgotten.
    MadeForgotten,
    /// A restored server counts generations on from those that it has not forgotten.
    GenerationsCounted,
    /// A destroyed clip keeps its key, and nobody looks whether it was destroyed.
    KeyKept,
    /// What a person has removed from their phone is leased to it all the same.
    RemovedLeased,
    /// The gate does not ask whether a clip was taken back on another client's shelf.
    ElsewhereNotAsked,
    /// What was taken back on another client's shelf is not written into this client's orders.
    ElsewhereNotBrought,
    /// Batches with leases are given without counting them.
    BatchesNotCounted,
}

/// The rows.
#[derive(Debug, Clone, Default)]
pub struct Database {
    /// Every entry of the client's orders.
    pub entries: BTreeMap<EntryId, Vec<u8>>,
    /// What people said, in the order in which they said it.
    pub consents: Vec<ConsentEvent>,
    /// Clips.
    pub clips: BTreeMap<ClipId, Clip>,
    /// The client's devices.
    pub devices: BTreeMap<DeviceId, Device>,
    /// Clips and recordings that were taken back, by the entries that did it: on this client's shelf or on another's.
    pub taken_back: BTreeMap<EntryId, RevokeOn>,
    /// How many batches with leases there were.
    pub batches: u64,
    /// How many there were when a therapist last decided something; none before the first decision.
    pub decided_after: Option<u64>,
    /// What was recorded of releases.
    pub releases: BTreeMap<ReleaseId, Recorded>,
    /// Leases.
    pub leases: Vec<Lease>,
    /// Denials.
    pub denials: Vec<StoredDenial>,
    /// The bodies of receipts that were taken.
    pub receipts: BTreeMap<(DeviceId, u64), Vec<u8>>,
    /// Whether a restore holds everything until therapists confirm.
    pub awaits_confirmation: bool,
    /// What the client may see.
    pub shelf: Shelf,
    /// Which ledger it was level with.
    pub of_ledger: u32,
}

/// A restrictive decision: a line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restriction {
    /// A revocation, a hold or an amendment.
    Entry(EntryId, Vec<u8>),
    /// A revocation in the orders of another client, of a clip or a recording.
    Elsewhere(EntryId, RevokeOn),
    /// A release is known from now on.
    Made(ReleaseId, Instant),
    /// A consent was withdrawn.
    Withdrawal(ConsentEvent),
    /// A consent was given that ends.
    ConsentEnd(ConsentEvent),
    /// A device was unpaired.
    Unpair(DeviceId, Instant),
    /// A clip was destroyed.
    Destroy(ClipId, Instant),
}

/// One person has said yes or no to releasing what they are heard in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentEvent {
    /// Who.
    pub participant: u8,
    /// On which recording.
    pub recording: RecordingId,
    /// Whether they withdrew.
    pub withdrawn: bool,
    /// When.
    pub at: Instant,
    /// The first instant at which it no longer counts.
    pub valid_until: Option<Instant>,
}

/// A clip.
#[derive(Debug, Clone)]
pub struct Clip {
    /// What it was cut from.
    pub recording: RecordingId,
    /// Who is heard in it.
    pub heard: Vec<u8>,
    /// How long it plays.
    pub duration: Span,
    /// Its key, until it is destroyed.
    pub key: Option<[u8; 16]>,
    /// When it was destroyed.
    pub destroyed_at: Option<Instant>,
}

/// A device of the client.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    /// Whether a therapist has seen its name.
    pub confirmed: bool,
    /// When it was removed.
    pub removed_at: Option<Instant>,
    /// The furthest step of its questions.
    pub heard: Option<Heard>,
}

/// A lease that was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// To whom.
    pub device: DeviceId,
    /// For what.
    pub release: ReleaseId,
    /// Counts up for each device and release.
    pub generation: u64,
    /// When.
    pub issued_at: Instant,
    /// In which batch of the server's.
    pub batch: u64,
    /// The first instant of denial.
    pub valid_until: Instant,
    /// When it stopped counting.
    pub voided_at: Option<Instant>,
}

/// A denial, before it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredDenial {
    /// Its id.
    pub id: DenialId,
    /// Whom it denies.
    pub device: DeviceId,
    /// What; none when everything.
    pub release: Option<ReleaseId>,
    /// The newest lease it covers.
    pub upto_generation: u64,
    /// What has happened.
    pub kind: DenialKind,
    /// When it was decided.
    pub at: Instant,
    /// Whether it was handed to its device.
    pub told: bool,
    /// Whether the device has acted on it.
    pub done: bool,
}

impl Clinic {
    /// A practice with nothing in it.
    #[must_use]
    pub fn new(practice: u16) -> Self {
        Self {
            practice,
            db: Database::default(),
            ledger: Vec::new(),
            lives: 1,
            ledgers: 0,
            generous_plays: GENEROUS_PLAYS,
            fault: None,
        }
    }

    /// The entries, folded by `sync-core`.
    #[must_use]
    pub fn orders(&self) -> Orders {
        Orders::fold_encoded(self.db.entries.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
    }

    /// Which life this is.
    #[must_use]
    pub fn incarnation(&self) -> IncarnationId {
        IncarnationId::from_bytes(sixteen(
            "incarnation",
            &[&self.practice.to_be_bytes(), &self.lives.to_be_bytes()],
        ))
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}
