//! How far local time is ahead of UTC, and until when: all that the server knows of the place where a clip is played.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};
use sync_core::instant::{Instant, Span};

/// A local time that a clock change skips or doubles lies between these two; for all others they are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// When the clock first shows it, or goes past it.
    pub first: Instant,
    /// When the clock last shows it, or goes past it.
    pub last: Instant,
}

/// Offsets from UTC in the order of time. Between two changes a clock goes on evenly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offsets {
    first: Offset,
    changes: Vec<(Instant, Offset)>,
}

/// What a phone says of its own clock: no zone's name, which would say more of where its person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// How many minutes it is ahead of UTC.
    pub minutes: i32,
    /// When that changes next, as far as the phone knows, and to how many minutes.
    pub next: Option<(Instant, i32)>,
}

impl Offsets {
    /// How far a zone's clocks are ahead from one instant until another, and a few days around.
    #[must_use]
    pub fn of(zone: &TimeZone, from: Instant, to: Instant) -> Self {
        let around = Span::from_days(3);
        let Some((from, to)) = timestamp(from - around).zip(timestamp(to + around)) else {
            return Self::even(Offset::UTC);
        };
        let changes = zone
            .following(from)
            .take_while(|change| change.timestamp() <= to)
            .map(|change| (Instant::from_millis(change.timestamp().as_millisecond()), change.offset()));
        Self { first: zone.to_offset(from), changes: changes.collect() }
    }

    /// What a phone has told of its own clock; none for an offset that no place on earth has.
    #[must_use]
    pub fn told(local: LocalTime) -> Option<Self> {
        let offset = |minutes: i32| Offset::from_seconds(minutes.checked_mul(60)?).ok();
        let changes = match local.next {
            Some((at, minutes)) => vec![(at, offset(minutes)?)],
            None => Vec::new(),
        };
        Some(Self { first: offset(local.minutes)?, changes })
    }

    /// How far ahead a person's clock is by which a lease rests and counts days: as their phone has told. Before it has, they
    /// live by the practice's zone; also if their phone shows the same hour and knows of no change, because the zone does.
    #[must_use]
    pub fn of_person(zone: &TimeZone, told: Option<LocalTime>, from: Instant, to: Instant) -> Self {
        let practice = Self::of(zone, from, to);
        match told {
            Some(told) if told.next.is_some() || told.minutes != practice.minutes_at(from) => {
                Self::told(told).unwrap_or(practice)
            }
            _ => practice,
        }
    }

    const fn even(offset: Offset) -> Self {
        Self { first: offset, changes: Vec::new() }
    }

    /// The offset at an instant, in minutes.
    #[must_use]
    pub fn minutes_at(&self, instant: Instant) -> i32 {
        self.at(instant).seconds() / 60
    }

    fn at(&self, instant: Instant) -> Offset {
        let before = self.changes.iter().rev().find(|(at, _)| *at <= instant);
        before.map_or(self.first, |(_, offset)| *offset)
    }

    /// The local day that an instant lies in; none for one that no calendar has.
    #[must_use]
    pub fn date_of(&self, instant: Instant) -> Option<Date> {
        Some(self.at(instant).to_datetime(timestamp(instant)?).date())
    }

    /// When a local time is reached; none for one that no calendar has.
    #[must_use]
    pub fn reach(&self, local: DateTime) -> Option<Reached> {
        let instant = |offset: Offset| {
            let timestamp = offset.to_timestamp(local).ok()?;
            Some(Instant::from_millis(timestamp.as_millisecond()))
        };
        let mut reached: Option<Reached> = None;
        let mut offset = self.first;
        let mut begins = None;
        for i in 0..=self.changes.len() {
            let next = self.changes.get(i).copied();
            let at = instant(offset)?;
            // A time that is skipped is past when the next stretch begins.
            let shows = match (begins, next) {
                (Some(begins), _) if at < begins => reached.is_none().then_some(begins),
                (_, Some((ends, _))) if at >= ends => None,
                _ => Some(at),
            };
            if let Some(at) = shows {
                reached = Some(Reached { first: reached.map_or(at, |reached| reached.first), last: at });
            }
            if let Some((ends, next)) = next {
                (begins, offset) = (Some(ends), next);
            }
        }
        reached
    }
}

fn timestamp(instant: Instant) -> Option<Timestamp> {
    Timestamp::from_millisecond(instant.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::from_millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn reached(offsets: &Offsets, local: &str) -> (String, String) {
        let reached = offsets.reach(local.parse().unwrap()).unwrap();
        let text = |instant| timestamp(instant).unwrap().to_string();
        (text(reached.first), text(reached.last))
    }

    fn berlin(at_day: &str) -> Offsets {
        let day = at(at_day);
        Offsets::of(&TimeZone::get("Europe/Berlin").unwrap(), day, day + Span::from_days(1))
    }

    #[test]
    fn a_time_is_reached_once_on_most_days_twice_in_autumn_and_passed_over_in_spring() {
        let both = |text: &str| (text.to_owned(), text.to_owned());
        let autumn = berlin("2026-10-25T00:00:00Z");
        assert_eq!(reached(&autumn, "2026-10-25T01:59"), both("2026-10-24T23:59:00Z"));
        let twice = ("2026-10-25T00:30:00Z".to_owned(), "2026-10-25T01:30:00Z".to_owned());
        assert_eq!(reached(&autumn, "2026-10-25T02:30"), twice);
        assert_eq!(reached(&autumn, "2026-10-25T03:00"), both("2026-10-25T02:00:00Z"));
        let spring = berlin("2026-03-29T00:00:00Z");
        assert_eq!(reached(&spring, "2026-03-29T01:59"), both("2026-03-29T00:59:00Z"));
        assert_eq!(reached(&spring, "2026-03-29T02:30"), both("2026-03-29T01:00:00Z"));
        assert_eq!(reached(&spring, "2026-03-29T03:00"), both("2026-03-29T01:00:00Z"));
    }

    #[test]
    fn a_phone_that_tells_of_its_next_change_is_as_good_as_a_zone() {
        let zone = berlin("2026-10-25T00:00:00Z");
        let change = (at("2026-10-25T01:00:00Z"), 60);
        let told = Offsets::told(LocalTime { minutes: 120, next: Some(change) }).unwrap();
        for local in ["2026-10-24T22:00", "2026-10-25T02:00", "2026-10-25T02:59", "2026-10-26T00:00"] {
            assert_eq!(reached(&told, local), reached(&zone, local), "{local}");
        }
        assert_eq!((told.minutes_at(change.0 - Span::from_secs(1)), told.minutes_at(change.0)), (120, 60));
    }

    #[test]
    fn a_person_lives_by_the_practice_s_clock_until_their_phone_shows_another_hour() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let (from, to) = (at("2026-10-20T00:00:00Z"), at("2026-10-27T00:00:00Z"));
        let minutes = |told| {
            let offsets = Offsets::of_person(&zone, told, from, to);
            (offsets.minutes_at(from), offsets.minutes_at(to))
        };
        let told = |minutes, next| Some(LocalTime { minutes, next });
        assert_eq!(minutes(None), (120, 60));
        assert_eq!(minutes(told(120, None)), (120, 60));
        assert_eq!(minutes(told(-240, None)), (-240, -240));
        assert_eq!(minutes(told(120, Some((at("2026-10-21T00:00:00Z"), 180)))), (120, 180));
    }

    #[test]
    fn an_offset_that_no_place_has_is_none() {
        assert!(Offsets::told(LocalTime { minutes: i32::MAX, next: None }).is_none());
        assert!(
            Offsets::told(LocalTime { minutes: 0, next: Some((at("2026-10-25T01:00:00Z"), i32::MIN)) })
                .is_none()
        );
    }
}
