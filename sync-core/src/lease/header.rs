//! The open part of a lease: bound to the sealed part as associated data.

use ciborium::Value;

use crate::{
    cbor::{self, CborError, Map},
    id::{ClipId, DeviceId, ReleaseId},
    instant::{Instant, Span},
};

/// What a device may do with one clip, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseHeader {
    /// The release it is for.
    pub release: ReleaseId,
    /// The clip whose key it carries.
    pub clip: ClipId,
    /// The only device it is for.
    pub device: DeviceId,
    /// Counts up by one for each lease of this device and release.
    pub generation: u64,
    /// Plays from here.
    pub not_before: Option<Instant>,
    /// The first instant of denial of this lease.
    pub valid_until: Instant,
    /// The first instant of denial of the release, as known when this was issued.
    pub ends_at: Instant,
    /// How long a lease lasts without contact.
    pub offline_for: Span,
    /// Plays a day.
    pub daily_limit: Option<u16>,
    /// When each local day of the lease begins.
    pub days: Vec<Instant>,
    /// When it rests, as instants: sorted and apart.
    pub quiet: Vec<(Instant, Instant)>,
    /// Media time that may be decrypted under this lease, whatever a clock says.
    pub budget: Span,
}

impl LeaseHeader {
    /// How many local days and quiet ranges a lease may name.
    pub const MAX_DAYS: usize = 400;

    /// The exact bytes that the sealed part is bound to.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let quiet = self.quiet.iter().map(|&(from, to)| Value::Array(vec![from.into(), to.into()])).collect();
        Map::new()
            .with("rel", self.release)
            .with("clip", self.clip)
            .with("dev", self.device)
            .with("gen", self.generation)
            .with_some("not_before", self.not_before)
            .with("valid_until", self.valid_until)
            .with("ends_at", self.ends_at)
            .with("offline_for", self.offline_for)
            .with_some("daily_limit", self.daily_limit)
            .with("days", Value::Array(self.days.iter().map(|day| (*day).into()).collect()))
            .with("quiet", Value::Array(quiet))
            .with("budget_ms", self.budget)
            .to_bytes()
    }

    /// Reads the exact bytes.
    ///
    /// # Errors
    /// [`CborError`] for anything that [`LeaseHeader::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = Map::read(bytes)?;
        let days = map.list("days")?;
        let quiet = map.list("quiet")?;
        if days.len() > Self::MAX_DAYS || quiet.len() > Self::MAX_DAYS * 2 {
            return Err(CborError::Shape);
        }
        let header = Self {
            release: map.id("rel")?,
            clip: map.id("clip")?,
            device: map.id("dev")?,
            generation: map.integer("gen")?,
            not_before: if map.has("not_before") { Some(map.instant("not_before")?) } else { None },
            valid_until: map.instant("valid_until")?,
            ends_at: map.instant("ends_at")?,
            offline_for: map.span("offline_for")?,
            daily_limit: if map.has("daily_limit") { Some(map.integer("daily_limit")?) } else { None },
            days: days.into_iter().map(instant_of).collect::<Result<_, _>>()?,
            quiet: quiet.into_iter().map(range_of).collect::<Result<_, _>>()?,
            budget: map.span("budget_ms")?,
        };
        map.end()?;
        let sane = header.valid_until <= header.ends_at
            && header.days.is_sorted_by(|a, b| a < b)
            && header.quiet.iter().all(|(from, to)| from < to);
        if sane { Ok(header) } else { Err(CborError::Shape) }
    }
}

fn instant_of(value: Value) -> Result<Instant, CborError> {
    cbor::integer_of(value).map(Instant::from_millis)
}

fn range_of(value: Value) -> Result<(Instant, Instant), CborError> {
    let pair = value.into_array().map_err(|_| CborError::Shape)?;
    let [from, to] = <[Value; 2]>::try_from(pair).map_err(|_| CborError::Shape)?;
    Ok((instant_of(from)?, instant_of(to)?))
}
