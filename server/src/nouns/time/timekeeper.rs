//! The instant that the server trusts, kept beside the clocks that may be wrong.
//!
//! A clock that leaps must neither end a release for good nor let one play beyond its end. So the
//! server counts the time since its start by a counter that no one sets, and only follows the
//! machine's clock, or on PostgreSQL the database's, in small steps:
//!
//! | the clock, beside the time that is kept | |
//! |---|---|
//! | within a minute | it is followed |
//! | ahead, and a second clock says the same | it is followed: the computer was asleep |
//! | ahead by an hour at most, for a minute | it is followed: its keeper has set it right |
//! | anything else | doubt, until the two agree: time goes on by the counter |
//!
//! At the start there is no counter yet. The newest instant on record, of ledger and audit, is the
//! least that it can be: a clock before that is not believed. A clock far ahead of it needs a second
//! one that agrees, or the operator's word (`refrain serve --clock-is-right`). A server with SQLite
//! has no second one: it believes its clock for as long as a practice may be closed.
//!
//! In doubt nothing is given, and nothing is ended by its date alone.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sync_core::instant::{Instant, Span};

/// Clocks that are no further apart agree.
const AGREE: Span = Span::from_mins(1);
/// No single clock is believed that leaps ahead by more.
const LEAP: Span = Span::from_hours(1);
/// How long a smaller leap must last.
const LASTS: Duration = Duration::from_secs(60);
/// How long a server may have been switched off, as far as its own clock is believed.
const CLOSED: Span = Span::from_days(35);

/// What the clocks say at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The counter: time since the computer was started, its sleep included.
    pub counter: Duration,
    /// The machine's clock.
    pub machine: Instant,
    /// The database's clock, where that is another machine's.
    pub database: Option<Instant>,
}

/// Keeps the time.
pub struct Timekeeper(Mutex<Kept>);

struct Kept {
    /// The instant that was trusted at a count.
    instant: Instant,
    counter: Duration,
    /// Only the least that it can be is known.
    is_least: bool,
    /// Since when a clock has been ahead, and by how much.
    leapt: Option<(Duration, Span)>,
    is_in_doubt: bool,
}

impl Timekeeper {
    /// Keeps the machine's time until [`Timekeeper::begin`].
    #[must_use]
    pub const fn new(reading: Reading) -> Self {
        Self(Mutex::new(Kept {
            instant: reading.machine,
            counter: reading.counter,
            is_least: false,
            leapt: None,
            is_in_doubt: false,
        }))
    }

    /// Judges the clocks by the newest instant on record; `is_right` where the operator says so.
    pub fn begin(&self, reading: Reading, newest: Instant, is_right: bool) {
        let mut kept = self.lock();
        if is_right {
            kept.follow(reading, reading.clock());
        } else {
            *kept = Kept {
                instant: newest,
                counter: reading.counter,
                is_least: true,
                leapt: None,
                is_in_doubt: true,
            };
            kept.judge(reading);
        }
    }

    /// Compares the clocks with the time that is kept.
    pub fn observe(&self, reading: Reading) {
        self.lock().judge(reading);
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self, counter: Duration) -> Instant {
        self.lock().at(counter)
    }

    /// Whether the clocks do not agree.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.lock().is_in_doubt
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    /// The clock that is followed: servers on one database must have one.
    fn clock(self) -> Instant {
        self.database.unwrap_or(self.machine)
    }

    /// Whether a second clock says the same.
    fn has_witness(self, within: Span) -> bool {
        self.database.is_some_and(|database| apart(database, self.machine) <= within)
    }
}

impl Kept {
    fn at(&self, counter: Duration) -> Instant {
        let passed = counter.saturating_sub(self.counter);
        self.instant + Span::from_millis(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX))
    }

    fn follow(&mut self, reading: Reading, to: Instant) {
        (self.instant, self.counter) = (to, reading.counter);
        (self.is_least, self.leapt, self.is_in_doubt) = (false, None, false);
    }

    fn judge(&mut self, reading: Reading) {
        let (kept, clock) = (self.at(reading.counter), reading.clock());
        let ahead = clock.since(kept);
        let may_follow = if apart(clock, kept) <= AGREE {
            true
        } else if clock < kept {
            false
        } else if self.is_least {
            ahead <= LEAP || reading.has_witness(LEAP) || (reading.database.is_none() && ahead <= CLOSED)
        } else {
            reading.has_witness(AGREE) || self.lasts(reading.counter, ahead)
        };
        if may_follow {
            self.follow(reading, clock);
        } else {
            self.is_in_doubt = true;
        }
    }

    /// Whether a small leap has lasted, by the same amount.
    fn lasts(&mut self, counter: Duration, ahead: Span) -> bool {
        if ahead > LEAP {
            self.leapt = None;
            return false;
        }
        match self.leapt {
            Some((since, by)) if by.as_millis().abs_diff(ahead.as_millis()) <= AGREE.as_millis() => {
                counter.saturating_sub(since) >= LASTS
            }
            _ => {
                self.leapt = Some((counter, ahead));
                false
            }
        }
    }
}

fn apart(one: Instant, other: Instant) -> Span {
    one.since(other).max(other.since(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_millis(1_800_000_000_000);
    const DAY: i64 = 86_400;

    /// After so many seconds by the counter, with clocks that are so many seconds off.
    fn reading(after: i64, machine_off: i64, database_off: Option<i64>) -> Reading {
        let instant = |off: i64| Instant::from_millis(START.as_millis() + (after + off) * 1_000);
        Reading {
            counter: Duration::from_secs(u64::try_from(1_000_000 + after).unwrap()),
            machine: instant(machine_off),
            database: database_off.map(instant),
        }
    }

    /// How many seconds the time that is kept is off.
    fn off(keeper: &Timekeeper, after: i64) -> i64 {
        let now = keeper.now(reading(after, 0, None).counter);
        (now.as_millis() - START.as_millis()) / 1_000 - after
    }

    fn begun() -> Timekeeper {
        let keeper = Timekeeper::new(reading(0, 0, None));
        keeper.begin(reading(0, 0, None), START, false);
        assert!(!keeper.is_in_doubt());
        keeper
    }

    #[test]
    fn nine_seconds_of_2038_change_nothing() {
        let keeper = begun();
        for after in 1..=9 {
            keeper.observe(reading(after, 4_000 * DAY, None));
            assert!(keeper.is_in_doubt());
            assert_eq!(off(&keeper, after), 0);
        }
        keeper.observe(reading(10, 0, None));
        assert!(!keeper.is_in_doubt());
        assert_eq!(off(&keeper, 10), 0);
    }

    #[test]
    fn a_day_ahead_or_behind_is_not_believed_however_long_it_lasts() {
        for leap in [DAY, -DAY, 2 * 3_600, -120] {
            let keeper = begun();
            for after in [1, 100, 10_000] {
                keeper.observe(reading(after, leap, None));
                assert!(keeper.is_in_doubt() && off(&keeper, after) == 0, "{leap}");
            }
        }
    }

    #[test]
    fn a_clock_that_drifts_is_followed_and_one_that_was_set_right_is_after_a_minute() {
        let keeper = begun();
        for after in 1..=100 {
            keeper.observe(reading(after * 10, after, None));
            assert!(!keeper.is_in_doubt());
        }
        assert_eq!(off(&keeper, 1_000), 100);
        for (after, is_in_doubt) in [(1_001, true), (1_030, true), (1_061, false)] {
            keeper.observe(reading(after, 1_000, None));
            assert_eq!(keeper.is_in_doubt(), is_in_doubt, "{after}");
        }
        assert_eq!(off(&keeper, 1_061), 1_000);
    }

    #[test]
    fn small_leaps_do_not_add_up_to_a_large_one_within_a_minute() {
        let keeper = begun();
        for after in 1..=59 {
            keeper.observe(reading(after, after * 600, None));
        }
        assert_eq!(off(&keeper, 59), 0);
    }

    #[test]
    fn the_databases_clock_is_followed_and_the_machines_may_be_ten_minutes_off() {
        for skew in [600, -600] {
            let keeper = Timekeeper::new(reading(0, skew, None));
            keeper.begin(reading(0, skew, Some(0)), START, false);
            assert!(!keeper.is_in_doubt());
            keeper.observe(reading(5, skew, Some(0)));
            assert!(!keeper.is_in_doubt() && off(&keeper, 5) == 0);
            keeper.observe(reading(6, skew, Some(DAY)));
            assert!(keeper.is_in_doubt() && off(&keeper, 6) == 0, "the database's clock leaps alone");
        }
        // Both have slept through the same night.
        let keeper = Timekeeper::new(reading(0, 0, None));
        keeper.begin(reading(0, 0, Some(0)), START, false);
        keeper.observe(reading(7, DAY, Some(DAY)));
        assert!(!keeper.is_in_doubt() && off(&keeper, 7) == DAY);
    }

    #[test]
    fn a_start_before_the_newest_record_gives_nothing_until_the_clock_is_right() {
        let keeper = Timekeeper::new(reading(0, -20_000 * DAY, None));
        keeper.begin(reading(0, -20_000 * DAY, None), START, false);
        assert!(keeper.is_in_doubt());
        assert_eq!(off(&keeper, 0), 0, "it is at least the newest record's time");
        keeper.observe(reading(30, 3 * DAY, None));
        assert!(!keeper.is_in_doubt());
        assert_eq!(off(&keeper, 30), 3 * DAY);
    }

    #[test]
    fn a_start_far_ahead_needs_a_second_clock_or_the_operators_word() {
        let begin = |machine, database, is_right| {
            let keeper = Timekeeper::new(reading(0, machine, None));
            keeper.begin(reading(0, machine, database), START, is_right);
            keeper.is_in_doubt()
        };
        assert!(!begin(20 * DAY, None, false), "the practice was closed");
        assert!(begin(4_000 * DAY, None, false));
        assert!(!begin(4_000 * DAY, None, true));
        assert!(!begin(4_000 * DAY, Some(4_000 * DAY), false));
        assert!(begin(0, Some(DAY), false), "the database's clock alone");
        assert!(begin(-DAY, None, false));
        assert!(!begin(-DAY, None, true));
    }
}
