//! Views of the machine's state for a page.

use serde::Serialize;
use sync_core::{
    device,
    documents::{Letter, ShelfItem},
    id::{EntryId, ReleaseId},
    instant::Instant,
    policy,
    vocabulary::Vocabulary,
};
use tsify::Tsify;

/// May this play now? Instants in milliseconds.
#[derive(Serialize, Tsify)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Access {
    Playable {
        until: i64,
    },
    Later {
        from: i64,
    },
    DoseReached {
        #[tsify(optional)]
        again_at: Option<i64>,
    },
    QuietHours {
        again_at: i64,
    },
    NeedsContact,
    Held,
    Lapsed,
    Ended,
}

impl From<policy::Access> for Access {
    fn from(access: policy::Access) -> Self {
        match access {
            policy::Access::Playable { until } => Self::Playable { until: until.as_millis() },
            policy::Access::Later { from } => Self::Later { from: from.as_millis() },
            policy::Access::DoseReached { again_at } => {
                Self::DoseReached { again_at: again_at.map(Instant::as_millis) }
            }
            policy::Access::QuietHours { again_at } => Self::QuietHours { again_at: again_at.as_millis() },
            policy::Access::NeedsContact => Self::NeedsContact,
            policy::Access::Held => Self::Held,
            policy::Access::Lapsed => Self::Lapsed,
            policy::Access::Ended => Self::Ended,
        }
    }
}

/// One clip that the device holds something of.
#[derive(Serialize, Tsify)]
pub(crate) struct Held {
    clip: String,
    phase: Phase,
    generation: u64,
    valid_until: i64,
    ends_at: i64,
    offline_for: u64,
    #[tsify(optional)]
    daily_limit: Option<u16>,
    budget_left: u64,
    cipher_len: u64,
    #[tsify(type = "Uint8Array")]
    sha256: serde_bytes::ByteBuf,
    media_type: String,
}

/// How far a clip has come on the device.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Fetching,
    Ready,
    Locked,
    Wiping,
}

impl From<&device::Held> for Held {
    fn from(held: &device::Held) -> Self {
        Self {
            clip: held.lease.clip.to_string(),
            phase: match held.phase {
                device::Phase::Fetching => Phase::Fetching,
                device::Phase::Ready => Phase::Ready,
                device::Phase::Locked => Phase::Locked,
                device::Phase::Wiping { .. } => Phase::Wiping,
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
#[derive(Serialize, Tsify)]
pub(crate) struct OnShelf {
    release: String,
    #[tsify(type = "\"live\" | \"paused\" | \"ended\"")]
    state: &'static str,
    #[tsify(optional)]
    not_before: Option<i64>,
    ends_at: i64,
    offline_for: u64,
    #[tsify(optional)]
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

/// A letter that was written, and whether the server is known to have it.
#[derive(Serialize, Tsify)]
pub(crate) struct LetterView {
    id: String,
    #[tsify(type = "\"return\" | \"request\" | \"rating\"")]
    kind: &'static str,
    at: i64,
    #[tsify(optional)]
    release: Option<String>,
    #[tsify(optional)]
    words: Option<String>,
    #[tsify(optional)]
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

/// A play that was counted: the local day, its part if it is known, and the day's count.
#[derive(Serialize, Tsify)]
pub(crate) struct Counted {
    pub(crate) day: i64,
    #[tsify(optional)]
    pub(crate) part: Option<&'static str>,
    pub(crate) count: u16,
}
