//! The casebook: the words that go with a clip, and therapists' observations. No client device ever
//! receives it.

use strum::{IntoStaticStr, VariantArray};
use thiserror::Error;

use crate::{
    cbor::{CborError, Map, id_list},
    id::ReleaseId,
    instant::Instant,
    lease::Marks,
    vocabulary::Vocabulary,
};

/// How long all words of one note may be, in bytes, encoded.
pub const MAX_NOTE_BYTES: usize = 16 * 1_024;

/// One fact of the casebook.
#[derive(Clone, PartialEq, Eq)]
pub enum Note {
    /// Words that the server seals into a release's leases. Of several the newest counts.
    Words(Words),
    /// A clinical observation.
    Observation(Observation),
}

impl Note {
    /// When it was written.
    #[must_use]
    pub const fn at(&self) -> Instant {
        match self {
            Self::Words(words) => words.at,
            Self::Observation(observation) => observation.at,
        }
    }
}

/// The words that go with one release.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// The release.
    pub release: ReleaseId,
    /// When they were written.
    pub at: Instant,
    /// A note to the client.
    pub note: Option<String>,
    /// Words at points of the clip.
    pub marks: Marks,
    /// What the clip leaves when it ends.
    pub parting_note: String,
}

/// What a therapist has observed about a client and clips.
#[derive(Clone, PartialEq, Eq)]
pub struct Observation {
    /// What kind.
    pub kind: ObservationKind,
    /// When.
    pub at: Instant,
    /// Which releases it is about.
    pub releases: Vec<ReleaseId>,
    /// The private reason.
    pub reason: String,
}

/// Kinds of observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ObservationKind {
    /// The client leans on the clip.
    Fixation,
    /// The client is upset after it.
    Distress,
    /// Anything else.
    Other,
}

/// Why bytes are no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteError {
    /// Longer than a note may be.
    #[error("a note is too long")]
    TooLong,
    /// A kind that this version does not know.
    #[error("a note of an unknown kind")]
    UnknownKind,
    /// Not the one encoding of its kind.
    #[error("a note is {0}")]
    Encoding(#[from] CborError),
}

impl Note {
    /// The one encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Words(words) => Map::new()
                .with("k", "words")
                .with("rel", words.release)
                .with("at", words.at)
                .with_some("note", words.note.as_deref())
                .with("marks", words.marks.to_value())
                .with("parting_note", words.parting_note.as_str()),
            Self::Observation(observation) => Map::new()
                .with("k", "observation")
                .with("kind", observation.kind.as_str())
                .with("at", observation.at)
                .with("rels", id_list(&observation.releases))
                .with("reason", observation.reason.as_str()),
        }
        .to_bytes()
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError`] for anything that [`Note::encode`] does not write within its bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let mut map = Map::read(bytes)?;
        let at = map.instant("at")?;
        let note = match map.text("k")?.as_str() {
            "words" => Self::Words(Words {
                release: map.id("rel")?,
                at,
                note: if map.has("note") { Some(map.text("note")?) } else { None },
                marks: Marks::read(map.list("marks")?)?,
                parting_note: map.text("parting_note")?,
            }),
            "observation" => Self::Observation(Observation {
                kind: ObservationKind::parse(&map.text("kind")?).ok_or(NoteError::UnknownKind)?,
                at,
                releases: map.ids("rels")?,
                reason: map.text("reason")?,
            }),
            _ => return Err(NoteError::UnknownKind),
        };
        map.end()?;
        Ok(note)
    }

    /// The newest words for a release among encoded notes; ties go to the greater text, so that every reader agrees.
    #[must_use]
    pub fn newest_words<'a>(notes: impl IntoIterator<Item = &'a [u8]>, release: ReleaseId) -> Option<Words> {
        let words = notes.into_iter().filter_map(|bytes| match Self::decode(bytes) {
            Ok(Self::Words(words)) if words.release == release => Some((words.at, bytes, words)),
            _ => None,
        });
        words.max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))).map(|(_, _, words)| words)
    }
}
