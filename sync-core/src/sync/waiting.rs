//! Changes that came before what they depend on.

use std::collections::BTreeSet;

use automerge::{Change, ChangeHash};

use crate::documents::Document;

/// Changes in an order in which each follows what it depends on, and those whose dependencies are not here.
pub(super) fn in_order(document: &Document, mut rest: Vec<Change>) -> (Vec<Change>, Vec<Change>) {
    let deps: BTreeSet<_> = rest.iter().flat_map(|change| change.deps().iter().copied()).collect();
    let mut here: BTreeSet<_> = deps.into_iter().filter(|dep| is_known(document, dep)).collect();
    let mut ready = Vec::with_capacity(rest.len());
    loop {
        let before = rest.len();
        let mut later = Vec::new();
        for change in rest {
            if change.deps().iter().all(|dep| here.contains(dep)) {
                here.insert(change.hash());
                ready.push(change);
            } else {
                later.push(change);
            }
        }
        if later.is_empty() || later.len() == before {
            return (ready, later);
        }
        rest = later;
    }
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
