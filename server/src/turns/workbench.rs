//! The workbench: heavy work on a thread of its own, a few pieces at a time, and payers take turns.
//!
//! Documents that have grown are opened here, and signatures are checked. Such work must not take
//! every core or much memory at once, and a caller who brings a lot of it must not keep others from
//! it.
//!
//! **Hazard: do not wait for a seat inside of a transaction.** The writer would wait for the
//! workbench, and every caller for the writer.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::oneshot, task, time::Instant};

use super::{Lane, Payer};
use crate::nouns::Refusal;

/// How long a payer with too much waiting is told to wait, in seconds.
const WAIT_SECS: u32 = 1;

/// Seats for heavy work. Clones share them.
#[derive(Clone)]
pub struct Workbench {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    free: usize,
    lane: Lane<oneshot::Sender<Seat>>,
}

/// A seat at the workbench, until it is dropped.
pub struct Seat {
    bench: Workbench,
    payer: Payer,
    began: Instant,
}

impl Workbench {
    /// A workbench with so many seats.
    #[must_use]
    pub fn new(seats: usize) -> Self {
        Self { shared: Arc::new(Mutex::new(Shared { free: seats, lane: Lane::default() })) }
    }

    /// Does heavy work for a payer, on a thread that may block, when their turn has come.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] if the payer has as much waiting as may be; [`Refusal::Unavailable`] if the work
    /// panicked.
    pub async fn work<T: Send + 'static>(
        &self,
        payer: Payer,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let seat = self.seat(payer).await?;
        let worked = task::spawn_blocking(move || {
            // The seat goes with the work, which a caller who hangs up does not end.
            let _seat = seat;
            work()
        });
        worked.await.map_err(|_| Refusal::Unavailable)
    }

    /// Waits for a seat.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] if the payer has as much waiting as may be.
    pub async fn seat(&self, payer: Payer) -> Result<Seat, Refusal> {
        let (give, given) = oneshot::channel();
        let pushed = self.lock().lane.push(payer, give);
        pushed.map_err(|_| Refusal::TooManyRequests { after_secs: WAIT_SECS })?;
        self.hand_out();
        given.await.map_err(|_| Refusal::Unavailable)
    }

    /// Gives free seats to those whose turn it is. A caller who has gone is passed over.
    fn hand_out(&self) {
        loop {
            let (payer, caller) = {
                let mut shared = self.lock();
                if shared.free == 0 {
                    return;
                }
                let Some(next) = shared.lane.pop() else { return };
                shared.free -= 1;
                next
            };
            let seat = Seat { bench: self.clone(), payer, began: Instant::now() };
            if let Err(seat) = caller.send(seat) {
                seat.give_back();
                // Not dropped: that would hand out from within, as deep as callers have gone.
                mem::forget(seat);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn give_back(&self) {
        let mut shared = self.bench.lock();
        shared.free += 1;
        shared.lane.done(self.payer, self.began.elapsed());
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.give_back();
        self.bench.hand_out();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::{FutureExt, future::join_all};
    use sync_core::id::ClientId;
    use tokio::time;

    use super::*;

    fn client(n: u8) -> Payer {
        Payer::Client(ClientId::from_bytes([n; 16]))
    }

    #[tokio::test(start_paused = true)]
    async fn a_payer_with_little_waits_for_no_more_than_what_is_under_way() {
        let bench = Workbench::new(1);
        let order = Arc::new(Mutex::new(Vec::new()));
        let work = |payer: u8, took: u64| {
            let (bench, order) = (bench.clone(), Arc::clone(&order));
            async move {
                let seat = bench.seat(client(payer)).await.unwrap();
                time::sleep(Duration::from_secs(took)).await;
                order.lock().unwrap().push(payer);
                drop(seat);
            }
        };
        let late = async {
            time::sleep(Duration::from_millis(1)).await;
            work(2, 1).await;
        };
        let hostile: Vec<_> = (0..10).map(|_| work(1, 10)).collect();
        tokio::join!(join_all(hostile), late);
        assert_eq!(order.lock().unwrap()[..3], [1, 2, 1]);
    }

    #[tokio::test]
    async fn a_caller_who_has_gone_keeps_no_seat() {
        let bench = Workbench::new(1);
        let seat = bench.seat(client(1)).await.unwrap();
        let mut gone: Vec<_> = (2..50).map(|n| Box::pin(bench.seat(client(n)))).collect();
        for waiting in &mut gone {
            assert!(waiting.as_mut().now_or_never().is_none());
        }
        drop(gone);
        drop(seat);
        assert!(bench.seat(client(1)).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_payer_with_too_much_waiting_is_refused_alone() {
        let bench = Workbench::new(1);
        let _seat = bench.seat(client(9)).await.unwrap();
        let mut waiting: Vec<_> = (0..64).map(|_| Box::pin(bench.seat(client(1)))).collect();
        for waiting in &mut waiting {
            assert!(waiting.as_mut().now_or_never().is_none());
        }
        let refused = bench.seat(client(1)).now_or_never().unwrap();
        assert!(matches!(refused, Err(Refusal::TooManyRequests { after_secs: 1 })));
        assert!(bench.seat(client(2)).now_or_never().is_none(), "another one waits for a seat");
    }
}
