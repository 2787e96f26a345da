//! The denials in the answer to a question.

use sync_core::{
    id::{DenialId, ReleaseId},
    lease::Claim,
    policy::DeviceFacts,
};

use super::{Locked, newest_generations};
use crate::{
    domain::decisions::facts::Facts,
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller},
    store::{Tx, denials::StoredDenial},
};

/// Denials of what a device says to hold, and the gate does not allow: whoever asks hears of it, even if this database
/// does not know of the lease, or of the release, because it comes from a backup. They answer a claim that nobody signed,
/// so they are not kept.
///
/// # Errors
/// When the database fails.
pub(super) async fn deny_held(
    ground: &Ground,
    tx: &mut Tx,
    caller: CompanionCaller,
    locked: &Locked<'_>,
    holding: &[(ReleaseId, u64)],
    open: &[StoredDenial],
) -> Result<Vec<StoredDenial>, Refusal> {
    let Locked { orders, confirmed, now, .. } = *locked;
    let device_facts = DeviceFacts { active: true, confirmed };
    if holding.is_empty() {
        return Ok(Vec::new());
    }
    let facts = Facts::read(tx, caller.practice, caller.client, orders).await?;
    let newest = newest_generations(tx, caller).await?;
    let mut denials = Vec::new();
    for (id, generation) in holding {
        let gate =
            orders.releases.get(id).map(|release| facts.gate(orders, (*id, release), device_facts, now));
        let claim = Claim {
            gate,
            ended_on_record: facts.recorded(*id).is_some_and(|known| known.ended_at.is_some()),
            generation: *generation,
            issued: newest.get(id).map(|(_, generation)| *generation),
        };
        let told = open.iter().filter(|denial| denial.release == Some(*id));
        let told = told.map(|denial| (denial.kind, denial.upto_generation));
        let Some(kind) = claim.denied(told, now) else { continue };
        denials.push(StoredDenial {
            id: DenialId::new(now, ground.entropy.bytes()),
            device: caller.device,
            release: Some(*id),
            upto_generation: *generation,
            kind,
            at: now,
        });
    }
    Ok(denials)
}
