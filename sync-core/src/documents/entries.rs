//! The part that orders, journal and casebook share: `entries`, a map of facts that are written once.

use std::collections::BTreeSet;

use automerge::{
    AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, ScalarValueRef, Value, ValueRef,
    transaction::Transactable,
};

use super::{Document, OpenError, readable};
use crate::id::EntryId;

/// The object id of `entries`; none in a document that is not of this shape.
#[must_use]
pub fn entries_object(document: &Document) -> Option<ObjId> {
    match document.get(ROOT, "entries") {
        Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    }
}

/// Every value of every key, conflicting ones too, so that nothing that was ever written is overlooked. What stands there
/// twice in the same bytes, because the server and a device have both brought it, is one fact and comes once.
///
/// What is no entry at all, stands under a key that is none, or belongs to a newer version of the document, comes as empty
/// bytes, which no decoder takes: in orders that pauses the shelf.
#[must_use]
pub fn entries(document: &Document) -> Vec<(EntryId, Vec<u8>)> {
    let Some(object) = entries_object(document) else { return Vec::new() };
    let mut found = Vec::new();
    if readable(document) == Err(OpenError::Newer) {
        found.push((EntryId::from_bytes([0; 16]), Vec::new()));
    }
    // One pass over the map: asking for each key on its own costs several times as much.
    for item in document.map_range(&object, ..) {
        let Ok(id) = EntryId::parse(&item.key) else {
            found.push((EntryId::from_bytes([0; 16]), Vec::new()));
            continue;
        };
        if item.conflict {
            let values = document.get_all(&object, item.key.as_ref()).unwrap_or_default();
            let values: BTreeSet<_> = values.iter().map(|(value, _)| bytes_of(value)).collect();
            found.extend(values.into_iter().map(|bytes| (id, bytes)));
        } else {
            found.push((id, bytes_of(&item.value.into_value())));
        }
    }
    found
}

/// How many bytes the entries of a document have together.
#[must_use]
pub(crate) fn value_bytes(document: &Document) -> u64 {
    let Some(object) = entries_object(document) else { return 0 };
    let len = |value: &ValueRef<'_>| match value {
        ValueRef::Scalar(ScalarValueRef::Bytes(bytes)) => bytes.len() as u64,
        _ => 0,
    };
    document.map_range(&object, ..).map(|item| len(&item.value)).sum()
}

fn bytes_of(value: &Value<'_>) -> Vec<u8> {
    match value {
        Value::Scalar(scalar) => match scalar.as_ref() {
            ScalarValue::Bytes(bytes) => bytes.clone(),
            _ => Vec::new(),
        },
        Value::Object(_) => Vec::new(),
    }
}

/// How many entries, and how many bytes of them, go into one change.
const CHANGE_ENTRIES: usize = 64;
const CHANGE_BYTES: usize = 128 * 1_024;

/// Writes entries in their order, in as few changes as the other side takes. What is there already stays as it is: a
/// second value under one key would be refused, and strand everything after it.
///
/// # Errors
/// [`AutomergeError`] when the document has no `entries` or a transaction fails: what was written before it stays.
pub fn append(document: &mut Document, new: &[(EntryId, Vec<u8>)]) -> Result<(), AutomergeError> {
    let object = entries_object(document).ok_or(AutomergeError::NotAnObject)?;
    let mut missing = Vec::new();
    for (id, bytes) in new {
        if document.get(&object, id.to_string())?.is_none() {
            missing.push((id, bytes));
        }
    }
    let mut rest = missing.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(CHANGE_ENTRIES).take_while(|(_, entry)| {
            bytes += entry.len();
            bytes <= CHANGE_BYTES
        });
        let (now, later) = rest.split_at(fits.count().max(1));
        let change = document.transact::<_, _, AutomergeError>(|tx| {
            now.iter().try_for_each(|(id, bytes)| {
                tx.put(&object, id.to_string(), ScalarValue::Bytes((*bytes).clone()))
            })
        });
        change.map_err(|failure| failure.error)?;
        rest = later;
    }
    Ok(())
}
