//! The server's signed statements to devices that leases have ended.

use std::{collections::BTreeSet, sync::Arc};

use sync_core::{
    device::MAX_HANDED_BACK,
    id::{DenialId, DeviceId, EntryId, IncarnationId, ReleaseId},
    instant::Instant,
    lease::{Denial, DenialKind, Signed},
    orders::{Act, Author, Entry, Orders, RevokeOn},
};

use super::{commit::{Proposal, Proposer, commit}, wakeups::{self, WakeUp}};
use crate::{app::App, domain::{documents::{audit::Actor, binder::Contents}, leases::{LONGEST, rotations}}, nouns::{Refusal, callers::CompanionCaller}, store::{self, StoreError, Tx, Urgency, denials::StoredDenial}};

/// Leaves a denial of everything for a device that is no longer paired, in the transaction that removes it, and wakes it.
/// `random` makes the ids of the two.
///
/// # Errors
/// When the database fails.
pub async fn unpaired(
    tx: &mut Tx,
    device: DeviceId,
    at: Instant,
    random: [[u8; 10]; 2],
) -> Result<(), StoreError> {
    let (upto_generation, lease_end) = store::leases::ends_of(tx, device).await?;
    let denial = StoredDenial {
        id: DenialId::new(at, random[0]),
        device,
        release: None,
        upto_generation,
        kind: DenialKind::Unpaired,
        at,
    };
    store::denials::insert(tx, &denial).await?;
    if let Some(lease_end) = lease_end {
        // Nothing is left where the last lease has ended: there is nothing to take away.
        wakeups::enqueue(tx, device, WakeUp::Revocation { lease_end }, at, random[1]).await?;
    }
    Ok(())
}

/// The same for a removal that a database had forgotten. It may have forgotten leases, too: the denial covers all of them, and
/// the wake-up is worth sending until the longest has ended.
///
/// # Errors
/// When the database fails.
pub async fn unpaired_again(
    tx: &mut Tx,
    device: DeviceId,
    at: Instant,
    random: [[u8; 10]; 2],
) -> Result<(), StoreError> {
    store::denials::insert(tx, &of_everything(device, at, random[0])).await?;
    wakeups::enqueue(tx, device, WakeUp::Revocation { lease_end: at + LONGEST }, at, random[1]).await
}

/// A denial of every lease that a device was ever given, also those of which nobody knows any more.
#[must_use]
pub fn of_everything(device: DeviceId, at: Instant, random: [u8; 10]) -> StoredDenial {
    StoredDenial {
        id: DenialId::new(at, random),
        device,
        release: None,
        upto_generation: u64::MAX >> 1,
        kind: DenialKind::Unpaired,
        at,
    }
}

/// Signs a denial for the device that asks now.
#[must_use]
pub fn sign(
    denial: &StoredDenial,
    incarnation: IncarnationId,
    issued_at: Instant,
    key: &p256::ecdsa::SigningKey,
) -> Signed {
    let StoredDenial { id, device, release, upto_generation, kind, at } = *denial;
    Denial { id, device, release, upto_generation, kind, at, issued_at, incarnation }.sign(key)
}

/// Takes back denials that devices were given: what this server has signed as ended is ended, even if a restore has
/// forgotten it. Denials that are not this practice's, or not this device's, say nothing.
///
/// # Errors
/// When there are too many, or the database fails.
pub async fn take_back(app: &Arc<App>, caller: CompanionCaller, handed: &[Signed]) -> Result<(), Refusal> {
    if handed.len() > MAX_HANDED_BACK {
        return Err(Refusal::OutOfBounds("denials: 256 at most"));
    }
    if handed.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.read().await?;
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
    let orders = Orders::fold_encoded(written.iter().map(|(id, bytes)| (*id, bytes.as_slice())));
    if forgotten(&orders, &ended).is_empty() {
        return Ok(());
    }
    let binder = app.binders.of(app, caller.client).await?;
    let by = Proposer { device: None, staff: None, actor: Actor::Server };
    let (at, entropy) = (app.clock.now(), app.entropy.clone());
    commit(app, &binder, Urgency::Restriction, by, move |contents: &Contents| {
        let written = contents.entries.iter();
        let orders = Orders::fold_encoded(written.map(|(id, bytes)| (*id, bytes.as_slice())));
        let mut proposal = Proposal::nothing();
        for release in forgotten(&orders, &ended) {
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
