//! The door: it counts the requests of each token that are under way, and that came lately.
//!
//! It stands before a request's body, signatures and database. A caller who is turned away there
//! has cost a hash and a look into a map. Each token has a door of its own, so that a phone that
//! asks too much keeps only itself waiting.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::nouns::Refusal;

/// How many requests of one token are answered at a time: what a browser asks at once on one connection.
const AT_A_TIME: u32 = 16;
/// How many requests a token has at once, after a rest.
const BURST: u32 = 1_200;
/// After which time a token has one more.
const REFILL: Duration = Duration::from_millis(50);
/// How long a caller with too many requests under way is told to wait, in seconds.
const WAIT_SECS: u32 = 1;
/// How many tokens are remembered before those that have rested are forgotten.
const REMEMBERED: usize = 4_096;

/// The door for callers with tokens.
#[derive(Default)]
pub struct Door {
    callers: Mutex<HashMap<[u8; 32], Caller>>,
}

#[derive(Clone, Copy)]
struct Caller {
    under_way: u32,
    /// When nothing is missing from what it may ask at once.
    rested_at: Instant,
}

/// A request's turn, until it is dropped. It goes with the work, which a caller who hangs up does not end.
pub struct Turn {
    door: Arc<Door>,
    token: [u8; 32],
}

impl Door {
    /// Takes a turn for the token with this hash.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] if the token has as many requests under way as may be, or has asked too often.
    pub fn enter(self: &Arc<Self>, token: [u8; 32]) -> Result<Turn, Refusal> {
        // Not the time of day: a clock that is set back would shut everybody out.
        let now = Instant::now();
        let mut callers = self.lock();
        if callers.len() >= REMEMBERED {
            callers.retain(|_, caller| caller.under_way > 0 || caller.rested_at > now);
        }
        let caller = callers.entry(token).or_insert(Caller { under_way: 0, rested_at: now });
        if caller.under_way >= AT_A_TIME {
            return Err(Refusal::TooManyRequests { after_secs: WAIT_SECS });
        }
        let rested_at = caller.rested_at.max(now) + REFILL;
        if rested_at - now > REFILL * BURST {
            return Err(Refusal::TooManyRequests { after_secs: WAIT_SECS });
        }
        *caller = Caller { under_way: caller.under_way + 1, rested_at };
        Ok(Turn { door: Arc::clone(self), token })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Caller>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(caller) = self.door.lock().get_mut(&self.token) {
            caller.under_way -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_has_so_many_turns_at_a_time_and_others_have_their_own() {
        let door = Arc::<Door>::default();
        let mut taken: Vec<_> = (0..AT_A_TIME).map(|_| door.enter([1; 32]).ok().unwrap()).collect();
        let refused = door.enter([1; 32]).err();
        assert!(matches!(refused, Some(Refusal::TooManyRequests { after_secs: 1 })));
        assert!(door.enter([2; 32]).is_ok());
        taken.pop();
        assert!(door.enter([1; 32]).is_ok(), "a turn comes back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_asks_too_often_waits_and_then_may_again() {
        let door = Arc::<Door>::default();
        for _ in 0..BURST {
            drop(door.enter([1; 32]).ok().unwrap());
        }
        assert!(matches!(door.enter([1; 32]).err(), Some(Refusal::TooManyRequests { after_secs: 1 })));
        assert!(door.enter([2; 32]).is_ok());
        time::advance(REFILL).await;
        assert!(door.enter([1; 32]).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_that_have_rested_are_forgotten() {
        let door = Arc::<Door>::default();
        for n in 0..2 * REMEMBERED as u64 {
            let token = [&[0; 24][..], &n.to_be_bytes()].concat().try_into().unwrap();
            drop(door.enter(token));
            time::advance(2 * REFILL).await;
        }
        assert!(door.lock().len() <= REMEMBERED);
    }
}
