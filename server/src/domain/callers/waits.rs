//! How long a network waits after failed sign-ins for one address: the delay grows, and nothing is locked.
//!
//! A lock for all would let any stranger who knows an e-mail address keep its owner out. So each
//! network has tries of its own for each address. Five are free; then it waits one second, two,
//! four, up to a quarter of an hour. Addresses of no member of staff are counted alike, so that a
//! wait tells nothing.
//!
//! The counts are in memory, and bounded. A restart or a flood from many networks forgets them. The
//! tries of all networks together for one person are counted in the database (`sign_in/askers.rs`).

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use sync_core::instant::{Instant, Span};

use crate::nouns::Refusal;

/// How many tries are free.
pub const FREE: i64 = 5;
/// The longest wait.
pub const WAIT_MAX: Span = Span::from_mins(15);
/// How long failures of a network are remembered after the newest.
const REMEMBERED_FOR: Span = Span::from_days(1);
/// How many pairs of address and network are remembered.
const REMEMBERED_MAX: usize = 65_536;

/// The failures of networks. A clone is another handle to the same.
#[derive(Clone, Default)]
pub struct Waits(Arc<Mutex<HashMap<Asked, Failures>>>);

/// Who is asked for, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The keyed hash of the e-mail address.
    pub login_tag: [u8; 32],
    /// The network.
    pub network: IpAddr,
}

struct Failures {
    count: i64,
    at: Instant,
}

impl Waits {
    /// Counts a try as failed before it is looked at, so that many at once are counted one after the other; gives how many
    /// there are now. A try that succeeds is forgotten with all before it.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] while the network waits.
    pub fn begin(&self, asked: Asked, now: Instant) -> Result<i64, Refusal> {
        let mut known = self.lock();
        make_room(&mut known, now);
        let found = known.entry(asked).or_insert(Failures { count: 0, at: now });
        if now >= found.at + REMEMBERED_FOR {
            found.count = 0;
        }
        check(found.count, found.at, now)?;
        *found = Failures { count: found.count + 1, at: now };
        Ok(found.count)
    }

    /// Takes a try back that the server could not look at.
    pub fn take_back(&self, asked: &Asked) {
        if let Some(found) = self.lock().get_mut(asked) {
            found.count -= 1;
        }
    }

    /// Forgets the failures of a network whose person has signed in from there.
    pub fn forget(&self, asked: &Asked) {
        self.lock().remove(asked);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Asked, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets a try through if so many failures, the newest at an instant, have been waited for.
///
/// # Errors
/// [`Refusal::TooManyRequests`].
pub fn check(failures: i64, newest: Instant, now: Instant) -> Result<(), Refusal> {
    let left = (newest + wait_after(failures)).since(now).as_millis();
    // A failure that has not been yet was before the clock was set back: nobody waits for as long as it was ahead.
    if left == 0 || newest > now {
        return Ok(());
    }
    Err(Refusal::TooManyRequests { after_secs: u32::try_from(left.div_ceil(1_000)).unwrap_or(u32::MAX) })
}

fn wait_after(failures: i64) -> Span {
    let Ok(doublings) = u32::try_from(failures - FREE) else { return Span::from_millis(0) };
    let secs = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    Span::from_secs(secs.min(WAIT_MAX.as_millis() / 1_000))
}

/// A flood is forgotten in the order of its worth: first what is old, then those who have tries left, then all.
fn make_room(known: &mut HashMap<Asked, Failures>, now: Instant) {
    if known.len() < REMEMBERED_MAX {
        return;
    }
    known.retain(|_, failures| now < failures.at + REMEMBERED_FOR);
    if known.len() >= REMEMBERED_MAX {
        known.retain(|_, failures| failures.count >= FREE);
    }
    if known.len() >= REMEMBERED_MAX {
        known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_millis(1_800_000_000_000);

    fn asked(address: u8, network: u32) -> Asked {
        Asked { login_tag: [address; 32], network: IpAddr::from(network.to_be_bytes()) }
    }

    fn wait(waits: &Waits, asked: Asked, now: Instant) -> u32 {
        match waits.begin(asked, now) {
            Ok(_) => 0,
            Err(Refusal::TooManyRequests { after_secs }) => after_secs,
            Err(refusal) => panic!("{refusal}"),
        }
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_nobody_waiting() {
        let early = START - Span::from_hours(5);
        assert!(check(50, START, START).is_err());
        assert!(check(50, START, early).is_ok());
        // The next failure is one of now.
        assert!(check(51, early, early).is_err());
    }

    #[test]
    fn five_tries_are_free_and_then_each_failure_doubles_the_wait() {
        let (waits, ada) = (Waits::default(), asked(1, 1));
        let mut now = START;
        for _ in 0..FREE {
            assert_eq!(wait(&waits, ada, now), 0);
        }
        for secs in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
            assert_eq!(wait(&waits, ada, now), secs, "a try that waits is not counted");
            assert_eq!(wait(&waits, ada, now), secs);
            now = now + Span::from_secs(u64::from(secs));
            assert_eq!(wait(&waits, ada, now), 0);
        }
        assert_eq!(wait(&waits, asked(1, 2), now), 0, "another network has tries of its own");
        assert_eq!(wait(&waits, asked(2, 1), now), 0, "another address, too");
        assert_eq!(wait(&waits, ada, now + REMEMBERED_FOR), 0);
        assert_eq!(wait(&waits, ada, now + REMEMBERED_FOR), 0, "a day later all is forgotten");
    }

    #[test]
    fn a_success_forgets_and_what_could_not_be_looked_at_is_not_counted() {
        let (waits, ada) = (Waits::default(), asked(1, 1));
        for _ in 0..20 {
            assert_eq!(wait(&waits, ada, START), 0);
            waits.take_back(&ada);
        }
        for _ in 0..FREE {
            assert_eq!(wait(&waits, ada, START), 0);
        }
        assert_eq!(wait(&waits, ada, START), 1);
        waits.forget(&ada);
        assert_eq!(wait(&waits, ada, START), 0);
    }

    #[test]
    fn a_flood_takes_a_bounded_memory_and_first_forgets_those_who_do_not_wait() {
        let waits = Waits::default();
        for _ in 0..FREE {
            assert_eq!(wait(&waits, asked(1, 0), START), 0);
        }
        for network in 1..100_000 {
            assert_eq!(wait(&waits, asked(1, network), START), 0);
            assert!(waits.lock().len() <= REMEMBERED_MAX);
        }
        assert_eq!(wait(&waits, asked(1, 0), START), 1);
    }
}
