//! Terms in JSON.

use serde::{Deserialize, Serialize};
use sync_core::{
    instant::Span,
    terms::{QuietHours, Terms, TermsChange},
};
use utoipa::ToSchema;

use super::time::Time;
use crate::domain::Refusal;

/// How long a clip plays without contact where nothing else is said.
const OFFLINE_HOURS: u32 = 72;
/// The longest time without contact.
const OFFLINE_HOURS_MAX: u32 = 24 * 31;
const OFFLINE_RULE: &str = "offline_hours: 1 to 744";
const QUIET_RULE: &str = "quiet_hours: from and to as HH:MM, not the same, 2 ranges at most";

/// Terms of a release.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsBody {
    /// Plays from here; at once when there is none.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    not_before: Option<Time>,
    /// The first instant at which it no longer plays.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// How long it plays without contact, in hours; 72 when it is not said.
    #[serde(default)]
    offline_hours: Option<u32>,
    /// Plays a day, on each device while it is offline.
    #[serde(default)]
    daily_limit: Option<u16>,
    /// When it rests, in the client's local time.
    #[serde(default)]
    quiet_hours: Vec<QuietRange>,
    /// How often a day it is meant to be practised.
    #[serde(default)]
    planned_daily: Option<u16>,
}

/// A time of day at which a clip rests: over midnight where `to` is before `from`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietRange {
    /// `HH:MM`.
    from: String,
    /// `HH:MM`, exclusive.
    to: String,
}

/// Changes to terms: what is missing stays, what is `null` is lifted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsChangeBody {
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = DateTime)]
    not_before: Option<Option<Time>>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
    #[serde(default)]
    offline_hours: Option<u32>,
    #[serde(default, deserialize_with = "nullable")]
    daily_limit: Option<Option<u16>>,
    #[serde(default)]
    quiet_hours: Option<Vec<QuietRange>>,
    #[serde(default, deserialize_with = "nullable")]
    planned_daily: Option<Option<u16>>,
}

/// Tells a `null` from a field that is missing.
fn nullable<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl TryFrom<TermsBody> for Terms {
    type Error = Refusal;

    fn try_from(body: TermsBody) -> Result<Self, Refusal> {
        Ok(Self {
            not_before: body.not_before.map(|time| time.0),
            expires_at: body.expires_at.0,
            offline_for: offline_for(body.offline_hours.unwrap_or(OFFLINE_HOURS))?,
            daily_limit: body.daily_limit,
            quiet_hours: quiet_hours(&body.quiet_hours)?,
            planned_daily: body.planned_daily,
        })
    }
}

impl From<&Terms> for TermsBody {
    fn from(terms: &Terms) -> Self {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let range = |&(from, to): &(u16, u16)| QuietRange { from: clock(from), to: clock(to) };
        Self {
            not_before: terms.not_before.map(Time),
            expires_at: Time(terms.expires_at),
            offline_hours: u32::try_from(terms.offline_for.as_millis() / 3_600_000).ok(),
            daily_limit: terms.daily_limit,
            quiet_hours: terms.quiet_hours.ranges().iter().map(range).collect(),
            planned_daily: terms.planned_daily,
        }
    }
}

impl TryFrom<TermsChangeBody> for TermsChange {
    type Error = Refusal;

    fn try_from(body: TermsChangeBody) -> Result<Self, Refusal> {
        let change = Self {
            not_before: body.not_before.map(|time| time.map(|time| time.0)),
            expires_at: body.expires_at.map(|time| time.0),
            offline_for: body.offline_hours.map(offline_for).transpose()?,
            daily_limit: body.daily_limit,
            quiet_hours: body.quiet_hours.as_deref().map(quiet_hours).transpose()?,
            planned_daily: body.planned_daily,
        };
        if change.is_empty() { Err(Refusal::OutOfBounds("set: at least one change")) } else { Ok(change) }
    }
}

fn offline_for(hours: u32) -> Result<Span, Refusal> {
    let fits = (1..=OFFLINE_HOURS_MAX).contains(&hours);
    fits.then(|| Span::from_hours(u64::from(hours))).ok_or(Refusal::OutOfBounds(OFFLINE_RULE))
}

fn quiet_hours(ranges: &[QuietRange]) -> Result<QuietHours, Refusal> {
    if ranges.len() > 2 {
        return Err(Refusal::OutOfBounds(QUIET_RULE));
    }
    let mut all = QuietHours::NONE;
    for range in ranges {
        let (from, to) =
            minute(&range.from).zip(minute(&range.to)).ok_or(Refusal::OutOfBounds(QUIET_RULE))?;
        let hours = QuietHours::between(from, to).ok_or(Refusal::OutOfBounds(QUIET_RULE))?;
        all = all.union(&hours);
    }
    Ok(all)
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(json: &str) -> TermsChange {
        serde_json::from_str::<TermsChangeBody>(json).unwrap().try_into().unwrap()
    }

    #[test]
    fn null_lifts_a_limit_and_silence_keeps_it() {
        assert_eq!(change(r#"{"daily_limit":null}"#).daily_limit, Some(None));
        assert_eq!(change(r#"{"daily_limit":2}"#).daily_limit, Some(Some(2)));
        assert_eq!(change(r#"{"offline_hours":2}"#).daily_limit, None);
    }

    #[test]
    fn a_time_of_day_is_read_exactly() {
        assert_eq!(minute("22:30"), Some(1_350));
        assert_eq!(minute("24:00"), Some(1_440));
        for wrong in ["24:01", "7:30", "07:60", "0730", "-1:00", "xx:00"] {
            assert_eq!(minute(wrong), None, "{wrong}");
        }
    }
}
