//! Why nothing was committed, as far as is known.

use crate::{nouns::Refusal, store::StoreError};

/// Why an attempt committed nothing, as far as is known.
pub(super) enum Failed<E> {
    /// Another server was faster; memory was forgotten.
    Stale,
    /// Nobody knows; memory was forgotten.
    InDoubt(Refusal),
    /// Refused, and memory is as it was.
    Refused(E),
}

impl<E: From<Refusal>> From<Refusal> for Failed<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

pub(super) enum CommitError {
    /// Memory is behind the database.
    Stale,
    /// Refused, and nothing written.
    Refused(Refusal),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Refusal> for CommitError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
