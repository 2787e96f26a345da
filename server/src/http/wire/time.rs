//! Instants in JSON: RFC 3339, UTC, milliseconds.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sync_core::instant::Instant;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

/// An instant, as `2026-11-21T18:00:00.000Z` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Instant);

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant (RFC 3339). Answers say it in UTC, with milliseconds."))
            .examples(["2027-01-15T08:00:00.000Z"])
            .into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Instant")
    }
}

impl From<Instant> for Time {
    fn from(instant: Instant) -> Self {
        Self(instant)
    }
}

impl Time {
    /// The instant in UTC with milliseconds.
    #[must_use]
    pub fn to_text(self) -> String {
        // Beyond the year 9999 there is no RFC 3339: the last instant stands for "never".
        let time = Timestamp::from_millisecond(self.0.as_millis()).unwrap_or(Timestamp::MAX);
        format!("{time:.3}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let time: Timestamp =
            text.parse().map_err(|_| serde::de::Error::custom("not an RFC 3339 instant"))?;
        Ok(Self(Instant::from_millis(time.as_millisecond())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc_with_milliseconds_and_read_in_any_zone() {
        let time = Time(Instant::from_millis(1_800_000_000_001));
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(json, "\"2027-01-15T08:00:00.001Z\"");
        assert_eq!(serde_json::from_str::<Time>(&json).unwrap(), time);
        assert_eq!(serde_json::from_str::<Time>("\"2027-01-15T09:00:00.001+01:00\"").unwrap(), time);
        assert!(serde_json::from_str::<Time>("\"2027-01-15T09:00:00\"").is_err());
    }
}
