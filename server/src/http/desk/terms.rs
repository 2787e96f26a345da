//! Terms in JSON.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Number;
use sync_core::{
    instant::Span,
    terms::{QuietHours, Terms, TermsChange},
};
use utoipa::ToSchema;

use crate::{http::wire::time::Time, nouns::Refusal};

/// How long a clip plays without contact where nothing else is said.
const OFFLINE_FOR: Span = Span::from_hours(72);
const OFFLINE_RULE: &str = "offline_hours: a whole number, 1 to 744";
const LIMIT_RULE: &str = "daily_limit: a whole number, 1 to 48, or null";
const PLAN_RULE: &str = "planned_daily: a whole number, 1 to 48, or null";
const QUIET_RULE: &str = "quiet_hours: from and to as HH:MM, not the same, 2 ranges at most";

/// Terms of a release.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsBody {
    /// Plays from here; at once when there is none.
    #[serde(default)]
    not_before: Option<Time>,
    /// The first instant at which it no longer plays.
    expires_at: Time,
    /// How long it plays without contact, in hours; 72 when it is not said.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 744)]
    offline_hours: Option<Number>,
    /// Plays a day, on each device while it is offline.
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 48)]
    daily_limit: Option<Number>,
    /// When it rests, in the client's local time.
    #[serde(default)]
    quiet_hours: Vec<QuietRange>,
    /// How often a day it is meant to be practised.
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 48)]
    planned_daily: Option<Number>,
}

/// A time of day at which a clip rests: over midnight where `to` is before `from`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietRange {
    /// `HH:MM`.
    #[schema(pattern = "^[0-9]{2}:[0-9]{2}$", example = "22:30")]
    from: String,
    /// `HH:MM`, exclusive.
    #[schema(pattern = "^[0-9]{2}:[0-9]{2}$", example = "06:00")]
    to: String,
}

/// Changes to terms: what is missing stays, what is `null` is lifted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsChangeBody {
    #[serde(default, deserialize_with = "nullable")]
    not_before: Option<Option<Time>>,
    #[serde(default)]
    expires_at: Option<Time>,
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 744)]
    offline_hours: Option<Number>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 48)]
    daily_limit: Option<Option<Number>>,
    #[serde(default)]
    quiet_hours: Option<Vec<QuietRange>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 48)]
    planned_daily: Option<Option<Number>>,
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
            offline_for: body.offline_hours.map_or(Ok(OFFLINE_FOR), |hours| offline_for(&hours))?,
            daily_limit: body.daily_limit.map(|plays| plays_a_day(&plays, LIMIT_RULE)).transpose()?,
            quiet_hours: quiet_hours(&body.quiet_hours)?,
            planned_daily: body.planned_daily.map(|plays| plays_a_day(&plays, PLAN_RULE)).transpose()?,
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
            offline_hours: Some((terms.offline_for.as_millis() / 3_600_000).into()),
            daily_limit: terms.daily_limit.map(Number::from),
            quiet_hours: terms.quiet_hours.ranges().iter().map(range).collect(),
            planned_daily: terms.planned_daily.map(Number::from),
        }
    }
}

impl TryFrom<TermsChangeBody> for TermsChange {
    type Error = Refusal;

    fn try_from(body: TermsChangeBody) -> Result<Self, Refusal> {
        let change = Self {
            not_before: body.not_before.map(|time| time.map(|time| time.0)),
            expires_at: body.expires_at.map(|time| time.0),
            offline_for: body.offline_hours.map(|hours| offline_for(&hours)).transpose()?,
            daily_limit: body.daily_limit.map(|plays| lifted_or(plays, LIMIT_RULE)).transpose()?,
            quiet_hours: body.quiet_hours.as_deref().map(quiet_hours).transpose()?,
            planned_daily: body.planned_daily.map(|plays| lifted_or(plays, PLAN_RULE)).transpose()?,
        };
        if change.is_empty() { Err(Refusal::OutOfBounds("set: at least one change")) } else { Ok(change) }
    }
}

fn offline_for(hours: &Number) -> Result<Span, Refusal> {
    whole(hours, &Terms::OFFLINE_HOURS, OFFLINE_RULE).map(|hours| Span::from_hours(u64::from(hours)))
}

fn plays_a_day(plays: &Number, rule: &'static str) -> Result<u16, Refusal> {
    whole(plays, &Terms::PLAYS_A_DAY, rule)
}

fn lifted_or(plays: Option<Number>, rule: &'static str) -> Result<Option<u16>, Refusal> {
    plays.map(|plays| plays_a_day(&plays, rule)).transpose()
}

/// A number as it was sent, held to its bounds here: a decoder's refusal of −3 or 1.5 would not say which field it is.
fn whole<T: TryFrom<u64> + PartialOrd>(
    sent: &Number,
    bounds: &RangeInclusive<T>,
    rule: &'static str,
) -> Result<T, Refusal> {
    let number = sent.as_u64().and_then(|number| T::try_from(number).ok());
    number.filter(|number| bounds.contains(number)).ok_or(Refusal::OutOfBounds(rule))
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
    fn every_rule_says_its_bounds_and_the_desk_knows_the_same() {
        let bounds: serde_json::Value =
            serde_json::from_str(include_str!("../../../../web/console/src/share/bounds.json")).unwrap();
        let (plays, hours) = (Terms::PLAYS_A_DAY, Terms::OFFLINE_HOURS);
        let days = Terms::ENDS_WITHIN.as_millis() / 86_400_000;
        let known = serde_json::json!({
            "plays_a_day": [plays.start(), plays.end()],
            "offline_hours": [hours.start(), hours.end()],
            "ends_within_days": days,
        });
        assert_eq!(bounds, known);
        for rule in [LIMIT_RULE, PLAN_RULE] {
            assert!(rule.contains(&format!("{} to {}", plays.start(), plays.end())), "{rule}");
        }
        assert!(OFFLINE_RULE.contains(&format!("{} to {}", hours.start(), hours.end())));
        assert!(crate::domain::desk::releases::END_RULE.contains(&format!("{days} days")));
        let document = serde_json::to_value(crate::http::router::document()).unwrap();
        for body in ["TermsBody", "TermsChangeBody"] {
            let said = |field: &str, bound: &str| {
                document["components"]["schemas"][body]["properties"][field][bound].as_u64()
            };
            for field in ["daily_limit", "planned_daily"] {
                let bounds = (said(field, "minimum"), said(field, "maximum"));
                assert_eq!(
                    bounds,
                    (Some(u64::from(*plays.start())), Some(u64::from(*plays.end()))),
                    "{body}"
                );
            }
            let bounds = (said("offline_hours", "minimum"), said("offline_hours", "maximum"));
            assert_eq!(bounds, (Some(u64::from(*hours.start())), Some(u64::from(*hours.end()))), "{body}");
        }
    }

    #[test]
    fn a_number_out_of_bounds_is_refused_by_the_name_of_its_field_whatever_number_it_is() {
        for field in ["daily_limit", "planned_daily", "offline_hours"] {
            for number in ["0", "-3", "1.5", "745", "1e300", "18446744073709551616"] {
                let said = format!(r#"{{"expires_at":"2027-01-15T08:00:00Z","{field}":{number}}}"#);
                let terms = serde_json::from_str::<TermsBody>(&said).unwrap();
                let change = serde_json::from_str::<TermsChangeBody>(&said).unwrap();
                for refused in [Terms::try_from(terms).err(), TermsChange::try_from(change).err()] {
                    let by_name =
                        matches!(&refused, Some(Refusal::OutOfBounds(rule)) if rule.starts_with(field));
                    assert!(by_name, "{said}: {refused:?}");
                }
            }
        }
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
