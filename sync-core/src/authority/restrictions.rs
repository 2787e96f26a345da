//! What is kept of a batch that is refused.

use std::collections::BTreeSet;

use automerge::{
    Change, ScalarValue,
    legacy::{Key, Op, OpType},
};

use super::vet::MAX_OPS;
use crate::{
    id::{DeviceId, EntryId},
    orders::{Author, Entry},
};

/// The restrictions that a device has written in a batch of changes to the orders, whether they are known yet or not.
///
/// For a batch that may not be applied, because the device's role has ended or another of its changes is bad. They are
/// entered under their ids and in the device's name, by a change of the server's own. They can only tighten, so neither
/// what they name nor what the change depends on is asked; that the device belongs to this client's care is the caller's
/// to know.
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
            if is_new && entry.by == Author::Device(device) && entry.act.is_restriction() {
                ids.insert(id);
                found.push((id, bytes));
            }
        }
    }
    found
}
