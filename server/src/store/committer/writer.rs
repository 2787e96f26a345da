//! The committer's task: transactions, and their failures.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{RwLock, Semaphore},
    time::{Instant, timeout},
};

use super::{
    Destination,
    job::{Job, Turn},
    queue::{Next, Queue},
};
use crate::{
    ledger::{Fact, LedgerError},
    store::{
        StoreError, Tx,
        audit::{self, AuditKey},
        ledger_positions::{self, Positions},
    },
};

/// How many transactions run at a time where the database allows several. Less than its pool has connections: readers
/// want some.
const AT_A_TIME: usize = 10;
/// How many more run at a time of what staff take away: it never waits for the others to end.
const OF_STAFF: usize = 2;
/// How many pieces of work share one transaction, and one disk flush, at most.
const GROUP: usize = 256;
/// After how long a transaction takes up no more work: what has come meanwhile waits for no more than this.
const GROUP_FOR: Duration = Duration::from_millis(50);

/// How long one piece of work may take before it and its group are rolled back.
const WORK_LIMIT: Duration = Duration::from_secs(20);

/// Whether a transaction looks first if the database has the ledger's end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Yes,
    /// It is the comparison itself.
    No,
}

/// Which work a lane of several transactions takes.
#[derive(Clone, Copy)]
enum Which {
    Every,
    /// What staff take away.
    OfStaff,
}

/// Work that shares a transaction.
struct Group<'q> {
    /// What was begun, in its order.
    jobs: Vec<Box<dyn Job>>,
    /// What is begun next.
    next: Option<Next>,
    /// Where more comes from.
    more: Option<&'q Queue>,
}

pub(super) struct Writer {
    to: Destination,
    /// The ledger may have lines that the database has not.
    behind: AtomicBool,
    /// Shared by every transaction, and taken whole by one that must be alone.
    gate: RwLock<()>,
}

impl Writer {
    pub(super) fn new(to: Destination) -> Self {
        Self { to, behind: AtomicBool::new(false), gate: RwLock::new(()) }
    }

    pub(super) async fn run(self, queue: Queue) {
        if self.to.db.is_postgres() {
            Arc::new(self).run_side_by_side(queue).await;
        } else {
            self.run_in_groups(queue).await;
        }
    }

    async fn run_in_groups(self, queue: Queue) {
        while let Some(next) = queue.next().await {
            self.commit(next, Some(&queue)).await;
        }
    }

    async fn run_side_by_side(self: Arc<Self>, queue: Queue) {
        let common = Arc::clone(&self).run_lane(queue.clone(), AT_A_TIME, Which::Every);
        let of_staff = self.run_lane(queue, OF_STAFF, Which::OfStaff);
        tokio::join!(common, of_staff);
    }

    async fn run_lane(self: Arc<Self>, queue: Queue, at_a_time: usize, which: Which) {
        let permits = Arc::new(Semaphore::new(at_a_time));
        // The permit first, then the work: what is more urgent may still come before what has been waiting.
        while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
            let next = match which {
                Which::Every => queue.next().await,
                Which::OfStaff => queue.next_of_staff().await,
            };
            let Some(next) = next else { break };
            let writer = Arc::clone(&self);
            tokio::spawn(async move {
                writer.commit(next, None).await;
                drop(permit);
            });
        }
        // Whoever closes the committer waits for what is still running.
        let _ = permits.acquire_many(u32::try_from(at_a_time).unwrap_or(u32::MAX)).await;
    }

    /// Commits work and answers its caller; takes up what else waits in this queue into the same transaction.
    async fn commit(&self, first: Next, more: Option<&Queue>) {
        let alone = first.job.turn() == Turn::Alone;
        let mut group = Group { jobs: Vec::new(), next: Some(first), more: more.filter(|_| !alone) };
        if let Err(error) = self.commit_in_turn(&mut group, alone).await {
            group.jobs.extend(group.next.take().map(|next| next.job));
            tracing::error!(%error, jobs = group.jobs.len(), "nothing of a group was committed, or nobody knows");
            for job in &mut group.jobs {
                job.fail(error.again());
            }
        }
        group.jobs.into_iter().for_each(Job::answer);
    }

    async fn commit_in_turn(&self, group: &mut Group<'_>, alone: bool) -> Result<(), StoreError> {
        if alone {
            let _gate = self.gate.write().await;
            // What a COMMIT of our own has left ahead is no sign that the database went back; and where it did, the
            // comparison judges.
            match self.catch_up().await {
                Ok(()) | Err(StoreError::NotLevel) => {}
                Err(error) => return Err(error),
            }
            // A check that failed has replayed nothing: whoever comes next must.
            if self.transact(group, Look::No).await? {
                self.behind.store(false, Ordering::SeqCst);
                self.to.doubt.settle();
            }
            return Ok(());
        }
        loop {
            if self.behind.load(Ordering::SeqCst) {
                let _gate = self.gate.write().await;
                self.catch_up().await?;
            }
            let _gate = self.gate.read().await;
            // Another transaction may have failed while this one waited at the gate.
            if !self.behind.load(Ordering::SeqCst) {
                return self.transact(group, Look::Yes).await.map(drop);
            }
        }
    }

    /// Does the work of a group and commits it; gives whether there was anything to commit.
    async fn transact(&self, group: &mut Group<'_>, look: Look) -> Result<bool, StoreError> {
        // On PostgreSQL a group is one piece of work, which the transaction's own end takes back.
        let savepoints = !self.to.db.is_postgres();
        let mut tx = self.to.db.write().await?;
        let positions = ledger_positions::look(&mut tx).await?;
        if positions.read_only {
            self.to.db.lose_primary();
            return Err(StoreError::ReadOnly);
        }
        if look == Look::Yes && !self.is_level(&mut tx, &positions).await? {
            self.to.doubt.raise();
            return Err(StoreError::NotLevel);
        }
        let mut facts = Vec::new();
        let mut succeeded = 0;
        let began = Instant::now();
        while let Some(Next { job, service }) = group.next.take() {
            group.jobs.push(job);
            let Some(job) = group.jobs.last_mut() else { break };
            if savepoints {
                tx.run("SAVEPOINT work").await?;
            }
            // Work that runs out of time leaves a statement unfinished: then nothing of the transaction can be trusted.
            let done = timeout(WORK_LIMIT, job.run(&mut tx)).await.map_err(|_| StoreError::RolledBack)?;
            let done = done && write_audit(&mut tx, &self.to.audit_key, job.as_mut()).await;
            let its_facts = std::mem::take(&mut tx.pending).facts;
            if done {
                facts.extend(its_facts);
                succeeded += 1;
            } else if savepoints {
                tx.run("ROLLBACK TO work").await?;
            }
            // Fails when the database has given up the whole transaction behind a job's back.
            if savepoints {
                tx.run("RELEASE work").await?;
            }
            drop(service);
            if group.jobs.len() < GROUP && began.elapsed() < GROUP_FOR {
                group.next = group.more.and_then(Queue::also);
            }
        }
        if succeeded == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        self.finish(tx, facts).await?;
        Ok(true)
    }

    /// Whether the database has the ledger's end.
    async fn is_level(&self, tx: &mut Tx, positions: &Positions) -> Result<bool, StoreError> {
        let Destination { ledger, server, .. } = &self.to;
        let Some(own) = positions.of(server).filter(|own| own.timeline == positions.timeline) else {
            return Ok(false);
        };
        if own.position == ledger.end() {
            return Ok(true);
        }
        if !tx.is_postgres() {
            return Ok(false);
        }
        // Another transaction of ours may be between its line and its COMMIT: until then it has this row. The savepoint
        // gives the lock back, which is the last that may be taken.
        tx.run("SAVEPOINT level").await?;
        let position = ledger_positions::lock(tx, server).await?;
        let is_level = position == Some(ledger.end());
        tx.run("ROLLBACK TO level").await?;
        Ok(is_level)
    }

    /// Writes the ledger, then commits.
    async fn finish(&self, mut tx: Tx, facts: Vec<Fact>) -> Result<(), StoreError> {
        let recorded = !facts.is_empty();
        if recorded {
            self.record(&mut tx, facts).await?;
        }
        tx.commit().await.map_err(|error| {
            tracing::error!(%error, "COMMIT failed");
            if recorded {
                self.behind.store(true, Ordering::SeqCst);
            }
            StoreError::InDoubt
        })
    }

    async fn record(&self, tx: &mut Tx, facts: Vec<Fact>) -> Result<(), StoreError> {
        let Destination { ledger, server, clock, .. } = &self.to;
        let position = ledger_positions::lock(tx, server).await?.ok_or(StoreError::Ledger)?;
        let end = ledger.append(position, clock.now(), facts).await.map_err(|error| {
            if matches!(error, LedgerError::Ahead) {
                self.behind.store(true, Ordering::SeqCst);
            }
            tracing::error!(%error, "ledger");
            StoreError::Ledger
        })?;
        // From here on the ledger has the lines, and only COMMIT brings the database level with it.
        ledger_positions::put(tx, server, end)
            .await
            .inspect_err(|_| self.behind.store(true, Ordering::SeqCst))
    }

    /// Takes over what the ledger has and the database has not, if that may be so.
    async fn catch_up(&self) -> Result<(), StoreError> {
        if !self.behind.load(Ordering::SeqCst) {
            // Another transaction did it while this one waited at the gate.
            return Ok(());
        }
        let Destination { db, ledger, server, replay, audit_key, .. } = &self.to;
        let mut tx = db.write().await?;
        let position = ledger_positions::lock(&mut tx, server).await?.ok_or(StoreError::Ledger)?;
        let positions = ledger_positions::look(&mut tx).await?;
        let reading = ledger.read_after(position.seq).await.map_err(|_| StoreError::Ledger)?;
        let is_the_same = positions.of(server).is_some_and(|own| own.timeline == positions.timeline);
        if !is_the_same || position.ledger != ledger.id() || reading.hash != Some(position.hash) {
            // Another database than it was, or another history than the ledger's. Only the comparison can judge that.
            self.to.doubt.raise();
            return Err(StoreError::NotLevel);
        }
        replay(&mut tx, &reading.lines).await?;
        let entries = std::mem::take(&mut tx.pending).audit;
        audit::write(&mut tx, audit_key, entries).await?;
        ledger_positions::put(&mut tx, server, reading.end).await?;
        tx.commit().await?;
        self.behind.store(false, Ordering::SeqCst);
        tracing::warn!(lines = reading.lines.len(), "the ledger's end was replayed");
        Ok(())
    }
}

async fn write_audit(tx: &mut Tx, key: &AuditKey, job: &mut dyn Job) -> bool {
    let entries = std::mem::take(&mut tx.pending.audit);
    match audit::write(tx, key, entries).await {
        Ok(()) => true,
        Err(error) => {
            job.fail(error);
            false
        }
    }
}
