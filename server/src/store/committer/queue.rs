//! The queue between callers and the committer's task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    job::{Job, Turn},
    lanes::Lanes,
};
use crate::turns::Payer;

/// Work that waits to be committed. Clones share it.
#[derive(Clone)]
pub(super) struct Queue {
    shared: Arc<Shared>,
    stop: CancellationToken,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    lanes: Lanes,
    is_closed: bool,
}

/// Work whose turn has come.
pub(super) struct Next {
    pub(super) job: Box<dyn Job>,
    /// Dropped when the work is done, whatever became of it: until then its payer has no other under way.
    pub(super) service: Service,
}

/// The time in which a payer is served.
pub(super) struct Service {
    queue: Queue,
    turn: Turn,
    payer: Payer,
    began: Instant,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.queue.lock().lanes.done(self.turn, self.payer, self.began.elapsed());
        self.queue.shared.changed.notify_waiters();
    }
}

impl Queue {
    /// An empty queue. Once `stop` is cancelled it takes no more.
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { shared: Arc::default(), stop }
    }

    /// Lets work wait; gives it back if the queue is closed, or its payer has as much waiting as may be.
    pub(super) fn push(&self, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        let mut waiting = self.lock();
        if waiting.is_closed || self.stop.is_cancelled() {
            return Err(job);
        }
        waiting.lanes.push(job)?;
        drop(waiting);
        self.shared.changed.notify_waiters();
        Ok(())
    }

    /// Waits for the next piece of work; `None` when there will be no more.
    pub(super) async fn next(&self) -> Option<Next> {
        self.wait_for(Lanes::pop).await
    }

    /// Waits for the next thing that staff take away; `None` when there will be no more.
    pub(super) async fn next_of_staff(&self) -> Option<Next> {
        self.wait_for(Lanes::pop_staff).await
    }

    /// Work that waits now and may share a transaction.
    pub(super) fn also(&self) -> Option<Next> {
        let job = self.lock().lanes.pop_shared();
        job.map(|job| self.serve(job))
    }

    async fn wait_for(&self, pop: fn(&mut Lanes) -> Option<Box<dyn Job>>) -> Option<Next> {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            // Before the lanes are looked at: what comes in between is told.
            changed.as_mut().enable();
            let (job, is_closed) = {
                let mut waiting = self.lock();
                waiting.is_closed |= self.stop.is_cancelled();
                (pop(&mut waiting.lanes), waiting.is_closed)
            };
            if let Some(job) = job {
                return Some(self.serve(job));
            }
            if is_closed && self.lock().lanes.is_empty() {
                return None;
            }
            tokio::select! {
                () = changed => {}
                () = self.stop.cancelled(), if !is_closed => {}
            }
        }
    }

    fn serve(&self, job: Box<dyn Job>) -> Next {
        let service =
            Service { queue: self.clone(), turn: job.turn(), payer: job.payer(), began: Instant::now() };
        Next { job, service }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
