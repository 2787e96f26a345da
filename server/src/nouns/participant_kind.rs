//! The people on a recording, by their place in the therapy.

/// Who a participant is to the therapy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl ParticipantKind {
    /// The word in storage and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Partner => "partner",
            Self::FamilyMember => "family_member",
            Self::GroupMember => "group_member",
            Self::Therapist => "therapist",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Client, Self::Partner, Self::FamilyMember, Self::GroupMember, Self::Therapist]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}
