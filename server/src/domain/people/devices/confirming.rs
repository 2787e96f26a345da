//! A therapist's yes to a phone, by the four digits that it shows.

use sync_core::{
    digits::Digits,
    id::{ClientId, DeviceId},
};

use super::of_client_in_care;
use crate::{
    domain::records::{
        audit::{self, Action, Actor, AuditEntry},
        hourly::{self, Counted},
        wake_ups::{self, WakeUp},
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, StoreError, Urgency, devices::Device},
};

/// Notes that the therapist takes a device for the client's, whose phone shows these digits: no lease before.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not a device of a client of the caller's, [`Refusal::DeviceRemoved`] when it was removed
/// or has waited too long, [`Refusal::DigitsNotRight`], [`Refusal::TooManyRequests`].
pub async fn confirm(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
    device: DeviceId,
    digits: Option<Digits>,
) -> Result<(), Refusal> {
    let (at, random) = (ground.clock.now(), ground.entropy.bytes());
    ground
        .committer
        .commit(Urgency::Grant.by(caller), move |tx| {
            Box::pin(async move {
                // Its time may be over, and a worker about to remove it.
                store::devices::lock(tx, device).await?;
                let found = of_client_in_care(tx, &caller, client, device).await?;
                if found.paired().ended_at(at).is_some() {
                    return Err(Refusal::DeviceRemoved);
                }
                // Right ones are counted, too: after enough tries, somebody's guess is one of them.
                hourly::count(tx, device.as_bytes(), Counted::Digits, at).await?;
                let entry = |action| {
                    let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), action);
                    entry.client(client).device(device)
                };
                if digits != Some(digits_of(&found)?) {
                    // A wrong try is counted and in the audit, so it is committed.
                    audit::append(tx, &entry(Action::FailConfirmDevice));
                    return Ok(Err(Refusal::DigitsNotRight));
                }
                if store::devices::confirm(tx, device, at).await? {
                    wake_ups::enqueue(tx, device, WakeUp::Release, at, random).await?;
                    audit::append(tx, &entry(Action::ConfirmDevice));
                }
                Ok(Ok(()))
            })
        })
        .await?
}

/// The digits that a device shows its person, and that no answer of the server has.
///
/// # Errors
/// When what is stored is no device's key.
pub fn digits_of(device: &Device) -> Result<Digits, StoreError> {
    let key = |bytes: &[u8]| <[u8; 65]>::try_from(bytes).map_err(|_| StoreError::Inconsistent("device"));
    Ok(Digits::of(device.id, &key(&device.exchange_key)?, &key(&device.signing_key)?))
}
