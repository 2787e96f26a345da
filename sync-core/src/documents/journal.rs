//! The journal: letters that always arrive, and plays while the client shares them.

use std::collections::BTreeMap;

use automerge::{AutomergeError, ObjId, ObjType, ROOT, ReadDoc, Value, transaction::Transactable};
use thiserror::Error;

use super::Document;
use crate::{
    cbor::{CborError, Map},
    id::{DeviceId, ReleaseId},
    instant::Instant,
};

/// How long the words of a letter may be, in bytes.
const MAX_WORDS: usize = 1_500;
/// How long a letter may be, in bytes, encoded.
pub(crate) const MAX_LETTER_BYTES: usize = 2_048;

/// Something that a client says to the therapist.
#[derive(Clone, PartialEq, Eq)]
pub enum Letter {
    /// "This doesn't help me": the clip stops on the client's devices.
    Return {
        /// The release.
        release: ReleaseId,
        /// When, by the device's trusted time.
        at: Instant,
    },
    /// A question, in the client's words.
    Request {
        /// The release it is about, if one.
        release: Option<ReleaseId>,
        /// When.
        at: Instant,
        /// The words.
        words: String,
    },
    /// How it was, after a play.
    Rating {
        /// The release.
        release: ReleaseId,
        /// When.
        at: Instant,
        /// From 0, worse, to 4, better.
        value: u8,
    },
    /// From now on the therapist may see plays and ratings, or may not.
    Sharing {
        /// Whether they may.
        on: bool,
        /// When.
        at: Instant,
    },
}

/// Why bytes are no letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LetterError {
    /// The words are too long, or the rating is out of range.
    #[error("a letter is out of bounds")]
    OutOfBounds,
    /// A kind that this version does not know.
    #[error("a letter of an unknown kind")]
    UnknownKind,
    /// Not the one encoding of its kind.
    #[error("a letter is {0}")]
    Encoding(#[from] CborError),
}

impl Letter {
    /// The one encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Return { release, at } => {
                Map::new().with("k", "return").with("rel", *release).with("at", *at)
            }
            Self::Request { release, at, words } => Map::new()
                .with("k", "request")
                .with_some("rel", *release)
                .with("at", *at)
                .with("words", words.as_str()),
            Self::Rating { release, at, value } => {
                Map::new().with("k", "rating").with("rel", *release).with("at", *at).with("value", *value)
            }
            Self::Sharing { on, at } => Map::new().with("k", "sharing").with("on", *on).with("at", *at),
        }
        .to_bytes()
    }

    /// When it was written.
    #[must_use]
    pub const fn at(&self) -> Instant {
        match self {
            Self::Return { at, .. }
            | Self::Request { at, .. }
            | Self::Rating { at, .. }
            | Self::Sharing { at, .. } => *at,
        }
    }

    /// Reads a letter.
    ///
    /// # Errors
    /// [`LetterError`] for anything that [`Letter::encode`] does not write within its bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, LetterError> {
        let mut map = Map::read_within(MAX_LETTER_BYTES, bytes)?;
        let at = map.instant("at")?;
        let letter = match map.text("k")?.as_str() {
            "return" => Self::Return { release: map.id("rel")?, at },
            "request" => Self::Request {
                release: if map.has("rel") { Some(map.id("rel")?) } else { None },
                at,
                words: map.text("words")?,
            },
            "rating" => Self::Rating { release: map.id("rel")?, at, value: map.integer("value")? },
            "sharing" => Self::Sharing { on: map.flag("on")?, at },
            _ => return Err(LetterError::UnknownKind),
        };
        map.end()?;
        match &letter {
            Self::Request { words, .. } if words.len() > MAX_WORDS => Err(LetterError::OutOfBounds),
            Self::Rating { value, .. } if *value > 4 => Err(LetterError::OutOfBounds),
            _ => Ok(letter),
        }
    }
}

/// Where one device's plays of one release on one day are counted: `device/release/day`.
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
}

/// Plays by device, release and day.
pub type Plays = BTreeMap<PlayKey, u32>;

impl PlayKey {
    /// Reads a key of the document.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let mut parts = key.split('/');
        let (device, release, day) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || day.len() > 16 {
            return None;
        }
        let parsed = Self {
            device: DeviceId::parse(device).ok()?,
            release: ReleaseId::parse(release).ok()?,
            day: Instant::from_millis(day.parse().ok()?),
        };
        (parsed.to_string() == key).then_some(parsed)
    }
}

impl std::fmt::Display for PlayKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.device, self.release, self.day.as_millis())
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
