//! The practice's language: the few words that the server itself says to a client.
//!
//! All other words are in the apps. Two reach a client without an app: a browser without scripts shows the push
//! (`push/message.rs`), and a lease carries the parting note until the clip has ended, offline.

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
    /// The parting note of a clip if its therapist has written none.
    #[must_use]
    pub const fn parting_note(self) -> &'static str {
        match self {
            Self::En => "This clip has come to an end. Thank you for practising with it.",
            Self::De => "Dieser Clip ist zu Ende. Danke, dass du mit ihm geübt hast.",
        }
    }
}
