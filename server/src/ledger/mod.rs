//! The ledger: restrictive decisions in a file apart from the database, so that a restored backup
//! forgets none.
//!
//! A database that is restored from last night's backup has forgotten today's revocations. The
//! ledger has not: every restrictive decision is a line here, on disk before its transaction is
//! committed, and is replayed into a database that is behind (`domain/jobs/restore.rs`). It holds
//! ids and instants only.
//!
//! One line is one JSON object. `hash` is last and covers every byte before it, `prev` is the hash
//! of the line before:
//!
//! ```text
//! {"seq":0,"prev":"AAAA…","at":1800000000000,"fact":{"kind":"begin","ledger":"ledger_…"},"hash":"b2J…"}
//! {"seq":1,"prev":"b2J…", "at":1800000000412,"fact":{"kind":"unpair","device":"dev_…","at":…},"hash":"q1x…"}
//! ```
//!
//! A mark also has the end of the audit's chain: of entries that were cut off since, the ledger knows.
//! A program meets fields that it does not know in a line of a kind that it knows, and passes over
//! them. **Hazard: a new kind of line is none to an older program**, which cuts it off as a torn end.
//! So new facts of a mark go into fields.
//!
//! **Hazard: a ledger in the same backup or on the same snapshot as its database proves nothing.**
//! Both would go back together without a trace. Keep it on another disk, in another backup, or on a
//! volume that is never restored.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sync_core::{
    id::{
        ClientId, ClipId, ConsentId, DeviceId, EntryId, IncarnationId, LedgerId, ParticipantId, PracticeId,
        RecordingId, ReleaseId, StaffId,
    },
    instant::Instant,
};
use thiserror::Error;

use crate::nouns::{
    entropy::Entropy,
    hindrances::{Hindrance, Hindrances},
};

mod file;
mod line;
mod reserve;

pub use line::Line;

/// A restrictive decision: what must outlive the database.
#[derive(Clone, PartialEq, Eq)]
pub enum Restriction {
    /// An entry of a client's orders that restricts: a hold, a revocation, a tightening.
    Entry {
        /// Whose orders.
        client: ClientId,
        /// The entry's key.
        id: EntryId,
        /// Its canonical bytes.
        bytes: Vec<u8>,
    },
    /// A release is known from now on. It grants nothing when it is replayed: a database that has forgotten the release
    /// learns when it was made, and so that a withdrawal which came after it has ended it.
    Made {
        /// Whose.
        client: ClientId,
        /// Of which clip.
        clip: ClipId,
        /// The release.
        release: ReleaseId,
        /// When the server first knew of it.
        at: Instant,
    },
    /// A consent was withdrawn.
    Withdrawal {
        /// The event.
        consent: ConsentId,
        /// On which recording.
        recording: RecordingId,
        /// Whose consent.
        participant: ParticipantId,
        /// The purpose's word in storage.
        purpose: String,
        /// When.
        at: Instant,
        /// Which member of staff entered it, because it was spoken; none where the person said it on their own phone.
        recorded_by: Option<StaffId>,
    },
    /// A consent was given that ends. Where a backup has an older one that ends later or never, this one takes its place
    /// again; where it has none, this grants nothing.
    ConsentEnd {
        /// The event.
        consent: ConsentId,
        /// On which recording.
        recording: RecordingId,
        /// Whose consent.
        participant: ParticipantId,
        /// The purpose's word in storage.
        purpose: String,
        /// When it was given.
        at: Instant,
        /// The first instant at which it no longer counts.
        valid_until: Instant,
    },
    /// A device was unpaired.
    Unpair {
        /// Which.
        device: DeviceId,
        /// When.
        at: Instant,
    },
    /// A clip was destroyed.
    Destroy {
        /// Which.
        clip: ClipId,
        /// When.
        at: Instant,
    },
}

/// What one line says.
#[derive(Clone, PartialEq, Eq)]
pub enum Fact {
    /// The first line: which ledger this is.
    Begin(LedgerId),
    /// What tells a database from the past.
    Mark(Mark),
    /// A restrictive decision.
    Restriction(Restriction),
}

impl Fact {
    /// Whether it makes something end or rest, and not only accompanies what is given.
    fn takes_away(&self) -> bool {
        use Restriction::{Destroy, Entry, Unpair, Withdrawal};
        matches!(self, Self::Restriction(Entry { .. } | Withdrawal { .. } | Unpair { .. } | Destroy { .. }))
    }
}

/// What tells a database from the past, and what vouches for its audit.
#[derive(Clone, PartialEq, Eq)]
pub struct Mark {
    /// A random value that the database had before the ledger.
    pub value: [u8; 16],
    /// What the database's audit was then. Marks from before this was kept have none; a program from then passes over it.
    pub audit: Option<MarkedAudit>,
}

/// The audit as a mark has it.
#[derive(Clone, PartialEq, Eq)]
pub struct MarkedAudit {
    /// In which life of the database.
    pub incarnation: IncarnationId,
    /// The end of each practice's chain.
    pub heads: Vec<AuditHead>,
}

/// The end of a practice's chain.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Whose.
    pub practice: PracticeId,
    /// How many entries it has.
    pub entries: i64,
    /// The hash of the last one.
    pub hash: [u8; 32],
}

/// A place in a ledger: a line's number and hash. The same number under another hash is another history.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Which ledger.
    pub ledger: LedgerId,
    /// The line's number, from 0.
    pub seq: i64,
    /// The line's hash.
    pub hash: [u8; 32],
}

/// Why the ledger cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// Another process has it.
    #[error("another process has the ledger open")]
    InUse,
    /// A line is not as it was written, and is no torn end.
    #[error("the ledger is broken at line {line}; set the file aside to start without its proof")]
    Broken {
        /// Which line, from 0.
        line: i64,
    },
    /// Its end is not where the writer believed: a decision in it is not in the database yet.
    #[error("the ledger is ahead of the database")]
    Ahead,
    /// The file cannot be read or written.
    #[error("ledger.path: the ledger's file cannot be read or written: {0}")]
    File(#[from] io::Error),
}

/// An open ledger; its file is locked until [`Ledger::close`] or the end of the process.
#[derive(Clone)]
pub struct Ledger {
    id: LedgerId,
    file: Arc<Mutex<file::LedgerFile>>,
    /// The end of what is on disk, apart from the file, which is locked for as long as a flush takes.
    end: Arc<Mutex<Position>>,
    hindrances: Hindrances,
    entropy: Entropy,
}

/// What a ledger says after some place.
pub struct Reading {
    /// The hash of the line that was asked for; none when the ledger is shorter.
    pub hash: Option<[u8; 32]>,
    /// The lines after it.
    pub lines: Vec<Line>,
    /// The newest mark in all of the ledger.
    pub mark: Option<Mark>,
    /// Its end.
    pub end: Position,
}

impl Ledger {
    /// Opens and locks a ledger, or begins one where there is no file. A torn end, which was never acknowledged, is
    /// cut off.
    ///
    /// # Errors
    /// [`LedgerError::InUse`], [`LedgerError::Broken`], or when the file cannot be read or written.
    pub fn open(
        path: &Path,
        now: Instant,
        entropy: &Entropy,
        hindrances: &Hindrances,
    ) -> Result<Self, LedgerError> {
        let (id, file) = file::LedgerFile::open(path, now, entropy)?;
        let end = Arc::new(Mutex::new(file.end(id)));
        let (hindrances, entropy) = (hindrances.clone(), entropy.clone());
        hindrances.note(Hindrance::Ledger, !file.can_restrict());
        Ok(Self { id, file: Arc::new(Mutex::new(file)), end, hindrances, entropy })
    }

    /// Which ledger this is.
    #[must_use]
    pub const fn id(&self) -> LedgerId {
        self.id
    }

    /// Appends facts and waits until they are on disk; gives the new end. Nothing is appended unless the ledger ends at
    /// `expected`, or when anything fails.
    ///
    /// # Errors
    /// [`LedgerError::Ahead`] when it ends elsewhere; otherwise when the file cannot be written.
    pub async fn append(
        &self,
        expected: Position,
        at: Instant,
        facts: Vec<Fact>,
    ) -> Result<Position, LedgerError> {
        let (end, hindrances) = (Arc::clone(&self.end), self.hindrances.clone());
        self.blocking(move |id, file| {
            if file.end(id) != expected {
                return Err(LedgerError::Ahead);
            }
            let appended = file.append(at, &facts);
            hindrances.note(Hindrance::Ledger, !file.can_restrict());
            *lock(&end) = file.end(id);
            appended.map(|()| file.end(id))
        })
        .await
    }

    /// Takes up again the room that is kept for restrictions, where it was used.
    ///
    /// # Errors
    /// When there is still no room.
    pub async fn keep_room(&self) -> Result<(), LedgerError> {
        let (entropy, hindrances) = (self.entropy.clone(), self.hindrances.clone());
        self.blocking(move |_, file| {
            let kept = file.keep_room(&entropy);
            hindrances.note(Hindrance::Ledger, !file.can_restrict());
            kept
        })
        .await
    }

    /// Its end, as far as it is on disk. Waits for no flush.
    #[must_use]
    pub fn end(&self) -> Position {
        *lock(&self.end)
    }

    /// Reads the line `seq` and those after it.
    ///
    /// # Errors
    /// When the file cannot be read, or has been changed under the lock.
    pub async fn read_after(&self, seq: i64) -> Result<Reading, LedgerError> {
        self.blocking(move |id, file| file.read_after(id, seq)).await
    }

    /// When its last line was written.
    #[must_use]
    pub fn written_at(&self) -> Instant {
        lock(&self.file).written_at()
    }

    /// The newest mark that was appended.
    #[must_use]
    pub fn newest_mark(&self) -> Option<Mark> {
        lock(&self.file).newest_mark()
    }

    /// Whether nothing was appended since the newest mark.
    #[must_use]
    pub fn ends_with_mark(&self) -> bool {
        lock(&self.file).ends_with_mark()
    }

    /// Unlocks the file; appending fails from now on.
    pub fn close(&self) {
        lock(&self.file).close();
    }

    /// Files block: away from the tasks that answer requests.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(LedgerId, &mut file::LedgerFile) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let Self { id, file, .. } = self.clone();
        let done = tokio::task::spawn_blocking(move || work(id, &mut lock(&file))).await;
        done.unwrap_or_else(|_| Err(LedgerError::File(io::ErrorKind::Interrupted.into())))
    }
}

/// The marks of a ledger with the numbers of their lines, read beside the process that has it open.
///
/// # Errors
/// [`LedgerError::Broken`], or when there is no such file or it cannot be read.
pub fn marks(path: &Path) -> Result<Vec<(i64, Mark)>, LedgerError> {
    file::marks(path)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
