//! Signs worth a conversation: facts about plays that stand out. Never a diagnosis.
//!
//! Each sign compares a person with themselves and with the plan, never with others, and says its
//! fact in numbers that could be read aloud to them. Some therapies prescribe
//! listening every day, and reassurance-seeking looks the same from outside: so only a clinician
//! reads anything into a sign. Only plays that the client has agreed to share are looked at.
//!
//! ```
//! use sync_core::{insight::{Day, Sign, signs}, instant::Instant};
//! let day = Instant::from_millis(0);
//! let days = [1, 1, 4].map(|plays| Day { day, plays, night: 0 });
//! assert_eq!(signs(&days, Some(2)), [Sign::Several { plays: 4, day }]);
//! assert_eq!(signs(&days, Some(3)), []);
//! ```

use crate::instant::Instant;

/// The hours of the night: minutes since local midnight.
pub const NIGHT: std::ops::Range<u64> = 0..5 * 60;
/// How many days are looked at, today among them: a week, and the two before it.
pub const DAYS: usize = 3 * WEEK;
/// A week beside the weeks before it, in days.
pub const WEEK: usize = 7;
/// So many plays on one day stand out where nothing was agreed.
pub const OFTEN: u64 = 5;
/// So many times what was agreed stand out on one day, and so many times a person's own mean in a week.
pub const TWICE: u64 = 2;
/// Fewer plays on one day never stand out: one more than agreed is no sign.
pub const AT_LEAST: u64 = 3;
/// Fewer plays in a week say nothing about its mean.
pub const ENOUGH: u64 = 4;
/// So many plays at night in a week stand out, if they are at least half of that week's.
pub const NIGHTS: u64 = 3;
/// So many days without a play stand out after a person has listened.
pub const QUIET: usize = 10;

/// How often a clip was played on one local day, on every device together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// When the day began for the person.
    pub day: Instant,
    /// All plays.
    pub plays: u64,
    /// Those of them that are known to fall into the hours of [`NIGHT`].
    pub night: u64,
}

/// What stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Many plays on one day of the last week: the first of the days with the most.
    Several {
        /// How many.
        plays: u64,
        /// On which day.
        day: Instant,
    },
    /// The last week has twice the plays a day of the weeks before.
    More,
    /// Plays at night in the last week.
    Night {
        /// How many.
        nights: u64,
        /// Of how many.
        plays: u64,
    },
    /// No play for a while.
    Pause {
        /// For how many days.
        days: usize,
    },
}

/// What stands out about one clip. `days` are consecutive and end today; those before the first play say nothing. `agreed`
/// is how many plays a day were planned, if any were.
#[must_use]
pub fn signs(days: &[Day], agreed: Option<u16>) -> Vec<Sign> {
    let first = days.iter().position(|day| day.plays > 0).unwrap_or(days.len());
    let days = &days[first..];
    let (before, last) = days.split_at(days.len().saturating_sub(WEEK));
    [several(last, agreed), more(before, last), night(last), pause(days)].into_iter().flatten().collect()
}

fn several(last: &[Day], agreed: Option<u16>) -> Option<Sign> {
    let bound = agreed.map_or(OFTEN, |agreed| AT_LEAST.max(TWICE * u64::from(agreed)));
    let most = last.iter().map(|day| day.plays).max()?;
    let day = last.iter().find(|day| day.plays == most)?;
    (most >= bound).then_some(Sign::Several { plays: most, day: day.day })
}

/// There have to be weeks before: the mean of fewer days than a week is no habit.
fn more(before: &[Day], last: &[Day]) -> Option<Sign> {
    if before.len() < WEEK || sum(last) < ENOUGH {
        return None;
    }
    let before = &before[before.len().saturating_sub(2 * WEEK)..];
    let (now, then) = (sum(last) * before.len() as u64, sum(before) * last.len() as u64);
    (then > 0 && now >= TWICE * then).then_some(Sign::More)
}

/// Some listen to fall asleep: the sign says how often, beside all of the week, and no more.
fn night(last: &[Day]) -> Option<Sign> {
    let (nights, plays) = (last.iter().map(|day| day.night).sum(), sum(last));
    (nights >= NIGHTS && nights * 2 >= plays).then_some(Sign::Night { nights, plays })
}

fn pause(days: &[Day]) -> Option<Sign> {
    let quiet = days.iter().rev().take_while(|day| day.plays == 0).count();
    (quiet < days.len() && quiet >= QUIET).then_some(Sign::Pause { days: quiet })
}

fn sum(days: &[Day]) -> u64 {
    days.iter().map(|day| day.plays).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::Span;

    const FIRST: Instant = Instant::from_millis(1_800_000_000_000);

    fn on(n: u64) -> Instant {
        FIRST + Span::from_days(n)
    }

    fn days(plays: &[u64]) -> Vec<Day> {
        with_nights(plays, &[])
    }

    fn with_nights(plays: &[u64], nights: &[u64]) -> Vec<Day> {
        let nights = nights.iter().copied().chain(std::iter::repeat(0));
        (0..).zip(plays).zip(nights).map(|((n, &plays), night)| Day { day: on(n), plays, night }).collect()
    }

    fn weeks(each: &[u64]) -> Vec<u64> {
        each.iter().flat_map(|plays| [*plays; WEEK]).collect()
    }

    #[test]
    fn nothing_stands_out_where_it_is_as_agreed_or_where_there_is_too_little_to_say_anything() {
        assert_eq!(signs(&[], None), []);
        assert_eq!(signs(&days(&[1]), None), []);
        assert_eq!(signs(&days(&weeks(&[1, 1, 1])), Some(1)), []);
        assert_eq!(signs(&days(&weeks(&[2, 2, 2])), Some(2)), []);
        assert_eq!(signs(&days(&[0, 1, 0, 2, 0, 0, 1]), Some(1)), []);
        // Half a play a day before, and twice that: but three plays say nothing.
        let few = [&[1, 0, 0, 0, 0, 0, 0][..], &[1, 0, 0, 1, 0, 0, 1]].concat();
        assert_eq!(signs(&days(&few), None), []);
    }

    #[test]
    fn several_times_on_one_day_is_twice_what_was_agreed_and_at_least_three_or_five_where_nothing_was() {
        let is_found = |plays: &[u64], agreed| {
            signs(&days(plays), agreed).iter().any(|sign| matches!(sign, Sign::Several { .. }))
        };
        assert!(is_found(&[1, 1, 3], Some(1)) && !is_found(&[1, 1, 2], Some(1)));
        assert!(is_found(&[2, 4, 2], Some(2)) && !is_found(&[2, 3, 2], Some(2)));
        assert!(is_found(&[1, 5, 1], None) && !is_found(&[1, 4, 1], None));
        assert_eq!(signs(&days(&[1, 7, 7, 1]), Some(1))[0], Sign::Several { plays: 7, day: on(1) });
        let talked_about = [&[6][..], &weeks(&[1])].concat();
        assert!(!is_found(&talked_about, Some(1)), "only the last week counts");
    }

    #[test]
    fn more_often_is_twice_a_persons_own_mean_of_the_weeks_before() {
        let is_more = |plays: &[u64]| signs(&days(plays), None).contains(&Sign::More);
        assert!(is_more(&weeks(&[1, 2])) && !is_more(&weeks(&[2, 3])));
        assert!(!is_more(&weeks(&[0, 2])), "a person who has just begun has no weeks before");
        assert!(!is_more(&[&[1][..], &weeks(&[2])].concat()), "a day is no week");
        assert!(is_more(&weeks(&[2, 1, 3])));
    }

    #[test]
    fn at_night_is_half_of_the_last_week_and_at_least_three_times() {
        let nights = |plays: &[u64], nights: &[u64]| signs(&with_nights(plays, nights), Some(2));
        assert_eq!(nights(&[1, 1, 2], &[1, 1, 1]), [Sign::Night { nights: 3, plays: 4 }]);
        assert_eq!(nights(&[1, 1, 1, 2, 1], &[1, 1, 0, 1, 0]), [Sign::Night { nights: 3, plays: 6 }]);
        assert_eq!(nights(&[2, 2, 2, 1, 0], &[1, 1, 0, 1, 0]), [], "three of seven");
        assert_eq!(nights(&[1, 1, 0], &[1, 1, 0]), [], "twice says nothing");
        assert_eq!(nights(&weeks(&[1, 1]), &[1; WEEK]), [], "only the last week counts");
    }

    #[test]
    fn a_pause_is_ten_days_and_only_after_a_person_has_listened() {
        let after = |quiet: usize| [&[1][..], &vec![0; quiet]].concat();
        assert_eq!(signs(&days(&after(10)), None), [Sign::Pause { days: 10 }]);
        assert_eq!(signs(&days(&after(9)), None), []);
        assert_eq!(signs(&days(&weeks(&[0, 0])), None), []);
    }
}
