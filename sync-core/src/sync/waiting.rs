//! Changes that came before their dependencies.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Change, ChangeHash};

use crate::documents::Document;

/// Changes in an order in which each follows what it depends on, and those whose dependencies are not here.
///
/// Each dependency is looked at once: a peer may send thousands of changes in the worst of all orders.
pub(super) fn in_order(document: &Document, changes: Vec<Change>) -> (Vec<Change>, Vec<Change>) {
    let mut waits_for = vec![0_usize; changes.len()];
    let mut followers: BTreeMap<ChangeHash, Vec<usize>> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        for dep in change.deps().iter().filter(|dep| !is_known(document, dep)) {
            waits_for[place] += 1;
            followers.entry(*dep).or_default().push(place);
        }
    }
    let mut order: Vec<_> = (0..changes.len()).filter(|place| waits_for[*place] == 0).collect();
    let mut next = 0;
    while let Some(place) = order.get(next) {
        for follower in followers.remove(&changes[*place].hash()).unwrap_or_default() {
            waits_for[follower] -= 1;
            if waits_for[follower] == 0 {
                order.push(follower);
            }
        }
        next += 1;
    }
    let mut rest: Vec<_> = changes.into_iter().map(Some).collect();
    let ready = order.into_iter().filter_map(|place| rest[place].take()).collect();
    (ready, rest.into_iter().flatten().collect())
}

/// What waiting changes depend on and is neither known nor waiting itself.
pub(super) fn missing(document: &Document, waiting: &[Change]) -> BTreeSet<ChangeHash> {
    let here: BTreeSet<_> = waiting.iter().map(Change::hash).collect();
    let deps = waiting.iter().flat_map(|change| change.deps().iter().copied());
    deps.filter(|dep| !here.contains(dep) && !is_known(document, dep)).collect()
}

pub(super) fn is_known(document: &Document, hash: &ChangeHash) -> bool {
    document.get_change_meta_by_hash(hash).is_some()
}
