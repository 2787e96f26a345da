//! Denials that a device hands back: the server has signed them, and a restore may have forgotten them.

use std::collections::BTreeSet;

use sync_core::{
    device::MAX_HANDED_BACK,
    id::{EntryId, ReleaseId},
    lease::{Denial, DenialKind, Signed},
    orders::{Act, Author, Entry, Orders, RevokeOn, Written},
};

use super::rotations;
use crate::{
    domain::{
        decisions::commit::{Proposal, Proposer, commit},
        documents::binder::{Binders, Contents},
        records::audit::Actor,
    },
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, Urgency},
};

/// Takes back denials that devices were given: what this server has signed as ended is ended, even if a restore has
/// forgotten it. Denials that are not this practice's, or not this device's, say nothing.
///
/// # Errors
/// When there are too many, or the database fails.
pub async fn take_back(binders: &Binders, caller: CompanionCaller, handed: &[Signed]) -> Result<(), Refusal> {
    if handed.len() > MAX_HANDED_BACK {
        return Err(Refusal::OutOfBounds("denials: 256 at most"));
    }
    if handed.is_empty() {
        return Ok(());
    }
    let mut tx = binders.ground.db.read().await?;
    let keys = rotations::every_key(&mut tx, caller.practice).await?;
    let recorded = store::releases::of_client(&mut tx, caller.client).await?;
    let written = store::entries::of_client(&mut tx, caller.client).await?;
    drop(tx);
    let mut ended: BTreeSet<ReleaseId> = handed
        .iter()
        .filter_map(|signed| keys.iter().rev().find_map(|key| Denial::open(signed, key).ok()))
        .filter(|denial| denial.device == caller.device && denial.kind == DenialKind::Ended)
        .filter_map(|denial| denial.release)
        .collect();
    // Over is over: an end that is on record needs no entry, and one that came with its date stays an end as planned.
    for release in recorded.iter().filter(|release| release.ended_at.is_some()) {
        ended.remove(&release.id);
    }
    if forgotten(Written::of(written).orders(), &ended).is_empty() {
        return Ok(());
    }
    let binder = binders.of(caller.client).await?;
    let by = Proposer { device: None, staff: None, actor: Actor::Server };
    let (at, entropy) = (binders.ground.clock.now(), binders.ground.entropy.clone());
    commit(&binders.ground, &binder, Urgency::Restriction, by, move |contents: &Contents| {
        let mut proposal = Proposal::nothing();
        for release in forgotten(contents.written.orders(), &ended) {
            let act = Act::Revoke { on: RevokeOn::Release(release), hits: vec![release] };
            let entry = Entry { by: Author::Server, at, act };
            proposal.entries.push((EntryId::from_bytes(entropy.bytes()), entry.encode()));
        }
        Ok(proposal)
    })
    .await
}

/// Releases that were denied for good and that the orders know as not ended by a decision. One whose date has come since
/// is among them: its end was told, so that no later amendment may bring it back.
fn forgotten(orders: &Orders, ended: &BTreeSet<ReleaseId>) -> Vec<ReleaseId> {
    let known = ended.iter().filter(|id| orders.releases.get(*id).is_some_and(|release| !release.revoked));
    known.copied().collect()
}
