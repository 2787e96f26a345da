//! Local days as instants: sync-core and the devices have no time-zone database, so that a lease names them.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use sync_core::{
    instant::{Instant, Span},
    lease::LeaseHeader,
    terms::QuietHours,
};

use super::offsets::{Offsets, Reached};

/// The local days that a span of time touches.
pub struct LocalDays {
    offsets: Offsets,
    dates: Vec<Date>,
    starts: Vec<Instant>,
}

impl LocalDays {
    /// The days from the one that `from` lies in until the one that `to` lies in, one more for the end of the last.
    #[must_use]
    pub fn new(offsets: Offsets, from: Instant, to: Instant) -> Self {
        let mut days = Self { offsets, dates: Vec::new(), starts: Vec::new() };
        let Some(mut date) = days.offsets.date_of(from) else { return days };
        let last = to + Span::from_days(1);
        while days.dates.len() < LeaseHeader::MAX_DAYS {
            let Some(start) = days.reach(date, 0).map(|reached| reached.first) else { break };
            if start > last {
                break;
            }
            // A place that leaves a day out goes on with the next.
            if days.starts.last().is_none_or(|before| *before < start) {
                days.dates.push(date);
                days.starts.push(start);
            }
            let Ok(next) = date.checked_add(1.day()) else { break };
            date = next;
        }
        days
    }

    /// When each day begins. A day may have 23 or 25 hours.
    #[must_use]
    pub fn starts(&self) -> &[Instant] {
        &self.starts
    }

    /// Quiet hours as ranges of instants, sorted and apart; at most eight a day: many amendments together may rest more
    /// often than a lease can say, and one that cannot be read would keep a device from all others and from denials.
    #[must_use]
    pub fn quiet(&self, hours: &QuietHours) -> Vec<(Instant, Instant)> {
        let mut quiet: Vec<(Instant, Instant)> = Vec::new();
        let hours = hours.within_bounds();
        for date in &self.dates {
            for (from, to) in &hours {
                let (Some(from), Some(to)) = (self.reach(*date, *from), self.reach(*date, *to)) else {
                    continue;
                };
                // Where the clock goes back it shows an hour twice: a clip rests from the first time until the last.
                let (from, to) = (from.first, to.last);
                match quiet.last_mut() {
                    // A night runs over midnight, and is one range.
                    Some(last) if from <= last.1 => last.1 = last.1.max(to),
                    _ if from < to => quiet.push((from, to)),
                    _ => {}
                }
            }
        }
        quiet
    }

    /// When the next night's work is due: three hours into a local day, when hardly anybody is awake.
    #[must_use]
    pub fn next_night(zone: &TimeZone, now: Instant) -> Instant {
        let tomorrow = now + Span::from_days(1);
        let days = Self::new(Offsets::of(zone, now, tomorrow), now, tomorrow);
        let nights = days.starts.iter().map(|start| *start + Span::from_hours(3));
        nights.into_iter().find(|night| *night > now).unwrap_or(tomorrow)
    }

    /// When a minute of a local day is reached.
    fn reach(&self, date: Date, minute: u16) -> Option<Reached> {
        let (date, minute) =
            if minute >= 24 * 60 { (date.checked_add(1.day()).ok()?, 0) } else { (date, minute) };
        let hour = i8::try_from(minute / 60).ok()?;
        self.offsets.reach(date.at(hour, i8::try_from(minute % 60).ok()?, 0, 0))
    }
}

/// The local day that an instant lies in; none for one that no calendar has.
#[must_use]
pub fn date_of(zone: &TimeZone, instant: Instant) -> Option<Date> {
    let timestamp = Timestamp::from_millisecond(instant.as_millis()).ok()?;
    Some(timestamp.to_zoned(zone.clone()).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn at(text: &str) -> Instant {
        Instant::from_millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn days_in_berlin(from: Instant, to: Instant) -> LocalDays {
        LocalDays::new(Offsets::of(&berlin(), from, to), from, to)
    }

    #[test]
    fn a_day_of_a_clock_change_has_25_hours() {
        let days = days_in_berlin(at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z"));
        let starts = days.starts();
        assert_eq!(starts[0], at("2026-10-23T22:00:00Z"));
        assert_eq!(starts[1], at("2026-10-24T22:00:00Z"));
        assert_eq!(starts[2].since(starts[1]), Span::from_hours(25));
    }

    #[test]
    fn a_night_is_one_range() {
        let days = days_in_berlin(at("2026-11-21T12:00:00Z"), at("2026-11-22T12:00:00Z"));
        let night = QuietHours::between(22 * 60, 6 * 60).unwrap();
        let quiet = days.quiet(&night);
        assert!(quiet.contains(&(at("2026-11-21T21:00:00Z"), at("2026-11-22T05:00:00Z"))), "{quiet:?}");
        assert!(quiet.is_sorted_by(|a, b| a.1 < b.0));
    }

    #[test]
    fn quiet_hours_rest_both_times_that_a_clock_shows_them_and_not_an_hour_that_is_left_out() {
        let rests = |day: &str, from: u16, to: u16| {
            let noon = at(&format!("{day}T12:00:00Z"));
            let days = days_in_berlin(noon - Span::from_days(1), noon);
            let quiet = days.quiet(&QuietHours::between(from, to).unwrap());
            move |time: &str| quiet.iter().any(|(from, to)| (*from..*to).contains(&at(time)))
        };
        let short = rests("2026-10-25", 2 * 60 + 15, 2 * 60 + 45);
        assert!(short("2026-10-25T00:20:00Z") && short("2026-10-25T01:20:00Z"));
        let night = rests("2026-10-25", 22 * 60, 2 * 60 + 30);
        assert!(night("2026-10-25T00:10:00Z") && night("2026-10-25T01:10:00Z"));
        assert!(!night("2026-10-25T01:31:00Z"));
        let left_out = rests("2026-03-29", 2 * 60 + 15, 2 * 60 + 45);
        assert!(!left_out("2026-03-29T00:59:00Z") && !left_out("2026-03-29T01:20:00Z"));
        let through = rests("2026-03-29", 22 * 60, 2 * 60 + 30);
        assert!(through("2026-03-29T00:59:00Z") && !through("2026-03-29T01:01:00Z"));
    }

    #[test]
    fn many_amendments_together_rest_in_no_more_ranges_than_a_lease_can_say() {
        let days = days_in_berlin(at("2026-11-21T12:00:00Z"), at("2026-12-22T12:00:00Z"));
        let hours = (0..700)
            .fold(QuietHours::NONE, |all, n| all.union(&QuietHours::between(2 * n, 2 * n + 1).unwrap()));
        let quiet = days.quiet(&hours);
        assert!(quiet.len() <= days.starts().len() * QuietHours::MAX_RANGES);
        let rests = |at: Instant| quiet.iter().any(|(from, to)| *from <= at && at < *to);
        let (noon, minute) = (at("2026-11-25T11:00:00Z"), Span::from_mins(1));
        assert!(rests(noon) && rests(noon + minute), "and rests no less: gaps are filled");
    }

    #[test]
    fn the_next_night_is_ahead() {
        let next = |now| LocalDays::next_night(&berlin(), at(now));
        assert_eq!(next("2026-11-21T12:00:00Z"), at("2026-11-22T02:00:00Z"));
        assert_eq!(next("2026-11-22T01:59:59Z"), at("2026-11-22T02:00:00Z"));
        assert_eq!(next("2026-11-22T02:00:00Z"), at("2026-11-23T02:00:00Z"));
    }
}
