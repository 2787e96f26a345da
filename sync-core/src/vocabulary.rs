//! Nouns of few values: each value has one word, the same in storage, on the wire and in JSON.
//!
//! An enum derives its words with strum, and is a [`Vocabulary`] by that. Words are stored and sent: add, never rename.
//!
//! ```
//! use sync_core::{policy::Purpose, vocabulary::Vocabulary};
//!
//! assert_eq!(Purpose::ReleaseToClient.as_str(), "release_to_client");
//! assert_eq!(Purpose::parse("release_to_client"), Some(Purpose::ReleaseToClient));
//! assert_eq!(Purpose::parse("to_sell"), None);
//! ```

use std::{iter::Copied, slice::Iter};

use strum::VariantArray;

/// A noun of few values.
pub trait Vocabulary: Copy + Into<&'static str> + VariantArray {
    /// Every value, in the order of the enum.
    fn all() -> Copied<Iter<'static, Self>> {
        Self::VARIANTS.iter().copied()
    }

    /// Its word.
    #[must_use]
    fn as_str(self) -> &'static str {
        self.into()
    }

    /// Reads a word.
    #[must_use]
    fn parse(word: &str) -> Option<Self> {
        Self::all().find(|known| known.as_str() == word)
    }
}

impl<T: Copy + Into<&'static str> + VariantArray> Vocabulary for T {}
