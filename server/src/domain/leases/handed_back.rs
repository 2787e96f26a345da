//! Denials that a device hands back: the server has signed them, and a restore may have forgotten them.

use std::collections::BTreeSet;

use sync_core::{
    device::MAX_HANDED_BACK,
    id::{EntryId, ReleaseId},
    lease::{Denial, Signed},
    orders::{Orders, Written},
    settlement::{ending, forgotten},
};

use super::rotations::EveryKey;
use crate::{
    domain::{
        decisions::commit::{Proposal, Proposer, commit},
        documents::binder::{Binders, Contents},
    },
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, Urgency},
};

/// How often further keys are tried on the denials of one question: clocks of servers differ.
const TRIES: usize = 512;

/// Takes back denials that devices were given: what this server has signed as ended is ended, even if a restore has
/// forgotten it. Denials that are not this practice's, or not this device's, say nothing.
///
/// # Errors
/// When there are too many, or the database fails.
pub async fn take_back(
    binders: &Binders,
    caller: CompanionCaller,
    handed: Vec<Signed>,
) -> Result<(), Refusal> {
    Refusal::check_count("denials", handed.len(), 0, MAX_HANDED_BACK)?;
    if handed.is_empty() {
        return Ok(());
    }
    let mut tx = binders.ground.db.read().await?;
    let keys = EveryKey::of(&mut tx, caller.practice).await?;
    let recorded = store::releases::of_client(&mut tx, caller.client).await?;
    let written = store::entries::of_client(&mut tx, caller.client).await?;
    drop(tx);
    let check = move || {
        let mut tries = TRIES;
        let opened = handed.into_iter().filter_map(|signed| {
            let issued_at = Denial::issued_at_unproved(&signed)?;
            let open = |(n, key)| {
                // The first two cost a phone nothing: a rotation may have been under way.
                tries = if n < 2 { tries } else { tries.checked_sub(1)? };
                Some(Denial::open(&signed, key).ok())
            };
            keys.nearest(issued_at).enumerate().map_while(open).flatten().next()
        });
        opened.filter_map(|denial| denial.ended_on(caller.device)).collect::<BTreeSet<ReleaseId>>()
    };
    let told = binders.ground.signatures.work(caller.into(), check).await?;
    let recorded = recorded.into_iter().filter(|release| release.ended_at.is_some());
    let recorded: BTreeSet<ReleaseId> = recorded.map(|release| release.id).collect();
    let forgotten = move |orders: &Orders| forgotten(orders, &told, |id| recorded.contains(&id));
    if forgotten(Written::of(written).orders()).is_empty() {
        return Ok(());
    }
    let binder = binders.of(caller.client).await?;
    let by = Proposer::server_for(caller);
    let (at, entropy) = (binders.ground.clock.now(), binders.ground.entropy.clone());
    commit(&binders.ground, &binder, Urgency::Restriction, by, move |contents: &Contents| {
        let mut proposal = Proposal::nothing();
        for release in forgotten(contents.written.orders()) {
            proposal.entries.push((EntryId::from_bytes(entropy.bytes()), ending(release, at).encode()));
        }
        Ok(proposal)
    })
    .await
}
