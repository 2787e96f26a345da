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
    time::timeout,
};

use super::{
    Destination,
    job::{Job, Turn},
    queue::Queue,
};
use crate::{
    ledger::{Fact, LedgerError},
    store::{
        StoreError, Tx, audit,
        ledger_positions::{self, Positions},
    },
};

/// How many transactions run at a time where the database allows several. Less than its pool has connections: readers
/// want some.
const AT_A_TIME: usize = 12;

/// How long one piece of work may take before it and its group are rolled back.
const WORK_LIMIT: Duration = Duration::from_secs(20);

/// Whether a transaction looks first if the database has the ledger's end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Yes,
    /// It is the comparison itself.
    No,
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

    async fn run_in_groups(self, mut queue: Queue) {
        while let Some(group) = queue.next_group().await {
            self.commit(group).await;
        }
    }

    async fn run_side_by_side(self: Arc<Self>, mut queue: Queue) {
        let permits = Arc::new(Semaphore::new(AT_A_TIME));
        // The permit first, then the work: what restricts may still come before what has been waiting.
        while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
            let Some(job) = queue.next().await else { break };
            let writer = Arc::clone(&self);
            tokio::spawn(async move {
                writer.commit(vec![job]).await;
                drop(permit);
            });
        }
        // Whoever closes the committer waits for what is still running.
        let _ = permits.acquire_many(u32::try_from(AT_A_TIME).unwrap_or(u32::MAX)).await;
    }

    /// Commits a group and answers its callers.
    async fn commit(&self, mut group: Vec<Box<dyn Job>>) {
        let alone = group.iter().any(|job| job.turn() == Turn::Alone);
        if let Err(error) = self.commit_in_turn(&mut group, alone).await {
            tracing::error!(%error, jobs = group.len(), "nothing of a group was committed, or nobody knows");
            for job in &mut group {
                job.fail(error.again());
            }
        }
        group.into_iter().for_each(Job::answer);
    }

    async fn commit_in_turn(&self, group: &mut [Box<dyn Job>], alone: bool) -> Result<(), StoreError> {
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
    async fn transact(&self, group: &mut [Box<dyn Job>], look: Look) -> Result<bool, StoreError> {
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
        for job in group.iter_mut() {
            if savepoints {
                tx.run("SAVEPOINT work").await?;
            }
            // Work that runs out of time leaves a statement unfinished: then nothing of the transaction can be trusted.
            let done = timeout(WORK_LIMIT, job.run(&mut tx)).await.map_err(|_| StoreError::RolledBack)?;
            let done = done && write_audit(&mut tx, job.as_mut()).await;
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
        let Destination { db, ledger, server, replay, .. } = &self.to;
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
        audit::write(&mut tx, entries).await?;
        ledger_positions::put(&mut tx, server, reading.end).await?;
        tx.commit().await?;
        self.behind.store(false, Ordering::SeqCst);
        tracing::warn!(lines = reading.lines.len(), "the ledger's end was replayed");
        Ok(())
    }
}

async fn write_audit(tx: &mut Tx, job: &mut dyn Job) -> bool {
    let entries = std::mem::take(&mut tx.pending.audit);
    match audit::write(tx, entries).await {
        Ok(()) => true,
        Err(error) => {
            job.fail(error);
            false
        }
    }
}
