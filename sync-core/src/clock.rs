//! Trusted time: a clock that cannot be turned back.
//!
//! A device knows three times: its wall clock, which any person can set; a monotonic clock, which starts anew with each
//! run; and the instants that the server signed. It keeps the highest instant that it ever trusted (the *floor*). A clock behind the
//! floor by more than [`TOLERANCE`] needs contact before anything plays. Only a signed answer to the device's own fresh
//! nonce can lower the floor.
//!
//! ```
//! use sync_core::{clock::{Clock, Now, Reading}, instant::{Instant, Span}};
//! let noon = Instant::from_millis(1_800_000_000_000);
//! let mut clock = Clock::default();
//! let reading = |wall, mono| Reading { wall, mono: Span::from_mins(mono) };
//! assert_eq!(clock.now(reading(noon, 0)), Now::NeedsContact);
//! clock.contact(noon, Span::from_millis(40), reading(noon, 0)).unwrap();
//! // The wall clock is set back a day: the monotonic clock still counts.
//! let Now::Trusted(now) = clock.now(reading(noon - Span::from_days(1), 30)) else { panic!() };
//! assert_eq!(now, noon + Span::from_mins(30) + Span::from_millis(40));
//! ```

use thiserror::Error;

use crate::{
    cbor::{CborError, Map},
    instant::{Instant, Span},
};

/// How far behind the floor a clock may be before it needs contact.
pub const TOLERANCE: Span = Span::from_secs(120);
/// How long a round trip may take for its answer to set the clock.
pub const MAX_ROUND_TRIP: Span = Span::from_secs(60);
/// How far the floor advances before it is worth persisting.
pub const PERSIST_STEP: Span = Span::from_secs(30);

/// What the machine's clocks say at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock.
    pub wall: Instant,
    /// Time since this run of the process began.
    pub mono: Span,
}

/// What time it is, if that can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// It is this instant or later.
    Trusted(Instant),
    /// The clock is behind what was seen before, or the server was never heard: nothing plays.
    NeedsContact,
}

/// A device's trusted clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock {
    floor: Option<Instant>,
    offset: Option<i64>,
    persisted_floor: Option<Instant>,
    /// Trusted time at a monotonic reading; lives one run.
    anchor: Option<(Instant, Span)>,
}

/// An answer that took too long to set the clock by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the answer took too long to set the clock by")]
pub struct TooSlow;

impl Clock {
    /// Takes up what an earlier run persisted.
    ///
    /// # Errors
    /// [`CborError`] when the bytes are not what [`Clock::persist`] wrote.
    pub fn restore(bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = Map::read(bytes)?;
        let floor = map.instant("floor")?;
        let offset = map.integer("offset")?;
        map.end()?;
        Ok(Self { floor: Some(floor), offset: Some(offset), persisted_floor: Some(floor), anchor: None })
    }

    /// What must survive this run; none before the first contact.
    pub fn persist(&mut self) -> Option<Vec<u8>> {
        let (floor, offset) = self.floor.zip(self.offset)?;
        self.persisted_floor = Some(floor);
        Some(Map::new().with("floor", floor).with("offset", offset).to_bytes())
    }

    /// Whether the floor has moved far enough to be persisted.
    #[must_use]
    pub fn wants_persisting(&self) -> bool {
        match (self.floor, self.persisted_floor) {
            (Some(floor), Some(persisted)) => floor.since(persisted) >= PERSIST_STEP || floor < persisted,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// Sets the clock by a signed answer to this device's outstanding nonce. This alone can lower the floor.
    ///
    /// # Errors
    /// [`TooSlow`] when the round trip took longer than [`MAX_ROUND_TRIP`]: the clock stays as it was.
    pub fn contact(&mut self, server: Instant, round_trip: Span, reading: Reading) -> Result<(), TooSlow> {
        if round_trip > MAX_ROUND_TRIP {
            return Err(TooSlow);
        }
        let now = server + round_trip;
        self.floor = Some(now);
        self.offset = Some(now.as_millis().saturating_sub(reading.wall.as_millis()));
        self.anchor = Some((now, reading.mono));
        Ok(())
    }

    /// The trusted instant; raises the floor to it.
    pub fn now(&mut self, reading: Reading) -> Now {
        let (Some(floor), Some(offset)) = (self.floor, self.offset) else { return Now::NeedsContact };
        let by_wall = Instant::from_millis(reading.wall.as_millis().saturating_add(offset));
        let by_mono = self.anchor.map(|(at, mono)| at + reading.mono.saturating_sub(mono));
        let now = by_mono.map_or(by_wall, |by_mono| by_mono.max(by_wall));
        if now < floor - TOLERANCE {
            return Now::NeedsContact;
        }
        let now = now.max(floor);
        self.floor = Some(now);
        if self.anchor.is_none() {
            self.anchor = Some((now, reading.mono));
        }
        Now::Trusted(now)
    }

    /// The highest instant ever trusted.
    #[must_use]
    pub fn floor(&self) -> Option<Instant> {
        self.floor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Instant = Instant::from_millis(1_800_000_000_000);

    fn reading(wall: Instant, mono: Span) -> Reading {
        Reading { wall, mono }
    }

    fn in_contact() -> Clock {
        let mut clock = Clock::default();
        clock.contact(T, Span::ZERO, reading(T, Span::ZERO)).unwrap();
        clock
    }

    fn restarted(clock: &mut Clock) -> Clock {
        Clock::restore(&clock.persist().unwrap()).unwrap()
    }

    #[test]
    fn i10_time_cannot_be_turned_back() {
        let mut clock = in_contact();
        assert_eq!(
            clock.now(reading(T + Span::from_hours(5), Span::from_hours(5))),
            Now::Trusted(T + Span::from_hours(5))
        );
        let mut clock = restarted(&mut clock);
        // After a restart the monotonic clock knows nothing, and the wall clock was set back.
        assert_eq!(clock.now(reading(T + Span::from_hours(4), Span::ZERO)), Now::NeedsContact);
        // Within the tolerance the floor counts.
        let nearly = T + Span::from_hours(5) - Span::from_secs(120);
        assert_eq!(clock.now(reading(nearly, Span::ZERO)), Now::Trusted(T + Span::from_hours(5)));
    }

    #[test]
    fn a_wall_clock_set_back_within_a_run_gains_nothing() {
        let mut clock = in_contact();
        let now = clock.now(reading(T - Span::from_days(9), Span::from_hours(2)));
        assert_eq!(now, Now::Trusted(T + Span::from_hours(2)));
    }

    #[test]
    fn a_clock_ahead_ends_early_and_contact_repairs_it() {
        let mut clock = in_contact();
        let ahead = T + Span::from_days(30);
        assert_eq!(clock.now(reading(ahead, Span::from_mins(1))), Now::Trusted(ahead));
        clock.contact(T + Span::from_mins(2), Span::ZERO, reading(ahead, Span::from_mins(2))).unwrap();
        let later = clock.now(reading(ahead + Span::from_mins(1), Span::from_mins(3)));
        assert_eq!(later, Now::Trusted(T + Span::from_mins(3)));
    }

    #[test]
    fn a_slow_answer_sets_nothing() {
        let mut clock = in_contact();
        let before = clock.clone();
        let slow = clock.contact(T - Span::from_days(1), Span::from_secs(61), reading(T, Span::ZERO));
        assert_eq!(slow, Err(TooSlow));
        assert_eq!(clock, before);
    }

    #[test]
    fn the_slowest_answer_that_counts_sets_the_clock_to_when_it_came() {
        let mut clock = Clock::default();
        clock.contact(T, Span::from_secs(60), reading(T, Span::ZERO)).unwrap();
        assert_eq!(clock.floor(), Some(T + Span::from_secs(60)));
        assert_eq!(clock.now(reading(T, Span::ZERO)), Now::Trusted(T + Span::from_secs(60)));
    }

    #[test]
    fn the_floor_is_persisted_when_it_has_moved_by_half_a_minute_or_been_lowered() {
        let mut clock = Clock::default();
        assert!(!clock.wants_persisting(), "there is nothing to persist");
        clock.contact(T, Span::ZERO, reading(T, Span::ZERO)).unwrap();
        assert!(clock.wants_persisting(), "nothing is persisted yet");
        clock.persist();
        assert!(!clock.wants_persisting());
        for (secs, wants) in [(29, false), (30, true)] {
            clock.now(reading(T, Span::from_secs(secs)));
            assert_eq!(clock.wants_persisting(), wants, "after {secs} s");
        }
        clock.persist();
        assert!(!clock.wants_persisting());
        clock.contact(T, Span::ZERO, reading(T, Span::from_secs(31))).unwrap();
        assert!(clock.wants_persisting(), "contact has lowered it");
    }

    #[test]
    fn without_contact_nothing_is_trusted() {
        assert_eq!(Clock::default().now(reading(T, Span::ZERO)), Now::NeedsContact);
    }
}
