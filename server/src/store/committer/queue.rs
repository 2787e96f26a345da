//! The queue of work to be committed: restrictions before grants.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::job::{Job, Turn};

/// How many pieces of work share one transaction, and one disk flush, at most.
const GROUP: usize = 256;

pub(super) struct Queue {
    restrictions: mpsc::UnboundedReceiver<Box<dyn Job>>,
    grants: mpsc::Receiver<Box<dyn Job>>,
    stop: CancellationToken,
    /// Work that came while a group was gathered and cannot be in it.
    next: Option<Box<dyn Job>>,
}

impl Queue {
    pub(super) const fn new(
        restrictions: mpsc::UnboundedReceiver<Box<dyn Job>>,
        grants: mpsc::Receiver<Box<dyn Job>>,
        stop: CancellationToken,
    ) -> Self {
        Self { restrictions, grants, stop, next: None }
    }

    /// Waits for the next piece of work; `None` when there will be no more.
    pub(super) async fn next(&mut self) -> Option<Box<dyn Job>> {
        if let Some(job) = self.next.take() {
            return Some(job);
        }
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled(), if !self.restrictions.is_closed() => {
                    self.restrictions.close();
                    self.grants.close();
                }
                Some(job) = self.restrictions.recv() => return Some(job),
                Some(job) = self.grants.recv() => return Some(job),
                else => return None,
            }
        }
    }

    /// Waits for work, and takes what else is waiting: work that may share a transaction, in the order to do it.
    pub(super) async fn next_group(&mut self) -> Option<Vec<Box<dyn Job>>> {
        let mut group = vec![self.next().await?];
        if group.iter().any(|job| job.turn() == Turn::Alone) {
            return Some(group);
        }
        while group.len() < GROUP
            && let Ok(job) = self.restrictions.try_recv()
        {
            if job.turn() == Turn::Alone {
                self.next = Some(job);
                break;
            }
            group.push(job);
        }
        while group.len() < GROUP
            && let Ok(job) = self.grants.try_recv()
        {
            group.push(job);
        }
        // Stable: within an urgency, first come is first served.
        group.sort_by_key(|job| job.turn());
        Some(group)
    }
}
