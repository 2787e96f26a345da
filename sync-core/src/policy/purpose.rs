//! The purposes of consents: each is asked for, given and withdrawn by itself.

use strum::{IntoStaticStr, VariantArray};

/// What a consent covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Purpose {
    /// Recording the session at all.
    Record,
    /// Releasing clips to the client.
    ReleaseToClient,
    /// Watching together in the room.
    ReviewTogether,
    /// Sharing plays and ratings with the therapist.
    SharePracticeData,
    /// Supervision of the therapist.
    Supervision,
    /// Training of others.
    Training,
    /// Review of the practice's quality.
    QualityReview,
}
