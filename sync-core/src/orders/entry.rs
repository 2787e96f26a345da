//! Entries: the immutable facts that therapists write, and their one encoding.

use ciborium::Value;
use thiserror::Error;

use crate::{
    cbor::{CborError, Map, id_list},
    id::{ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
    instant::Instant,
    terms::{Terms, TermsChange},
};

/// How many bytes an encoded entry may have.
pub const MAX_ENTRY_BYTES: usize = 2_048;
/// How many ids one list of an entry may name.
pub const MAX_IDS: usize = 64;

/// One fact: who wrote it, when by their clock, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The device that wrote it, or the server for a caller of its API.
    pub by: Author,
    /// The author's wall clock: shown, never folded.
    pub at: Instant,
    /// What was decided.
    pub act: Act,
}

/// Who wrote an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// A paired device.
    Device(DeviceId),
    /// The server, for a person who called its API, or for a consent that was withdrawn.
    Server,
}

/// What an entry decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Makes a clip available.
    Release {
        /// The new release.
        release: ReleaseId,
        /// What it makes available.
        clip: ClipId,
        /// What the clip was cut from.
        recording: RecordingId,
        /// What is allowed.
        terms: Terms,
        /// Revocations of this clip and holds of the shelf that the form showed.
        seen: Vec<EntryId>,
    },
    /// Changes terms of a release.
    Amend {
        /// The release.
        release: ReleaseId,
        /// The changes.
        set: TermsChange,
        /// The release's own entry and amendments that the form showed: only what is named here is relaxed.
        over: Vec<EntryId>,
    },
    /// Pauses.
    Hold {
        /// What is paused.
        on: HoldOn,
        /// Until when, or until it is lifted.
        until: Option<Instant>,
        /// For the whole shelf: releases that the form showed. They come back when the hold is lifted; a release that
        /// is not named here, and does not name the hold as seen, waits for a therapist's confirmation. A hold of one
        /// release names no others: it is neither written nor read with any.
        hits: Vec<ReleaseId>,
    },
    /// Ends holds.
    Lift {
        /// The holds.
        holds: Vec<EntryId>,
    },
    /// Ends releases, for good.
    Revoke {
        /// What is taken back.
        on: RevokeOn,
        /// Releases that the form showed: they end.
        hits: Vec<ReleaseId>,
    },
    /// Confirms a release that was made without knowledge of a revocation or a hold.
    Confirm {
        /// The release.
        release: ReleaseId,
        /// The revocations and holds that the form showed.
        seen: Vec<EntryId>,
    },
}

/// What a hold pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldOn {
    /// One release.
    Release(ReleaseId),
    /// Everything of this client.
    Shelf,
}

/// What a revocation takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RevokeOn {
    /// One release.
    Release(ReleaseId),
    /// Every release of a clip.
    Clip(ClipId),
    /// Every release of every clip of a recording.
    Recording(RecordingId),
    /// Everything of this client.
    Shelf,
}

/// Why bytes are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EntryError {
    /// Longer than an entry may be.
    #[error("an entry is longer than {MAX_ENTRY_BYTES} bytes")]
    TooLong,
    /// A list names more ids than it may.
    #[error("an entry names more than {MAX_IDS} ids in one list")]
    TooManyIds,
    /// A kind that this version does not know.
    #[error("an entry of an unknown kind")]
    UnknownKind,
    /// Not the one encoding of its kind.
    #[error("an entry is {0}")]
    Encoding(#[from] CborError),
}

impl Act {
    /// Whether this can only tighten: such entries are taken even from a device whose role has ended.
    ///
    /// An amendment that names nothing as seen relaxes nothing, for the strictest value counts.
    #[must_use]
    pub fn is_restriction(&self) -> bool {
        match self {
            Self::Hold { .. } | Self::Revoke { .. } => true,
            Self::Amend { over, .. } => over.is_empty(),
            Self::Release { .. } | Self::Lift { .. } | Self::Confirm { .. } => false,
        }
    }
}

impl Entry {
    /// The one encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let author = match self.by {
            Author::Device(device) => Value::from(device),
            Author::Server => Value::from("server"),
        };
        let map = Map::new().with("by", author).with("at", self.at);
        match &self.act {
            Act::Release { release, clip, recording, terms, seen } => map
                .with("k", "release")
                .with("rel", *release)
                .with("clip", *clip)
                .with("rec", *recording)
                .with("terms", terms.to_map().to_value())
                .with("seen", id_list(seen)),
            Act::Amend { release, set, over } => map
                .with("k", "amend")
                .with("rel", *release)
                .with("set", set.to_map().to_value())
                .with("over", id_list(over)),
            Act::Hold { on, until, hits } => {
                let map = map.with("k", "hold").with_some("until", *until);
                match on {
                    HoldOn::Release(release) => map.with("on", "rel").with("rel", *release),
                    HoldOn::Shelf => map.with("on", "shelf").with("hits", id_list(hits)),
                }
            }
            Act::Lift { holds } => map.with("k", "lift").with("holds", id_list(holds)),
            Act::Revoke { on, hits } => {
                let map = map.with("k", "revoke").with("hits", id_list(hits));
                match on {
                    RevokeOn::Release(release) => map.with("on", "rel").with("rel", *release),
                    RevokeOn::Clip(clip) => map.with("on", "clip").with("clip", *clip),
                    RevokeOn::Recording(recording) => map.with("on", "recording").with("rec", *recording),
                    RevokeOn::Shelf => map.with("on", "shelf"),
                }
            }
            Act::Confirm { release, seen } => {
                map.with("k", "confirm").with("rel", *release).with("seen", id_list(seen))
            }
        }
        .to_bytes()
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// [`EntryError`] for anything that [`Entry::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLong);
        }
        let mut map = Map::read(bytes)?;
        let by = match map.take("by") {
            Some(Value::Text(text)) if text == "server" => Author::Server,
            Some(value) => Author::Device(crate::cbor::id_of(value)?),
            None => return Err(CborError::Shape.into()),
        };
        let at = map.instant("at")?;
        let act = match map.text("k")?.as_str() {
            "release" => Act::Release {
                release: map.id("rel")?,
                clip: map.id("clip")?,
                recording: map.id("rec")?,
                terms: Terms::from_map(map.map("terms")?)?,
                seen: ids(&mut map, "seen")?,
            },
            "amend" => Act::Amend {
                release: map.id("rel")?,
                set: TermsChange::from_map(map.map("set")?)?,
                over: ids(&mut map, "over")?,
            },
            "hold" => {
                let until = if map.has("until") { Some(map.instant("until")?) } else { None };
                let (on, hits) = match map.text("on")?.as_str() {
                    "rel" => (HoldOn::Release(map.id("rel")?), Vec::new()),
                    "shelf" => (HoldOn::Shelf, ids(&mut map, "hits")?),
                    _ => return Err(EntryError::UnknownKind),
                };
                Act::Hold { on, until, hits }
            }
            "lift" => Act::Lift { holds: ids(&mut map, "holds")? },
            "revoke" => Act::Revoke {
                on: match map.text("on")?.as_str() {
                    "rel" => RevokeOn::Release(map.id("rel")?),
                    "clip" => RevokeOn::Clip(map.id("clip")?),
                    "recording" => RevokeOn::Recording(map.id("rec")?),
                    "shelf" => RevokeOn::Shelf,
                    _ => return Err(EntryError::UnknownKind),
                },
                hits: ids(&mut map, "hits")?,
            },
            "confirm" => Act::Confirm { release: map.id("rel")?, seen: ids(&mut map, "seen")? },
            _ => return Err(EntryError::UnknownKind),
        };
        map.end()?;
        Ok(Self { by, at, act })
    }
}

fn ids<T: crate::cbor::From16>(map: &mut Map, key: &str) -> Result<Vec<T>, EntryError> {
    let ids = map.ids(key)?;
    if ids.len() > MAX_IDS { Err(EntryError::TooManyIds) } else { Ok(ids) }
}
