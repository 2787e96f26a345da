//! Practice against plan: facts about plays that may be worth a conversation. Never a diagnosis.
//!
//! Some therapies prescribe listening every day, and reassurance-seeking looks the same from outside. So nothing here has
//! a threshold or a verdict: every number stands beside what was planned, and only a clinician reads anything into it.
//! Only plays that the client has agreed to share are counted here.
//!
//! ```
//! use sync_core::{insight::{Day, practice}, instant::Instant};
//! let days = [3, 1, 2].map(|plays| Day { start: Instant::from_millis(0), plays });
//! let seen = practice(&days, Some(2));
//! assert_eq!((seen.plays, seen.days_as_planned, seen.days_above_plan), (6, 1, 1));
//! ```

use crate::instant::{Instant, Span};

/// How soon after a play the next one counts as repeated.
pub const RAPID: Span = Span::from_mins(10);
/// The hours of the night: minutes since local midnight.
pub const NIGHT: std::ops::Range<u64> = 0..5 * 60;

/// How often a clip was played on one local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// When the day began.
    pub start: Instant,
    /// Plays on every device together.
    pub plays: u32,
}

/// One play, as far as a device has kept its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Play {
    /// When it began.
    pub at: Instant,
    /// When the local day began that it falls on.
    pub day: Instant,
}

/// Practice of one clip beside its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Practice {
    /// How many days were looked at.
    pub days: usize,
    /// Plays on all of them.
    pub plays: u64,
    /// What was planned a day, if anything was.
    pub planned_daily: Option<u16>,
    /// Days with exactly as many plays as planned; none without a plan.
    pub days_as_planned: usize,
    /// Days with fewer.
    pub days_below_plan: usize,
    /// Days with more.
    pub days_above_plan: usize,
}

/// How plays lie in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// How many plays were looked at.
    pub plays: usize,
    /// Plays that began within [`RAPID`] of the one before.
    pub rapid_repeats: usize,
    /// Plays that began in the hours of [`NIGHT`].
    pub at_night: usize,
}

/// Two stretches of days, the later beside the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    /// Plays in the earlier half.
    pub earlier: u64,
    /// Plays in the later half.
    pub later: u64,
}

/// Sets plays beside the plan. A day without plays is to be among `days` with none.
#[must_use]
pub fn practice(days: &[Day], planned_daily: Option<u16>) -> Practice {
    let count = |compare: fn(u32, u32) -> bool| match planned_daily {
        Some(planned) => days.iter().filter(|day| compare(day.plays, u32::from(planned))).count(),
        None => 0,
    };
    Practice {
        days: days.len(),
        plays: sum(days),
        planned_daily,
        days_as_planned: count(|plays, planned| plays == planned),
        days_below_plan: count(|plays, planned| plays < planned),
        days_above_plan: count(|plays, planned| plays > planned),
    }
}

/// Counts rapid repeats and plays at night. The order of `plays` does not matter.
#[must_use]
pub fn rhythm(plays: &[Play]) -> Rhythm {
    let mut starts: Vec<_> = plays.iter().map(|play| play.at).collect();
    starts.sort_unstable();
    let at_night = |play: &&Play| NIGHT.contains(&(play.at.since(play.day).as_millis() / 60_000));
    Rhythm {
        plays: plays.len(),
        rapid_repeats: starts.windows(2).filter(|pair| pair[1].since(pair[0]) < RAPID).count(),
        at_night: plays.iter().filter(at_night).count(),
    }
}

/// Sets the later half of some days beside the earlier; of an odd number the day in the middle is left out. `None` for
/// fewer than two days.
#[must_use]
pub fn trend(days: &[Day]) -> Option<Trend> {
    let mut days = days.to_vec();
    days.sort_unstable_by_key(|day| day.start);
    let half = days.len() / 2;
    let (earlier, later) = (days.get(..half)?, days.get(days.len() - half..)?);
    (half > 0).then(|| Trend { earlier: sum(earlier), later: sum(later) })
}

fn sum(days: &[Day]) -> u64 {
    days.iter().map(|day| u64::from(day.plays)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Instant = Instant::from_millis(1_800_000_000_000);

    fn days(plays: &[u32]) -> Vec<Day> {
        (0..).zip(plays).map(|(n, &plays)| Day { start: DAY + Span::from_days(n), plays }).collect()
    }

    #[test]
    fn daily_listening_that_was_prescribed_is_as_planned() {
        let seen = practice(&days(&[2; 14]), Some(2));
        assert_eq!((seen.days_as_planned, seen.days_below_plan, seen.days_above_plan), (14, 0, 0));
    }

    #[test]
    fn without_a_plan_no_day_is_above_or_below() {
        let seen = practice(&days(&[0, 40, 1]), None);
        assert_eq!(
            (seen.plays, seen.days_as_planned, seen.days_below_plan, seen.days_above_plan),
            (41, 0, 0, 0)
        );
    }

    #[test]
    fn plays_close_upon_one_another_are_counted_in_whatever_order_they_come() {
        let play = |minutes| Play { at: DAY + Span::from_mins(minutes), day: DAY };
        let seen = rhythm(&[play(600), play(620), play(609), play(640)]);
        assert_eq!((seen.plays, seen.rapid_repeats, seen.at_night), (4, 1, 0));
    }

    #[test]
    fn the_night_is_that_of_the_local_day() {
        let play = |minutes| Play { at: DAY + Span::from_mins(minutes), day: DAY };
        assert_eq!(rhythm(&[play(0), play(299), play(300), play(1_400)]).at_night, 2);
    }

    #[test]
    fn rising_use_is_two_numbers_and_no_verdict() {
        assert_eq!(trend(&days(&[1, 1, 9, 4, 5])), Some(Trend { earlier: 2, later: 9 }));
        assert_eq!(trend(&days(&[1])), None);
        assert_eq!(trend(&[]), None);
    }
}
