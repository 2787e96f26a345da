//! Signed requests are taken once: one that was seen on its way must not be good a second time.
//!
//! In memory alone. A challenge from before this server's start is not taken here, so that a start
//! forgets nothing. Two servers do not tell each other: at the other one a request is good once
//! more, as long as its challenge is.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use sync_core::{
    id::DeviceId,
    instant::{Instant, Span},
};

use crate::nouns::Refusal;

/// How long a challenge is good.
pub const GOOD_FOR: Span = Span::from_mins(5);
/// By how much the clocks of two servers of one practice may differ.
const SKEW: Span = Span::from_secs(5);
/// How many requests of a device are remembered, and so taken, within that time: more than its door lets in.
const REMEMBERED: usize = 8_192;
/// How many devices are remembered before those that have rested are forgotten.
const DEVICES: usize = 1_024;

/// What was taken lately.
pub struct Once(Mutex<Taken>);

struct Taken {
    /// Since when what was taken is remembered.
    since: Instant,
    /// Of each device: until when each is remembered.
    devices: HashMap<DeviceId, VecDeque<(Instant, [u8; 8])>>,
    /// At how many devices to look for those that have rested.
    sweep_at: usize,
}

impl Once {
    /// Nothing was taken yet.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self(Mutex::new(Taken { since: now, devices: HashMap::new(), sweep_at: DEVICES }))
    }

    /// Whether a challenge that was made then is good now.
    pub fn is_good(&self, made_at: Instant, now: Instant) -> bool {
        let mut taken = self.lock();
        // A clock that was set back must not shut out everybody until it has come so far again.
        taken.since = taken.since.min(now);
        made_at >= taken.since && made_at <= now + SKEW && now < made_at + GOOD_FOR
    }

    /// Takes a device's request, known by a digest, over a challenge that was made then.
    ///
    /// # Errors
    /// [`Refusal::SignatureInvalid`] if it was taken before; [`Refusal::TooManyRequests`] if the device has asked as often
    /// as is remembered.
    pub fn take(
        &self,
        device: DeviceId,
        digest: [u8; 8],
        made_at: Instant,
        now: Instant,
    ) -> Result<(), Refusal> {
        let mut taken = self.lock();
        if taken.devices.len() >= taken.sweep_at {
            taken.devices.retain(|_, requests| requests.iter().any(|(until, _)| *until > now));
            taken.sweep_at = DEVICES.max(2 * taken.devices.len());
        }
        let requests = taken.devices.entry(device).or_default();
        requests.retain(|(until, _)| *until > now);
        if requests.iter().any(|(_, known)| *known == digest) {
            return Err(Refusal::SignatureInvalid);
        }
        if requests.len() >= REMEMBERED {
            return Err(Refusal::TooManyRequests { after_secs: 60 });
        }
        requests.push_back((made_at + GOOD_FOR, digest));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Instant = Instant::from_millis(1_000_000_000_000);

    fn device(n: u8) -> DeviceId {
        DeviceId::from_bytes([n; 16])
    }

    #[test]
    fn a_request_is_taken_once_from_a_device() {
        let once = Once::new(NOON);
        once.take(device(1), [1; 8], NOON, NOON).unwrap();
        assert!(matches!(once.take(device(1), [1; 8], NOON, NOON), Err(Refusal::SignatureInvalid)));
        once.take(device(1), [2; 8], NOON, NOON).unwrap();
        once.take(device(2), [1; 8], NOON, NOON).unwrap();
        let late = NOON + GOOD_FOR - Span::from_millis(1);
        assert!(matches!(once.take(device(1), [1; 8], NOON, late), Err(Refusal::SignatureInvalid)));
    }

    #[test]
    fn room_is_made_by_devices_that_have_rested_and_by_no_other() {
        let once = Once::new(NOON);
        let of = |n: usize| DeviceId::from_bytes((n as u128).to_be_bytes());
        for n in 0..DEVICES - 1 {
            once.take(of(n), [1; 8], NOON, NOON).unwrap();
        }
        let later = NOON + Span::from_mins(1);
        once.take(of(DEVICES), [1; 8], later, later).unwrap();
        let end = NOON + GOOD_FOR;
        once.take(of(DEVICES + 1), [1; 8], end, end).unwrap();
        assert!(matches!(once.take(of(DEVICES), [1; 8], later, end), Err(Refusal::SignatureInvalid)));
        assert_eq!(once.lock().devices.len(), 2, "all others have rested");
    }

    #[test]
    fn a_challenge_is_good_for_minutes_and_not_from_before_the_start() {
        let once = Once::new(NOON);
        let before = Span::from_millis(1);
        assert!(once.is_good(NOON, NOON));
        assert!(once.is_good(NOON, NOON + GOOD_FOR - before));
        assert!(!once.is_good(NOON, NOON + GOOD_FOR));
        assert!(!once.is_good(NOON - before, NOON));
        assert!(once.is_good(NOON + SKEW, NOON), "another server's");
        assert!(!once.is_good(NOON + SKEW + before, NOON));
        let set_back = NOON - Span::from_hours(1);
        assert!(once.is_good(set_back, set_back), "a clock that was set back");
    }

    #[test]
    fn a_device_that_asks_too_much_is_refused_alone_and_memory_is_bounded() {
        let once = Once::new(NOON);
        let digest = |n: usize| u64::try_from(n).unwrap().to_be_bytes();
        for n in 0..REMEMBERED {
            once.take(device(1), digest(n), NOON, NOON).unwrap();
        }
        let refused = once.take(device(1), digest(REMEMBERED), NOON, NOON);
        assert!(matches!(refused, Err(Refusal::TooManyRequests { .. })));
        once.take(device(2), digest(0), NOON, NOON).unwrap();
        once.take(device(1), digest(0), NOON + GOOD_FOR, NOON + GOOD_FOR).unwrap();
        for n in 0..4 * DEVICES {
            let device = DeviceId::from_bytes(u128::try_from(n).unwrap().to_be_bytes());
            let now = NOON + Span::from_hours(1 + u64::try_from(n).unwrap());
            once.take(device, [0; 8], now, now).unwrap();
        }
        assert!(once.lock().devices.len() <= DEVICES + 1);
    }
}
