//! The people on a recording, by their place in the therapy.

use strum::{IntoStaticStr, VariantArray};

/// Who a participant is to the therapy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ParticipantKind {
    /// A client; named by their id.
    Client,
    /// A client's partner.
    Partner,
    /// Somebody of a client's family.
    FamilyMember,
    /// Another member of a group.
    GroupMember,
    /// A member of staff; named by their id.
    Therapist,
}
