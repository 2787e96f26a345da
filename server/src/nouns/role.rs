//! The role of a member of staff at the practice.

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Treats clients.
    Therapist,
    /// Reviews with consent; releases nothing.
    Supervisor,
    /// Runs the practice; sees no clips and no notes.
    PracticeAdmin,
}

impl Role {
    /// The word in storage and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Therapist => "therapist",
            Self::Supervisor => "supervisor",
            Self::PracticeAdmin => "practice_admin",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Therapist, Self::Supervisor, Self::PracticeAdmin]
            .into_iter()
            .find(|role| role.as_str() == word)
    }
}
