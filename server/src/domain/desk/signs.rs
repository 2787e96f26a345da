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

/// Consecutive days up to today, the oldest first. A client's days begin at their midnight, on two days of a year an hour
/// earlier or later: so days are counted from the first one, to the nearest.
fn up_to(heard: &[Day], now: Instant) -> Vec<Day> {
    let Some(first) = heard.iter().map(|day| day.day).min() else { return Vec::new() };
    let number = |day: Instant| (day.since(first).as_millis() + DAY / 2) / DAY;
    let begins = |number: u64| first + Span::from_millis(number * DAY);
    let today = now.since(first).as_millis() / DAY;
    let from = today.saturating_sub(DAYS as u64 - 1);
    let mut days: Vec<_> =
        (from..=today).map(|number| Day { day: begins(number), plays: 0, night: 0 }).collect();
    for day in heard {
        let place = number(day.day).checked_sub(from).and_then(|place| usize::try_from(place).ok());
        if let Some(found) = place.and_then(|place| days.get_mut(place)) {
            found.day = day.day;
            found.plays += day.plays;
            found.night += day.night;
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Instant = Instant::from_millis(1_800_000_000_000);

    #[test]
    fn days_without_a_play_are_days_too_and_a_shifted_clock_makes_no_day_twice() {
        // The second day began an hour late: clocks went back in the night.
        let later = FIRST + Span::from_hours(49);
        let heard = [Day { day: FIRST, plays: 2, night: 1 }, Day { day: later, plays: 3, night: 0 }];
        let days = up_to(&heard, FIRST + Span::from_days(3));
        let found: Vec<_> = days.iter().map(|day| (day.plays, day.night)).collect();
        assert_eq!(found, [(2, 1), (0, 0), (3, 0), (0, 0)]);
        assert_eq!(days[2].day, later);
    }

    #[test]
    fn only_as_many_days_are_laid_out_as_the_rule_looks_at() {
        let once = [Day { day: FIRST, plays: 1, night: 0 }];
        assert_eq!(up_to(&once, FIRST + Span::from_days(400)).len(), DAYS);
        assert!(up_to(&[], FIRST).is_empty());
        // By a phone whose clock runs ahead it is tomorrow: that day is laid out, and no other.
        assert_eq!(up_to(&once, FIRST - Span::from_hours(30)).len(), 1);
    }
}
