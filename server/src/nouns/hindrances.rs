//! Parts that keep the server from deciding.
//!
//! A lease may only be given if the next revocation could be written. So each part that a revocation needs notes
//! here when it fails. `/readyz` tells all notes, and no lease is given meanwhile.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use strum::{IntoStaticStr, VariantArray};
use sync_core::vocabulary::Vocabulary;

/// A part that is away, full or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Hindrance {
    /// The server stops.
    Stopping,
    /// The database does not answer.
    Database,
    /// The database answers, and takes no writes.
    DatabaseReadOnly,
    /// The disk of the database is nearly full.
    DatabaseDisk,
    /// Ledger and database are being compared, here or at another server.
    Comparison,
    /// The ledger cannot be written, or the room that is kept for revocations is in use.
    Ledger,
    /// The disk of the ledger is nearly full.
    LedgerDisk,
    /// The clocks do not agree.
    Clock,
    /// The object store does not answer. Everything but clips goes on.
    Objects,
    /// The disk of the objects is nearly full. Everything but uploads goes on.
    ObjectsDisk,
}

impl Hindrance {
    /// Whether the server cannot decide because of it.
    #[must_use]
    pub const fn keeps_from_deciding(self) -> bool {
        !matches!(self, Self::Objects | Self::ObjectsDisk)
    }

    /// Whether nothing may be given because of it. A transaction finds out by itself if the database is away or is not
    /// level with the ledger.
    const fn keeps_from_giving(self) -> bool {
        matches!(self, Self::DatabaseDisk | Self::Ledger | Self::LedgerDisk | Self::Clock)
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Everything that is noted. Clones share it.
#[derive(Clone, Default)]
pub struct Hindrances {
    noted: Arc<AtomicU32>,
}

impl Hindrances {
    /// Notes whether something is in the way; tells the log when that changes.
    pub fn note(&self, hindrance: Hindrance, is_there: bool) {
        let bit = hindrance.bit();
        let before = if is_there {
            self.noted.fetch_or(bit, Ordering::SeqCst)
        } else {
            self.noted.fetch_and(!bit, Ordering::SeqCst)
        };
        let was_there = before & bit != 0;
        if was_there == is_there {
            return;
        }
        let part = hindrance.as_str();
        match (is_there, hindrance.keeps_from_deciding()) {
            (true, true) => tracing::error!(part, "this is in the way: no lease is given"),
            (true, false) => tracing::error!(part, "this is in the way"),
            (false, _) => tracing::info!(part, "this is in the way no more"),
        }
    }

    /// Whether something is noted.
    #[must_use]
    pub fn has(&self, hindrance: Hindrance) -> bool {
        self.noted.load(Ordering::SeqCst) & hindrance.bit() != 0
    }

    /// Whether nothing may be given now: what has been given could not be taken back.
    #[must_use]
    pub fn keep_from_giving(&self) -> bool {
        self.all().any(Hindrance::keeps_from_giving)
    }

    /// Everything that is noted.
    pub fn all(&self) -> impl Iterator<Item = Hindrance> + use<> {
        let noted = self.noted.load(Ordering::SeqCst);
        Hindrance::all().filter(move |hindrance| noted & hindrance.bit() != 0)
    }
}
