//! Terms: until when, how often, how long without contact.

use std::ops::RangeInclusive;

use ciborium::Value;

use crate::{
    cbor::{self, CborError, Map},
    instant::{Instant, Span},
};

/// Minutes in a day.
const DAY_MINUTES: u16 = 24 * 60;

/// What a release allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Plays from this instant; at once when there is none.
    pub not_before: Option<Instant>,
    /// The first instant of denial. Mandatory.
    pub expires_at: Instant,
    /// How long a device may play without contact. Mandatory.
    pub offline_for: Span,
    /// Plays a day, on each device while it is offline; no limit when there is none.
    pub daily_limit: Option<u16>,
    /// When it rests, in the client's local time.
    pub quiet_hours: QuietHours,
    /// How often a day it is meant to be practised: for comparison, never for denial.
    pub planned_daily: Option<u16>,
}

/// Times of day at which a clip rests, as minutes since local midnight: a sorted list of half-open ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuietHours(Vec<(u16, u16)>);

impl QuietHours {
    /// No quiet hours.
    pub const NONE: Self = Self(Vec::new());
    /// How many ranges an entry may write.
    pub const MAX_RANGES: usize = 8;

    /// From one time of day until another, over midnight where `to` is not after `from`; minutes since midnight.
    ///
    /// `None` when a minute lies outside of the day, or both are the same.
    #[must_use]
    pub fn between(from: u16, to: u16) -> Option<Self> {
        if from >= DAY_MINUTES || to > DAY_MINUTES || from == to {
            return None;
        }
        let ranges = if from < to { vec![(from, to)] } else { vec![(0, to), (from, DAY_MINUTES)] };
        Some(Self(ranges.into_iter().filter(|(from, to)| from < to).collect()))
    }

    /// The ranges, sorted and apart: `[from, to)` in minutes since local midnight.
    #[must_use]
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// Every minute that rests in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all: Vec<_> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::new();
        for (from, to) in all {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    /// The same or stricter hours in no more than [`QuietHours::MAX_RANGES`] ranges: the shortest gaps rest too. What
    /// leaves the fold is bounded by this; the fold itself is not, for a gap that is filled could open again elsewhere.
    #[must_use]
    pub fn within_bounds(&self) -> Vec<(u16, u16)> {
        let mut ranges = self.0.clone();
        while ranges.len() > Self::MAX_RANGES {
            let gaps = ranges.windows(2).map(|pair| pair[1].0 - pair[0].1).enumerate();
            let Some((i, _)) = gaps.min_by_key(|(_, gap)| *gap) else { break };
            ranges[i].1 = ranges[i + 1].1;
            ranges.remove(i + 1);
        }
        ranges
    }

    pub(crate) fn to_value(&self) -> Value {
        let ranges = self.within_bounds();
        Value::Array(ranges.iter().map(|&(from, to)| Value::Array(vec![from.into(), to.into()])).collect())
    }

    pub(crate) fn from_value(value: Value) -> Result<Self, CborError> {
        let ranges = value.into_array().map_err(|_| CborError::Shape)?;
        if ranges.len() > Self::MAX_RANGES {
            return Err(CborError::Shape);
        }
        let mut read = Vec::with_capacity(ranges.len());
        for range in ranges {
            let range = range.into_array().map_err(|_| CborError::Shape)?;
            let [from, to] = <[Value; 2]>::try_from(range).map_err(|_| CborError::Shape)?;
            let (from, to): (u16, u16) = (cbor::integer_of(from)?, cbor::integer_of(to)?);
            let after_last = read.last().is_none_or(|&(_, last)| from > last);
            if from >= to || to > DAY_MINUTES || !after_last {
                return Err(CborError::Shape);
            }
            read.push((from, to));
        }
        Ok(Self(read))
    }
}

impl Terms {
    /// Plays a day that a form may say, as a limit or as a plan.
    pub const PLAYS_A_DAY: RangeInclusive<u16> = 1..=48;
    /// Hours without contact that a form may say.
    pub const OFFLINE_HOURS: RangeInclusive<u32> = 1..=744;
    /// How far ahead an end may lie that a form says, of a release or of a pause.
    pub const ENDS_WITHIN: Span = Span::from_days(366);
    /// 30 December 9999: calendars and RFC 3339 go no further.
    const LATEST: Instant = Instant::from_millis(253_402_128_000_000);

    /// The same or stricter terms that every device can read and show: what leaves the fold. An entry may say anything, for
    /// it is refused for its shape and its author, never for what it wants. No plays at all, and ends that are far
    /// away, do no harm: a lease is as short as ever, and is asked for anew.
    #[must_use]
    pub(crate) fn within_bounds(self) -> Self {
        let plays = |said: Option<u16>| said.map(|plays| plays.min(*Self::PLAYS_A_DAY.end()));
        Self {
            not_before: self.not_before.map(|from| from.min(Self::LATEST)),
            expires_at: self.expires_at.min(Self::LATEST),
            offline_for: self.offline_for.min(Span::from_hours(u64::from(*Self::OFFLINE_HOURS.end()))),
            daily_limit: plays(self.daily_limit),
            planned_daily: plays(self.planned_daily),
            ..self
        }
    }

    pub(crate) fn to_map(&self) -> Map {
        Map::new()
            .with_some("not_before", self.not_before)
            .with("expires_at", self.expires_at)
            .with("offline_for", self.offline_for)
            .with_some("daily_limit", self.daily_limit)
            .with("quiet_hours", self.quiet_hours.to_value())
            .with_some("planned_daily", self.planned_daily)
    }

    pub(crate) fn from_map(mut map: Map) -> Result<Self, CborError> {
        let terms = Self {
            not_before: if map.has("not_before") { Some(map.instant("not_before")?) } else { None },
            expires_at: map.instant("expires_at")?,
            offline_for: map.span("offline_for")?,
            daily_limit: if map.has("daily_limit") { Some(map.integer("daily_limit")?) } else { None },
            quiet_hours: QuietHours::from_value(map.take("quiet_hours").ok_or(CborError::Shape)?)?,
            planned_daily: if map.has("planned_daily") { Some(map.integer("planned_daily")?) } else { None },
        };
        map.end()?;
        Ok(terms)
    }
}

/// Changes to some terms: a field that is `None` stays as it is; an inner `None` lifts the limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermsChange {
    /// A new first instant, or none.
    pub not_before: Option<Option<Instant>>,
    /// A new end.
    pub expires_at: Option<Instant>,
    /// A new time without contact.
    pub offline_for: Option<Span>,
    /// A new daily limit, or none.
    pub daily_limit: Option<Option<u16>>,
    /// New quiet hours.
    pub quiet_hours: Option<QuietHours>,
    /// A new plan, or none.
    pub planned_daily: Option<Option<u16>>,
}

impl TermsChange {
    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The values that can tighten something; none where all that is changed are limits that are lifted.
    #[must_use]
    pub fn tightening(self) -> Option<Self> {
        let tightening = Self {
            not_before: self.not_before.filter(Option::is_some),
            daily_limit: self.daily_limit.filter(Option::is_some),
            quiet_hours: self.quiet_hours.filter(|hours| *hours != QuietHours::NONE),
            planned_daily: None,
            ..self
        };
        (!tightening.is_empty()).then_some(tightening)
    }

    pub(crate) fn to_map(&self) -> Map {
        fn nullable<T: Into<Value>>(value: Option<T>) -> Value {
            value.map_or(Value::Null, Into::into)
        }
        Map::new()
            .with_some("not_before", self.not_before.map(nullable))
            .with_some("expires_at", self.expires_at)
            .with_some("offline_for", self.offline_for)
            .with_some("daily_limit", self.daily_limit.map(nullable))
            .with_some("quiet_hours", self.quiet_hours.as_ref().map(QuietHours::to_value))
            .with_some("planned_daily", self.planned_daily.map(nullable))
    }

    pub(crate) fn from_map(mut map: Map) -> Result<Self, CborError> {
        fn nullable<T: TryFrom<i128>>(value: Option<Value>) -> Result<Option<Option<T>>, CborError> {
            match value {
                None => Ok(None),
                Some(Value::Null) => Ok(Some(None)),
                Some(value) => cbor::integer_of(value).map(|value| Some(Some(value))),
            }
        }
        let change = Self {
            not_before: nullable(map.take("not_before"))?.map(|at| at.map(Instant::from_millis)),
            expires_at: if map.has("expires_at") { Some(map.instant("expires_at")?) } else { None },
            offline_for: if map.has("offline_for") { Some(map.span("offline_for")?) } else { None },
            daily_limit: nullable(map.take("daily_limit"))?,
            quiet_hours: map.take("quiet_hours").map(QuietHours::from_value).transpose()?,
            planned_daily: nullable(map.take("planned_daily"))?,
        };
        map.end()?;
        if change.is_empty() { Err(CborError::Shape) } else { Ok(change) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_over_midnight_are_two_ranges() {
        let night = QuietHours::between(22 * 60, 6 * 60).unwrap();
        assert_eq!(night.ranges(), [(0, 360), (1320, 1440)]);
        assert_eq!(QuietHours::between(60, 60), None);
        assert_eq!(QuietHours::between(1440, 60), None);
    }

    #[test]
    fn a_union_rests_whenever_either_does() {
        let night = QuietHours::between(22 * 60, 6 * 60).unwrap();
        let morning = QuietHours::between(5 * 60, 8 * 60).unwrap();
        assert_eq!(night.union(&morning).ranges(), [(0, 480), (1320, 1440)]);
        assert_eq!(night.union(&QuietHours::NONE), night);
    }

    #[test]
    fn what_only_lifts_limits_tightens_nothing() {
        let lifts = TermsChange {
            not_before: Some(None),
            daily_limit: Some(None),
            quiet_hours: Some(QuietHours::NONE),
            planned_daily: Some(Some(3)),
            ..TermsChange::default()
        };
        assert_eq!(lifts.clone().tightening(), None);
        let tightens = TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() };
        assert_eq!(TermsChange { daily_limit: Some(Some(1)), ..lifts }.tightening(), Some(tightens));
    }

    #[test]
    fn within_bounds_nothing_is_looser_and_what_fits_stays() {
        let night = QuietHours::between(22 * 60, 6 * 60).unwrap();
        let fits = Terms {
            not_before: Some(Instant::from_millis(1)),
            expires_at: Instant::from_millis(2_000_000_000_000),
            offline_for: Span::from_hours(744),
            daily_limit: Some(0),
            quiet_hours: night,
            planned_daily: None,
        };
        assert_eq!(fits.clone().within_bounds(), fits);
        let wild = Terms {
            expires_at: Instant::NEVER,
            offline_for: Span::from_millis(u64::MAX),
            daily_limit: Some(u16::MAX),
            planned_daily: Some(u16::MAX),
            ..fits.clone()
        };
        let held =
            Terms { expires_at: Terms::LATEST, daily_limit: Some(48), planned_daily: Some(48), ..fits };
        assert_eq!(wild.within_bounds(), held);
    }

    #[test]
    fn a_change_of_nothing_is_no_change() {
        assert_eq!(TermsChange::from_map(Map::new()), Err(CborError::Shape));
    }
}
