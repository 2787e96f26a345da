//! The committer: the only way to write, and the point before which nothing is promised.
//!
//! Callers hand it work and wait. On SQLite it takes all waiting work, from all callers, into
//! **one** transaction, a savepoint for each piece of work, so that one disk flush pays for all; on
//! PostgreSQL each piece has a transaction of its own, several at a time. Either way the order is:
//!
//! ```text
//! begin → work, restrictions before grants → audit → ledger line, fsync → COMMIT → answers
//! ```
//!
//! - Nothing is answered `Ok` before COMMIT returned. Work that fails, or panics, takes back itself
//!   only; an error *or doubt* at COMMIT fails all of its group.
//! - Work runs in the committer's own task: a caller that goes away cancels nothing.
//! - Between the ledger's fsync and COMMIT a crash or a full disk leaves the ledger ahead of the
//!   database. The decision was not acknowledged, but it was decided, and restricts: the committer
//!   replays the ledger's end, by the same code as after a restore, before it takes up anything
//!   else.
//! - Each transaction first looks whether the database has the ledger's end. If it has not, it is
//!   no longer the same database: a standby that had not got everything was promoted, or a backup
//!   was put in its place. Then nothing is committed until the two were compared, so that no
//!   revoked release is granted.
//! - **Hazard: work must not wait for other work.** A commit inside of a commit waits for itself.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use futures_util::future::BoxFuture;
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    Db, StoreError, Tx,
    audit::AuditKey,
    progress::{self, Step},
};
use crate::{
    ledger::{Ledger, Line},
    nouns::{
        clock::Clock,
        hindrances::{Hindrance, Hindrances},
    },
    turns::Payer,
};
use job::{Turn, Work};
use queue::Queue;
use writer::Writer;

mod job;
mod lanes;
mod queue;
mod writer;

/// Which work goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Takes something away.
    Restriction,
    /// Everything else.
    Grant,
}

impl Urgency {
    /// The same, paid for by this caller: a turn in the payer's own name.
    pub fn by(self, payer: impl Into<Payer>) -> Order {
        Order { urgency: self, payer: payer.into() }
    }
}

/// How urgent work is, and who pays for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Which work goes first.
    pub urgency: Urgency,
    /// Whose turn it takes.
    pub payer: Payer,
}

impl From<Urgency> for Order {
    /// Work of the server's own.
    fn from(urgency: Urgency) -> Self {
        urgency.by(Payer::Server)
    }
}

/// Takes ledger lines over into the database, any number of times: `domain/restore.rs` gives it.
pub(crate) type Replay = for<'t> fn(&'t mut Tx, &'t [Line]) -> BoxFuture<'t, Result<(), StoreError>>;

/// Where the committer writes, and by what it is known there.
pub(crate) struct Destination {
    pub(crate) db: Db,
    pub(crate) ledger: Ledger,
    pub(crate) server: String,
    pub(crate) clock: Clock,
    pub(crate) audit_key: AuditKey,
    pub(crate) replay: Replay,
    /// Whether ledger and database were found to differ, and nobody has compared them since.
    pub(crate) doubt: Doubt,
}

/// The doubt whether the database has everything that the ledger has. Clones share it.
///
/// While there is one, nothing is committed but the comparison that `domain/restore.rs` makes.
#[derive(Clone)]
pub struct Doubt {
    shared: Arc<(AtomicBool, Notify)>,
    hindrances: Hindrances,
}

impl Doubt {
    /// None yet; a doubt is noted among the hindrances.
    #[must_use]
    pub fn of(hindrances: &Hindrances) -> Self {
        Self { shared: Arc::default(), hindrances: hindrances.clone() }
    }

    /// Asks for a comparison.
    pub fn raise(&self) {
        self.shared.0.store(true, Ordering::SeqCst);
        self.hindrances.note(Hindrance::Comparison, true);
        self.shared.1.notify_one();
    }

    /// Whether a comparison is asked for.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.shared.0.load(Ordering::SeqCst)
    }

    /// Waits until a comparison is asked for.
    pub async fn raised(&self) {
        self.shared.1.notified().await;
    }

    fn settle(&self) {
        self.shared.0.store(false, Ordering::SeqCst);
        self.hindrances.note(Hindrance::Comparison, false);
    }
}

/// Commits work. Clones commit through the same task.
#[derive(Clone)]
pub struct Committer {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Queue,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Committer {
    /// Starts the task. It ends when it is closed, or when nobody can give it work any more.
    pub(crate) fn start(destination: Destination) -> Self {
        let stop = CancellationToken::new();
        let queue = Queue::new(stop.clone());
        let task = Mutex::new(Some(tokio::spawn(Writer::new(destination).run(queue.clone()))));
        Self { shared: Arc::new(Shared { queue, stop, task }) }
    }

    /// Does the work in a transaction and commits it. When this gives `Ok`, what was done survives power loss. For a request
    /// under an idempotency key it is a step ([`progress`]): one that was committed before is not done again.
    ///
    /// # Errors
    /// What the work refused; [`StoreError::Busy`] when its payer has as much waiting as may be; or a [`StoreError`] when it could not be committed, which for
    /// [`StoreError::InDoubt`] it may have been.
    pub async fn commit<T, E, F>(&self, order: impl Into<Order>, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Order { urgency, payer } = order.into();
        let turn = match urgency {
            Urgency::Restriction => Turn::Restriction,
            Urgency::Grant => Turn::Grant,
        };
        let step = match progress::step::<T>() {
            Some(Step::Done(result)) => return Ok(result),
            Some(Step::Lost) => return Err(StoreError::DoneAlready.into()),
            Some(Step::New(step)) => step,
            None => return self.enqueue(turn, payer, work).await,
        };
        self.enqueue(turn, payer, move |tx| {
            Box::pin(async move {
                let result = work(tx).await?;
                let noted = step.with(&result);
                noted.write(tx).await?;
                Ok(result)
            })
        })
        .await
    }

    /// Does the work in a transaction during which nothing else is committed by this server. Only for the check of
    /// `domain/restore.rs`, which leaves the database level with the ledger.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub(crate) async fn commit_alone<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.enqueue(Turn::Alone, Payer::Server, work).await
    }

    /// Finishes what is waiting, takes no more, and ends the task.
    pub async fn close(&self) {
        self.shared.stop.cancel();
        let task = self.shared.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // The task catches the panics of work; one of its own would have failed all waiting callers already.
            let _ = task.await;
        }
    }

    async fn enqueue<T, E, F>(&self, turn: Turn, payer: Payer, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Work::new(turn, payer, work, answer));
        self.shared.queue.push(job).map_err(|_| StoreError::Busy)?;
        // Without an answer the task ended in the middle of the work: whether it was committed nobody knows.
        answered.await.unwrap_or_else(|_| Err(StoreError::InDoubt.into()))
    }
}

#[cfg(test)]
mod tests;
