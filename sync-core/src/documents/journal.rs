//! The letters of a journal: they always arrive. A journal also has counts of plays (`plays.rs`).

use thiserror::Error;

use crate::{
    cbor::{CborError, Map},
    id::ReleaseId,
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
