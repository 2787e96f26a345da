//! The meaning of columns' values: a value that does not parse is an inconsistent row, never a
//! panic.

use sync_core::{id::EntryId, instant::Instant};

use super::StoreError;

/// Reads an id of sixteen bytes; `noun` names the row in the error.
pub(crate) fn id<T>(bytes: &[u8], noun: &'static str) -> Result<T, StoreError>
where
    T: for<'a> TryFrom<&'a [u8]>,
{
    T::try_from(bytes).map_err(|_| StoreError::Inconsistent(noun))
}

/// Reads an id that may be missing.
pub(crate) fn id_opt<T>(bytes: Option<&Vec<u8>>, noun: &'static str) -> Result<Option<T>, StoreError>
where
    T: for<'a> TryFrom<&'a [u8]>,
{
    bytes.map(|bytes| id(bytes, noun)).transpose()
}

/// Reads the key of an entry, a letter or a note.
pub(crate) fn entry_id(bytes: Vec<u8>, noun: &'static str) -> Result<EntryId, StoreError> {
    bytes.try_into().map(EntryId::from_bytes).map_err(|_| StoreError::Inconsistent(noun))
}

/// Reads an instant that may be missing.
pub(crate) fn instant_opt(millis: Option<i64>) -> Option<Instant> {
    millis.map(Instant::from_millis)
}
