//! Ends that a server has signed, and that a restore has made it forget.

use std::collections::BTreeSet;

use crate::{id::ReleaseId, orders::Orders};

/// Releases that a device was told the end of, and that the orders know as not ended by a decision: each is to be ended by
/// an [`ending`](super::ending).
///
/// One whose date has come since is among them: its end was told, so that no later amendment may bring it back. But over is
/// over: an end that is `on_record` needs no entry, and one that came with its date stays an end as planned.
#[must_use]
pub fn forgotten(
    orders: &Orders,
    told: &BTreeSet<ReleaseId>,
    on_record: impl Fn(ReleaseId) -> bool,
) -> Vec<ReleaseId> {
    let is_open = |id: &ReleaseId| orders.releases.get(id).is_some_and(|release| !release.revoked);
    told.iter().copied().filter(|id| is_open(id) && !on_record(*id)).collect()
}
