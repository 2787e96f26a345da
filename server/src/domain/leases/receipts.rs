//! Receipts: the statements of devices, each under its device's own signature.

use std::sync::Arc;

use p256::ecdsa::VerifyingKey;
use sync_core::{
    device::MAX_RECEIPTS,
    id::DeviceId,
    instant::Span,
    lease::{Receipt, Signed},
};

use crate::{
    domain::{
        documents::binder::Binders,
        leases::DeviceQueue,
        people::devices,
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, Tx, Urgency},
};

/// How many new receipts are taken from a device within an hour: years of honest ones that a phone brings at once, and far
/// too few to fill the database. Gaps in their numbers are no sign of anything: a restored server has forgotten some.
const TAKEN_AN_HOUR: i64 = 4_096;
const WAIT_SECS: u32 = 3_600;

/// Takes receipts, removed devices' too; gives the number of the last one taken.
///
/// # Errors
/// [`Refusal::StatementInvalid`] when one is not validly signed by this device: then none is taken.
/// [`Refusal::TooManyRequests`] beyond what honest devices say. [`Refusal::DeviceCopied`] when a number comes with other content than before: the device is unpaired.
pub async fn take(
    binders: &Binders,
    queue: &Arc<DeviceQueue>,
    caller: CompanionCaller,
    receipts: Vec<Signed>,
) -> Result<u64, Refusal> {
    Refusal::check_count("receipts", receipts.len(), 1, MAX_RECEIPTS)?;
    let turn = queue.take(caller.device)?;
    let taken: Taken = binders
        .ground
        .commit(Urgency::Restriction, move |ground, tx| {
            Box::pin(async move {
                let _turn = turn;
                take_all(ground, tx, caller, &receipts).await
            })
        })
        .await?;
    match taken {
        Taken::Upto(n) => Ok(n),
        Taken::Copied(device) => {
            binders.end(device);
            binders.ground.bell.ring_for_wake_ups();
            Err(Refusal::DeviceCopied)
        }
    }
}

enum Taken {
    Upto(u64),
    /// Two devices speak with one voice. The unpairing must be committed, so it is no error of the transaction.
    Copied(DeviceId),
}

async fn take_all(
    ground: &Ground,
    tx: &mut Tx,
    caller: CompanionCaller,
    receipts: &[Signed],
) -> Result<Taken, Refusal> {
    let device = store::devices::lock(tx, caller.device).await?.ok_or(Refusal::NotFound)?;
    let key = VerifyingKey::from_sec1_bytes(&device.signing_key).map_err(|_| Refusal::Unavailable)?;
    let now = ground.clock.now();
    store::devices::note_seen(tx, caller.device, now).await?;
    let recent = store::receipts::taken_since(tx, caller.device, now - Span::from_hours(1)).await?;
    if recent >= TAKEN_AN_HOUR {
        return Err(Refusal::TooManyRequests { after_secs: WAIT_SECS });
    }
    let mut upto = 0;
    for signed in receipts {
        let receipt = Receipt::open(signed, &key).map_err(|_| Refusal::StatementInvalid)?;
        let is_storable = |number: u64| i64::try_from(number).is_ok();
        let is_ours =
            receipt.device == caller.device && is_storable(receipt.n) && is_storable(receipt.generation);
        if !is_ours {
            return Err(Refusal::StatementInvalid);
        }
        upto = upto.max(receipt.n);
        match store::receipts::body(tx, caller.device, receipt.n).await? {
            Some(known) if known == signed.body => continue,
            Some(_) => {
                let entry = AuditEntry::new(caller.practice, now, Actor::Server, Action::UnpairDevice);
                let entry = entry.client(caller.client).device(caller.device);
                devices::unpair(ground, tx, caller.device, now, &entry).await?;
                return Ok(Taken::Copied(caller.device));
            }
            None => {}
        }
        store::receipts::insert(tx, &receipt, &signed.body, now).await?;
        if receipt.kind.is_gone() {
            store::leases::void_upto(tx, caller.device, receipt.release, receipt.generation, now).await?;
            store::denials::note_done(tx, caller.device, receipt.release, receipt.generation, now).await?;
        }
        let entry = AuditEntry::new(caller.practice, now, Actor::from(&caller), Action::TakeReceipt);
        audit::append(tx, &entry.client(caller.client).device(caller.device).about(receipt.release));
    }
    Ok(Taken::Upto(upto))
}

#[cfg(test)]
mod tests;
