//! The bodies of therapists' requests about releases.

use serde::{Deserialize, Serialize};
use sync_core::{
    documents::ObservationKind,
    id::{ClipId, EntryId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    lease::Marks,
    orders::RevokeOn,
};
use utoipa::ToSchema;

use super::terms::{TermsBody, TermsChangeBody};
use crate::{
    domain::{
        desk::{
            casebook::NewObservation,
            releases::{Amendment, NewRelease, NewRevocation},
        },
        documents::notes::ReleaseWords,
    },
    http::wire::{ids, time::Time},
    nouns::Refusal,
};

/// A clip to be made available.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    #[schema(value_type = ids::Clip)]
    clip: ClipId,
    terms: TermsBody,
    /// Revocations and holds that the form showed.
    #[serde(default)]
    #[schema(value_type = Vec<ids::Entry>)]
    seen: Vec<EntryId>,
    /// The words that go with it.
    words: Option<WordsBody>,
}

/// The words that go with a release.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordsBody {
    /// A note to the client.
    pub note: Option<String>,
    /// Words at points of the clip.
    #[serde(default)]
    pub marks: Vec<MarkBody>,
    /// What the clip leaves when it ends.
    #[schema(example = "You know how it goes by now.")]
    pub parting_note: String,
}

/// Words at a point of a clip.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkBody {
    /// Milliseconds from the clip's beginning.
    pub at_ms: u64,
    /// The words.
    #[schema(example = "Breathe out slowly here.")]
    pub words: String,
}

/// Changes to terms.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendRequest {
    set: TermsChangeBody,
    /// The release's entry and amendments that the form showed.
    #[schema(value_type = Vec<ids::Entry>)]
    over: Vec<EntryId>,
    /// The note to the client from now on; the one that is there stays when this is missing, and goes when it is empty.
    note: Option<String>,
}

/// A pause.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// Until when; until it is lifted when this is missing.
    until: Option<Time>,
}

/// Holds to be ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftRequest {
    /// The holds.
    #[schema(value_type = Vec<ids::Entry>, min_items = 1)]
    pub holds: Vec<EntryId>,
}

/// An end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeRequest {
    on: RevokeOnBody,
    /// Why, for the casebook alone: no client device ever receives it.
    observation: Option<ObservationBody>,
}

/// What is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevokeOnBody {
    /// One release.
    #[schema(value_type = ids::Release)]
    Release(ReleaseId),
    /// Every release of a clip, to whomever.
    #[schema(value_type = ids::Clip)]
    Clip(ClipId),
    /// Every release of every clip of a recording, to whomever.
    #[schema(value_type = ids::Recording)]
    Recording(RecordingId),
    /// Everything of this client.
    Shelf,
}

/// What the therapist has observed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservationBody {
    kind: ObservationKindBody,
    /// The private reason.
    #[serde(default)]
    #[schema(example = "She plays it every hour.")]
    reason: String,
}

/// Kinds of observations.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObservationKindBody {
    /// The client leans on the clip.
    Fixation,
    /// The client is upset after it.
    Distress,
    /// Anything else.
    Other,
}

/// A confirmation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The revocations and holds that the form showed.
    #[schema(value_type = Vec<ids::Entry>)]
    pub seen: Vec<EntryId>,
}

impl TryFrom<ReleaseRequest> for NewRelease {
    type Error = Refusal;

    fn try_from(request: ReleaseRequest) -> Result<Self, Refusal> {
        let ReleaseRequest { clip, terms, seen, words } = request;
        Ok(Self { clip, terms: terms.try_into()?, seen, words: words.map(ReleaseWords::from) })
    }
}

impl From<WordsBody> for ReleaseWords {
    fn from(body: WordsBody) -> Self {
        let mark = |mark: MarkBody| (Span::from_millis(mark.at_ms), mark.words);
        Self {
            note: body.note,
            marks: Marks(body.marks.into_iter().map(mark).collect()),
            parting_note: body.parting_note,
        }
    }
}

impl AmendRequest {
    /// The change, what it is over, and what it says.
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`] for a change of nothing.
    pub fn into_amendment(self) -> Result<Amendment, Refusal> {
        Ok(Amendment { set: self.set.try_into()?, over: self.over, note: self.note })
    }
}

impl HoldRequest {
    /// The end of the pause, if it has one.
    #[must_use]
    pub fn until(&self) -> Option<Instant> {
        self.until.map(|time| time.0)
    }
}

impl From<RevokeRequest> for NewRevocation {
    fn from(request: RevokeRequest) -> Self {
        let on = match request.on {
            RevokeOnBody::Release(release) => RevokeOn::Release(release),
            RevokeOnBody::Clip(clip) => RevokeOn::Clip(clip),
            RevokeOnBody::Recording(recording) => RevokeOn::Recording(recording),
            RevokeOnBody::Shelf => RevokeOn::Shelf,
        };
        Self { on, observation: request.observation.map(NewObservation::from) }
    }
}

impl From<ObservationBody> for NewObservation {
    fn from(body: ObservationBody) -> Self {
        let kind = match body.kind {
            ObservationKindBody::Fixation => ObservationKind::Fixation,
            ObservationKindBody::Distress => ObservationKind::Distress,
            ObservationKindBody::Other => ObservationKind::Other,
        };
        Self { kind, reason: body.reason }
    }
}

impl From<ObservationKind> for ObservationKindBody {
    fn from(kind: ObservationKind) -> Self {
        match kind {
            ObservationKind::Fixation => Self::Fixation,
            ObservationKind::Distress => Self::Distress,
            ObservationKind::Other => Self::Other,
        }
    }
}
