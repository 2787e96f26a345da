//! Plays, counted in a journal while the client shares them: by release, local day and part of the day. Never by the hour.

use std::{collections::BTreeMap, fmt};
use strum::{IntoStaticStr, VariantArray};

use automerge::{AutomergeError, ObjId, ObjType, ROOT, ReadDoc, Value, transaction::Transactable};

use super::Document;
use crate::{
    id::{DeviceId, ReleaseId},
    insight::NIGHT,
    instant::Instant,
    vocabulary::Vocabulary,
};

/// A part of the local day: as much as is told of when somebody listened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum PartOfDay {
    /// From midnight to five.
    Night,
    /// From five to noon.
    Morning,
    /// From noon to six.
    Afternoon,
    /// From six to midnight.
    Evening,
}

impl PartOfDay {
    /// The part that `now` falls on, of the local day that began at `day`; none where that is not the day of `now`.
    ///
    /// It is counted from midnight: on the two days of a year on which clocks change it is up to an hour off.
    #[must_use]
    pub fn of(now: Instant, day: Instant) -> Option<Self> {
        let minutes = if day <= now { now.since(day).as_millis() / 60_000 } else { return None };
        match minutes {
            _ if NIGHT.contains(&minutes) => Some(Self::Night),
            0..720 => Some(Self::Morning),
            720..1_080 => Some(Self::Afternoon),
            // The longest day has 25 hours.
            1_080..1_500 => Some(Self::Evening),
            _ => None,
        }
    }
}

/// Where one device's plays of one release in one part of one day are counted: `device/release/day/part`, or
/// `device/release/day` where the part is not told.
///
/// One device alone writes a key, an absolute number, so that no merge can count a play twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayKey {
    /// The device that counts.
    pub device: DeviceId,
    /// The release that was played.
    pub release: ReleaseId,
    /// The start of the local day.
    pub day: Instant,
    /// The part of that day, where it is told.
    pub part: Option<PartOfDay>,
}

/// Plays by device, release, day and part of the day.
pub type Plays = BTreeMap<PlayKey, u32>;

impl PlayKey {
    /// Reads a key of the document.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let mut parts = key.split('/');
        let (device, release, day) = (parts.next()?, parts.next()?, parts.next()?);
        let part = match parts.next() {
            Some(name) => Some(PartOfDay::parse(name)?),
            None => None,
        };
        if parts.next().is_some() || day.len() > 16 {
            return None;
        }
        let parsed = Self {
            device: DeviceId::parse(device).ok()?,
            release: ReleaseId::parse(release).ok()?,
            day: Instant::from_millis(day.parse().ok()?),
            part,
        };
        (parsed.to_string() == key).then_some(parsed)
    }
}

impl fmt::Display for PlayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.device, self.release, self.day.as_millis())?;
        self.part.map_or(Ok(()), |part| write!(f, "/{}", part.as_str()))
    }
}

/// The object id of `plays`; none in a document that is no journal.
#[must_use]
pub fn plays_object(document: &Document) -> Option<ObjId> {
    match document.get(ROOT, "plays") {
        Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    }
}

/// Reads the plays: of several values for one key the greatest.
#[must_use]
pub fn plays(document: &Document) -> Plays {
    let mut counted = Plays::new();
    let Some(object) = plays_object(document) else { return counted };
    let mut count = |key: PlayKey, value: &Value<'_>| {
        if let Some(count) = value.as_i64().and_then(|count| u32::try_from(count).ok()) {
            counted.entry(key).and_modify(|most| *most = (*most).max(count)).or_insert(count);
        }
    };
    // One pass over the map: asking for each key on its own costs several times as much.
    for item in document.map_range(&object, ..) {
        let Some(key) = PlayKey::parse(&item.key) else { continue };
        if item.conflict {
            let values = document.get_all(&object, item.key.as_ref()).unwrap_or_default();
            values.iter().for_each(|(value, _)| count(key, value));
        } else {
            count(key, &item.value.into_value());
        }
    }
    counted
}

/// Writes how often a release was played on a day, in one change.
///
/// # Errors
/// [`AutomergeError`] when the document is no journal or the transaction fails.
pub fn record_plays(document: &mut Document, key: PlayKey, count: u32) -> Result<(), AutomergeError> {
    let object = plays_object(document).ok_or(AutomergeError::NotAnObject)?;
    document
        .transact::<_, _, AutomergeError>(|tx| tx.put(&object, key.to_string(), i64::from(count)))
        .map(|_| ())
        .map_err(|failure| failure.error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::Span;

    #[test]
    fn a_day_has_four_parts_and_none_on_another_day() {
        use PartOfDay::{Afternoon, Evening, Morning, Night};
        let day = Instant::from_millis(1_800_000_000_000);
        let at = |minutes| PartOfDay::of(day + Span::from_mins(minutes), day);
        let bounds = [(0, Night), (299, Night), (300, Morning), (719, Morning), (720, Afternoon)];
        let later = [(1_079, Afternoon), (1_080, Evening), (1_439, Evening), (1_499, Evening)];
        for (minutes, part) in bounds.into_iter().chain(later) {
            assert_eq!(at(minutes), Some(part), "{minutes}");
        }
        assert_eq!(at(1_500), None);
        assert_eq!(PartOfDay::of(day - Span::from_mins(1), day), None);
        // A lease that does not know the day.
        assert_eq!(PartOfDay::of(day, Instant::from_millis(0)), None);
    }
}
