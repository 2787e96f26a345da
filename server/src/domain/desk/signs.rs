//! Signs: facts that stand out in the plays that a client shares. The rule is [`sync_core::insight`]; this room lays the
//! days out for it.

use std::collections::BTreeMap;

use sync_core::{
    id::ReleaseId,
    insight::{self, DAYS, Day, Sign},
    instant::{Instant, Span},
    orders::Orders,
    policy::{Standing, standing},
};

const DAY: u64 = Span::from_days(1).as_millis();

/// The signs of each release that plays now, from the days with plays. If a release rests or is over, nobody hears it, and
/// that says nothing.
pub(super) fn of_releases(
    orders: &Orders,
    heard: &BTreeMap<ReleaseId, Vec<Day>>,
    now: Instant,
) -> Vec<(ReleaseId, Sign)> {
    let mut found = Vec::new();
    for (id, days) in heard {
        let Some(release) = orders.releases.get(id) else { continue };
        if !matches!(standing(orders, release, now), Standing::Live { .. }) {
            continue;
        }
        let agreed = release.terms.as_ref().and_then(|terms| terms.planned_daily);
        let signs = insight::signs(&up_to(days, now), agreed);
        found.extend(signs.into_iter().map(|sign| (*id, sign)));
    }
    found
}

/// The last days that the rule looks at, up to today. A client's days begin at their midnight, on two days of a year an hour
/// earlier or later, so days are counted back to the nearest. They are counted from the newest day with plays: one that a
/// wrong clock has put far back moves no other. Days of the future are left out.
fn up_to(heard: &[Day], now: Instant) -> Vec<Day> {
    let heard = heard.iter().filter(|day| day.day <= now);
    let Some(newest) = heard.clone().map(|day| day.day).max() else { return Vec::new() };
    let today = newest + Span::from_millis(now.since(newest).as_millis() / DAY * DAY);
    let empty = |back: usize| Day { day: today - Span::from_millis(back as u64 * DAY), plays: 0, night: 0 };
    let mut days: Vec<_> = (0..DAYS).rev().map(empty).collect();
    for day in heard {
        let back = (today.since(day.day).as_millis() + DAY / 2) / DAY;
        let place = usize::try_from(back).ok().and_then(|back| (DAYS - 1).checked_sub(back));
        if let Some(found) = place.and_then(|place| days.get_mut(place)) {
            found.day = day.day;
            found.plays = found.plays.saturating_add(day.plays);
            found.night = found.night.saturating_add(day.night);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Instant = Instant::from_millis(1_800_000_000_000);

    fn on(day: Instant, plays: u64) -> Day {
        Day { day, plays, night: 1 }
    }

    #[test]
    fn days_without_a_play_are_days_too_and_a_shifted_clock_makes_no_day_twice() {
        // The third day began an hour late: clocks went back in the night.
        let later = FIRST + Span::from_hours(49);
        let days = up_to(&[on(FIRST, 2), on(later, 3)], later + Span::from_hours(30));
        let found: Vec<_> = days.iter().map(|day| (day.plays, day.night)).collect();
        assert_eq!(found.len(), DAYS);
        assert_eq!(found[DAYS - 5..], [(0, 0), (2, 1), (0, 0), (3, 1), (0, 0)]);
        assert_eq!(days[DAYS - 2].day, later);
    }

    #[test]
    fn a_day_that_a_wrong_clock_has_written_moves_no_other() {
        let (past, future) = (Instant::from_millis(-5), FIRST + Span::from_days(400));
        let days = up_to(&[on(past, 9), on(FIRST, 2), on(future, 9)], FIRST + Span::from_hours(1));
        assert_eq!(days.iter().map(|day| day.plays).sum::<u64>(), 2);
        assert_eq!(days[DAYS - 1], on(FIRST, 2));
        assert!(up_to(&[on(future, 1)], FIRST).is_empty());
        assert!(up_to(&[], FIRST).is_empty());
    }
}
