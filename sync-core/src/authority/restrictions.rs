//! The restrictions that are kept of a refused batch.

use std::collections::BTreeSet;

use automerge::{
    Change, ScalarValue,
    legacy::{Key, Op, OpType},
};

use super::denied::MAX_OPS;
use crate::{
    id::{DeviceId, EntryId},
    orders::{Author, Entry},
};

/// The entries that a device has written in a batch of changes to the orders and that take something away, as it wrote
/// them, whether they are known yet or not.
///
/// For a batch that may not be applied, because the device's role has ended or another of its changes is bad. Of those
/// that are not known what [`Entry::restricting`] gives is entered in the device's name, by a change of the server's own.
/// That can only tighten, so neither what it names nor what the change depends on is asked; that the device belongs to
/// this client's care is the caller's to know.
#[must_use]
pub fn restrictions(device: DeviceId, changes: &[Change]) -> Vec<(EntryId, Vec<u8>)> {
    let mut found: Vec<(EntryId, Vec<u8>)> = Vec::new();
    let mut ids = BTreeSet::new();
    for change in changes.iter().filter(|change| change.len() <= MAX_OPS) {
        for op in change.decode().operations {
            let Op { action: OpType::Put(ScalarValue::Bytes(bytes)), key: Key::Map(key), .. } = op else {
                continue;
            };
            let Ok(id) = EntryId::parse(&key) else { continue };
            let Ok(entry) = Entry::decode(&bytes) else { continue };
            let is_new = !ids.contains(&id);
            if is_new && entry.by == Author::Device(device) && entry.restricting(id).is_some() {
                ids.insert(id);
                found.push((id, bytes));
            }
        }
    }
    found
}
