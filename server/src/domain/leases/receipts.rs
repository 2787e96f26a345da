//! Receipts: the statements of devices, each under its device's own signature.

use p256::ecdsa::VerifyingKey;
use sync_core::{
    device::MAX_RECEIPTS,
    id::DeviceId,
    instant::{Instant, Span},
    lease::{Receipt, Signed},
};

use super::copied;
use crate::{
    domain::{
        documents::binder::Binders,
        people::devices,
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, StoreError, Tx, Urgency},
};

/// How many new receipts are taken from a device within an hour: years of honest ones that a phone brings at once, and far
/// too few to fill the database. Gaps in their numbers are no sign of anything: a restored server has forgotten some.
const TAKEN_AN_HOUR: i64 = 4_096;
const WAIT_SECS: u32 = 3_600;
/// How long a removed phone's token lasts when its receipts are in: the answer to the last of them may be lost.
const ASKED_AGAIN: Span = Span::from_days(1);

/// Takes receipts, removed devices' too; gives the number of the last one taken.
///
/// # Errors
/// [`Refusal::StatementInvalid`] when one is not validly signed by this device: then none is taken.
/// [`Refusal::TooManyRequests`] beyond what honest devices say. [`Refusal::DeviceCopied`] when a number comes with other content than before: the device is unpaired.
pub async fn take(binders: &Binders, caller: CompanionCaller, receipts: Vec<Signed>) -> Result<u64, Refusal> {
    Refusal::check_count("receipts", receipts.len(), 1, MAX_RECEIPTS)?;
    let receipts = checked(&binders.ground, caller, receipts).await?;
    let taken: Taken = binders
        .ground
        .commit(Urgency::Restriction.by(caller), move |ground, tx| {
            Box::pin(async move { take_all(ground, tx, caller, &receipts).await })
        })
        .await?;
    match taken {
        Taken::Upto(n) => Ok(n),
        Taken::Copied(device) => {
            devices::end_connections(binders, device);
            Err(Refusal::DeviceCopied)
        }
    }
}

/// Checks the signatures, at the workbench and before the writer: a device that brings many waits for itself.
async fn checked(
    ground: &Ground,
    caller: CompanionCaller,
    receipts: Vec<Signed>,
) -> Result<Vec<(Receipt, Vec<u8>)>, Refusal> {
    let mut tx = ground.db.read().await?;
    let device = store::devices::by_id(&mut tx, caller.device).await?.ok_or(Refusal::NotFound)?;
    drop(tx);
    let key = VerifyingKey::from_sec1_bytes(&device.signing_key).map_err(|_| Refusal::Unavailable)?;
    let check = move || {
        let opened = receipts.into_iter().map(|signed| {
            let receipt = Receipt::open(&signed, &key).ok()?;
            let is_storable = |number: u64| i64::try_from(number).is_ok();
            let is_ours =
                receipt.device == caller.device && is_storable(receipt.n) && is_storable(receipt.generation);
            is_ours.then_some((receipt, signed.body))
        });
        opened.collect::<Option<Vec<_>>>()
    };
    ground.signatures.work(caller.into(), check).await?.ok_or(Refusal::StatementInvalid)
}

/// Whether a removed phone knows that it is, and holds nothing that the server knows of.
async fn has_said_all(tx: &mut Tx, device: DeviceId, now: Instant) -> Result<bool, StoreError> {
    let (_, end) = store::leases::ends_of(tx, device).await?;
    Ok(end.is_none_or(|end| end <= now) && store::denials::knows_its_removal(tx, device).await?)
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
    receipts: &[(Receipt, Vec<u8>)],
) -> Result<Taken, Refusal> {
    let device = store::devices::lock(tx, caller.device).await?.ok_or(Refusal::NotFound)?;
    let now = ground.clock.now();
    store::devices::note_seen(tx, caller.device, now).await?;
    let recent = store::receipts::taken_since(tx, caller.device, now - Span::from_hours(1)).await?;
    if recent >= TAKEN_AN_HOUR {
        return Err(Refusal::TooManyRequests { after_secs: WAIT_SECS });
    }
    let mut upto = 0;
    for (receipt, body) in receipts {
        upto = upto.max(receipt.n);
        match store::receipts::body(tx, caller.device, receipt.n).await? {
            Some(known) if known == *body => continue,
            Some(_) => {
                copied::unpair(ground, tx, caller, now).await?;
                return Ok(Taken::Copied(caller.device));
            }
            None => {}
        }
        store::receipts::insert(tx, receipt, body, now).await?;
        // Of two that speak with one voice, one alone says that a clip is gone: the other may play it until its lease ends.
        if receipt.kind.is_gone() && device.copied_at.is_none() {
            store::leases::void_upto(tx, caller.device, receipt.release, receipt.generation, now).await?;
            store::denials::note_done(tx, caller.device, receipt.release, receipt.generation, now).await?;
        }
        let entry = AuditEntry::new(caller.practice, now, Actor::from(&caller), Action::TakeReceipt);
        audit::append(tx, &entry.client(caller.client).device(caller.device).about(receipt.release));
    }
    if caller.removed && has_said_all(tx, caller.device, now).await? {
        store::tokens::end_of_device_at(tx, caller.device, now + ASKED_AGAIN).await?;
    }
    Ok(Taken::Upto(upto))
}

#[cfg(test)]
mod tests;
