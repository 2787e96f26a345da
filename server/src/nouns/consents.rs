//! The events of a consent.

use strum::{IntoStaticStr, VariantArray};
use sync_core::{
    id::{ConsentId, FormId, ParticipantId, RecordingId, StaffId},
    instant::Instant,
    policy::Purpose,
};

/// One participant gave or withdrew one purpose on one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentEvent {
    /// The event.
    pub id: ConsentId,
    /// On which recording.
    pub recording: RecordingId,
    /// Who.
    pub participant: ParticipantId,
    /// For what.
    pub purpose: Purpose,
    /// Given or withdrawn.
    pub kind: ConsentKind,
    /// The text that was signed.
    pub form: Option<FormId>,
    /// When it was signed or said.
    pub at: Instant,
    /// The first instant at which a given consent no longer counts.
    pub valid_until: Option<Instant>,
    /// Which member of staff entered it; none where the person has withdrawn on their own phone.
    pub recorded_by: Option<StaffId>,
}

/// One event in the life of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ConsentKind {
    /// It was given.
    Given,
    /// It was withdrawn.
    Withdrawn,
}
