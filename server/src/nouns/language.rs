//! The practice's language: the few words that the server itself says to a client.
//!
//! All other words are in the apps. These two reach a client without an app: a browser without scripts shows the push, and a
//! lease carries the parting note until the clip has ended, offline.

use strum::{IntoStaticStr, VariantArray};

/// A language. The words of each stand side by side, so that a new one cannot be half there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// The text of every push. The companion says the same words (`web/companion/src/strings/always.ts`).
    #[must_use]
    pub const fn push(self) -> &'static str {
        match self {
            Self::En => "There is something new to see",
            Self::De => "Es gibt etwas Neues zu sehen",
        }
    }

    /// The parting note of a clip if its therapist has written none.
    #[must_use]
    pub const fn parting_note(self) -> &'static str {
        match self {
            Self::En => "This clip has come to an end. Thank you for practising with it.",
            Self::De => "Dieser Clip ist zu Ende. Danke, dass du mit ihm geübt hast.",
        }
    }
}

#[cfg(test)]
mod tests {
    use sync_core::vocabulary::Vocabulary;

    use super::*;

    #[test]
    fn the_push_says_what_the_companion_says_in_each_language() {
        let words = include_str!("../../../web/companion/src/strings/always.ts");
        for language in Language::all() {
            assert_eq!(Language::parse(language.as_str()), Some(language));
            assert!(words.contains(language.push()), "{}", language.push());
        }
    }
}
