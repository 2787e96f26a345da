//! Removes phones that nobody has said yes to within a day: by then every gate has refused them already.

use sync_core::{id::DeviceId, policy::UNCONFIRMED_FOR};

use crate::{
    domain::{
        documents::binder::Binders,
        people::devices,
        records::audit::{Action, Actor, AuditEntry},
    },
    nouns::Refusal,
    store::{self, Urgency, devices::Person},
};

/// How many phones one run removes.
pub const AT_ONCE: u32 = 64;

/// Removes up to [`AT_ONCE`] phones; gives how many it looked at.
///
/// # Errors
/// When the database or the ledger fails.
pub async fn run_once(binders: &Binders) -> Result<usize, Refusal> {
    let ground = &binders.ground;
    let mut tx = ground.db.read().await?;
    let before = ground.clock.now() - UNCONFIRMED_FOR;
    let over = store::devices::unconfirmed_before(&mut tx, before, AT_ONCE).await?;
    drop(tx);
    for device in &over {
        remove(binders, *device).await?;
    }
    Ok(over.len())
}

async fn remove(binders: &Binders, device: DeviceId) -> Result<(), Refusal> {
    binders
        .ground
        .commit(Urgency::Restriction, move |ground, tx| {
            Box::pin(async move {
                let at = ground.clock.now();
                // Under its lock: a therapist may have said yes meanwhile, or removed it.
                let Some(found) = store::devices::lock(tx, device).await? else { return Ok(()) };
                let Person::Client(client) = found.person else { return Ok(()) };
                if found.removed_at.is_some() || found.paired().ended_at(at).is_none() {
                    return Ok(());
                }
                let entry = AuditEntry::new(found.practice, at, Actor::Server, Action::UnpairDevice);
                devices::unpair(ground, tx, device, at, &entry.client(client).device(device)).await
            })
        })
        .await
        .map(|()| devices::end_connections(binders, device))
}

#[cfg(test)]
mod tests;
