//! Views of the machine's state for a page.

use serde::Serialize;
use sync_core::{
    device::{Held, Phase},
    documents::{Letter, ShelfItem},
    id::{EntryId, ReleaseId},
    instant::Instant,
    policy::Access,
    vocabulary::Vocabulary,
};

/// May this play now?
#[derive(Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum AccessView {
    Playable { until: i64 },
    Later { from: i64 },
    DoseReached { again_at: Option<i64> },
    QuietHours { again_at: i64 },
    NeedsContact,
    Held,
    Lapsed,
    Ended,
}

impl From<Access> for AccessView {
    fn from(access: Access) -> Self {
        match access {
            Access::Playable { until } => Self::Playable { until: until.as_millis() },
            Access::Later { from } => Self::Later { from: from.as_millis() },
            Access::DoseReached { again_at } => {
                Self::DoseReached { again_at: again_at.map(Instant::as_millis) }
            }
            Access::QuietHours { again_at } => Self::QuietHours { again_at: again_at.as_millis() },
            Access::NeedsContact => Self::NeedsContact,
            Access::Held => Self::Held,
            Access::Lapsed => Self::Lapsed,
            Access::Ended => Self::Ended,
        }
    }
}

/// One clip that the device holds something of.
#[derive(Serialize)]
pub(crate) struct HeldView {
    clip: String,
    phase: &'static str,
    generation: u64,
    valid_until: i64,
    ends_at: i64,
    offline_for: u64,
    daily_limit: Option<u16>,
    budget_left: u64,
    cipher_len: u64,
    sha256: serde_bytes::ByteBuf,
    media_type: String,
}

impl From<&Held> for HeldView {
    fn from(held: &Held) -> Self {
        Self {
            clip: held.lease.clip.to_string(),
            phase: match held.phase {
                Phase::Fetching => "fetching",
                Phase::Ready => "ready",
                Phase::Locked => "locked",
                Phase::Wiping { .. } => "wiping",
            },
            generation: held.lease.generation,
            valid_until: held.lease.valid_until.as_millis(),
            ends_at: held.lease.ends_at.as_millis(),
            offline_for: held.lease.offline_for.as_millis(),
            daily_limit: held.lease.daily_limit,
            budget_left: held.lease.budget.saturating_sub(held.spent).as_millis(),
            cipher_len: held.media.cipher_len,
            sha256: serde_bytes::ByteBuf::from(held.media.cipher_sha256),
            media_type: held.media.media_type.clone(),
        }
    }
}

/// One release on the shelf.
#[derive(Serialize)]
pub(crate) struct OnShelf {
    release: String,
    state: &'static str,
    not_before: Option<i64>,
    ends_at: i64,
    offline_for: u64,
    daily_limit: Option<u16>,
}

impl OnShelf {
    pub(crate) fn new(release: ReleaseId, item: &ShelfItem) -> Self {
        Self {
            release: release.to_string(),
            state: item.state.as_str(),
            not_before: item.not_before.map(Instant::as_millis),
            ends_at: item.ends_at.as_millis(),
            offline_for: item.offline_for.as_millis(),
            daily_limit: item.daily_limit,
        }
    }
}

/// A letter that was written.
#[derive(Serialize)]
pub(crate) struct LetterView {
    id: String,
    kind: &'static str,
    at: i64,
    release: Option<String>,
    words: Option<String>,
    value: Option<u8>,
    arrived: bool,
}

impl LetterView {
    /// Nothing for what a switch has said: it is shown as a switch.
    pub(crate) fn new(id: EntryId, letter: Letter, arrived: bool) -> Option<Self> {
        let at = letter.at().as_millis();
        let (kind, release, words, value) = match letter {
            Letter::Return { release, .. } => ("return", Some(release), None, None),
            Letter::Request { release, words, .. } => ("request", release, Some(words), None),
            Letter::Rating { release, value, .. } => ("rating", Some(release), None, Some(value)),
            Letter::Sharing { .. } => return None,
        };
        let release = release.map(|id| id.to_string());
        Some(Self { id: id.to_string(), kind, at, release, words, value, arrived })
    }
}

/// A play that was counted.
#[derive(Serialize)]
pub(crate) struct Counted {
    pub(crate) day: i64,
    pub(crate) part: Option<&'static str>,
    pub(crate) count: u16,
}
