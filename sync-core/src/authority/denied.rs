//! Why changes are refused, and the codes that say so.

use thiserror::Error;

use crate::documents::OpenError;

/// How many entries one change may write.
pub(crate) const MAX_OPS: usize = 64;

/// Why a batch is not applied. None of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denied {
    /// The caller may not write this document.
    #[error("this document is not the caller's to write")]
    NotWritable,
    /// The actor belongs to another device.
    #[error("the change's actor belongs to another device")]
    NotYourActor,
    /// The entry is written in another device's name.
    #[error("the entry is written in another's name")]
    NotYourself,
    /// The change does not continue its actor's sequence, or counts its operations from elsewhere than it may.
    #[error("the change does not continue its actor's sequence")]
    Sequence,
    /// The change depends on one that is not known, or on none.
    #[error("the change depends on one that is not known")]
    MissingDependency,
    /// The change carries a message or an author, or names an actor that nobody is.
    #[error("the change carries more than operations")]
    Extras,
    /// A change writes nothing, or more than it may.
    #[error("a change writes between one and {MAX_OPS} entries")]
    OpCount,
    /// The document has as many facts as it may have.
    #[error("the document is full")]
    DocumentFull,
    /// An operation is anything but a put of a new key.
    #[error("an operation does anything but write a new entry")]
    NotANewEntry,
    /// The bytes are no entry of this document.
    #[error("an entry is malformed")]
    BadEntry,
    /// The entry names a release or entry that does not exist.
    #[error("an entry names what does not exist")]
    UnknownName,
    /// The document is of a newer version than this library writes.
    #[error("the document is of a newer version")]
    NewerVersion,
    /// The document itself is not of the expected shape.
    #[error("the document is not of the expected shape")]
    BadDocument,
}

impl Denied {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotWritable => "document_not_writable",
            Self::NotYourActor => "actor_not_yours",
            Self::NotYourself => "entry_not_yours",
            Self::Sequence => "change_out_of_sequence",
            Self::MissingDependency => "change_dependency_missing",
            Self::Extras => "change_with_extras",
            Self::OpCount => "change_op_count",
            Self::DocumentFull => "document_full",
            Self::NotANewEntry => "change_not_a_new_entry",
            Self::BadEntry => "entry_malformed",
            Self::UnknownName => "entry_names_unknown",
            Self::NewerVersion => OpenError::Newer.code(),
            Self::BadDocument => "document_malformed",
        }
    }
}
