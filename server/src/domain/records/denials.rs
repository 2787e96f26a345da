//! The server's signed statements to devices that leases have ended.

use std::{collections::BTreeSet, sync::Arc};

use sync_core::{
    device::MAX_HANDED_BACK,
    id::{DenialId, DeviceId, EntryId, IncarnationId, ReleaseId},
    instant::Instant,
    lease::{Denial, DenialKind, Signed},
    orders::{Act, Author, Entry, Orders, RevokeOn},
};

use super::{
    audit::Actor,
    wake_ups::{self, WakeUp},
};
use crate::{
    domain::{
        decisions::commit::{Proposal, Proposer, commit},
        documents::binder::Contents,
        leases::{LONGEST, rotations},
    },
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, StoreError, Tx, Urgency, denials::StoredDenial},
};

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
        wake_ups::enqueue(tx, device, WakeUp::Revocation { lease_end }, at, random[1]).await?;
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
    wake_ups::enqueue(tx, device, WakeUp::Revocation { lease_end: at + LONGEST }, at, random[1]).await
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
