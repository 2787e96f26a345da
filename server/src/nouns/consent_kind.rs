//! The events of a consent.

/// One event in the life of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsentKind {
    /// It was given.
    Given,
    /// It was withdrawn.
    Withdrawn,
}

impl ConsentKind {
    /// The word in storage and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Given, Self::Withdrawn].into_iter().find(|kind| kind.as_str() == word)
    }
}
