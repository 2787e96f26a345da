//! The format version that every document carries in its root.

use automerge::{ROOT, ReadDoc};
use thiserror::Error;

use super::Document;

/// The version that this library writes, and the newest that it reads.
pub const VERSION: i64 = 1;

/// Why stored bytes are no document that this version reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Not an automerge document.
    #[error("not a document")]
    Malformed,
    /// A document that says no version, or one that never was.
    #[error("a document without a version")]
    NoVersion,
    /// A newer version than this library reads: the app is to be updated.
    #[error("a document of a newer version than {VERSION}")]
    Newer,
}

impl OpenError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed | Self::NoVersion => "document_malformed",
            Self::Newer => "document_version",
        }
    }
}

/// Opens a stored document of any version up to [`VERSION`].
///
/// # Errors
/// [`OpenError`] for everything else: it is left as it is.
pub fn open(bytes: &[u8]) -> Result<Document, OpenError> {
    let document = Document::load(bytes).map_err(|_| OpenError::Malformed)?;
    readable(&document)?;
    Ok(document)
}

/// Whether this library reads a document; of several values the greatest counts.
///
/// # Errors
/// [`OpenError`] if it does not.
pub fn readable(document: &Document) -> Result<(), OpenError> {
    let values = document.get_all(ROOT, "v").unwrap_or_default();
    match values.iter().filter_map(|(value, _)| value.as_i64()).max() {
        Some(1..=VERSION) => Ok(()),
        Some(newer) if newer > VERSION => Err(OpenError::Newer),
        Some(_) | None => Err(OpenError::NoVersion),
    }
}
