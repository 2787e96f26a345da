//! The circle of a client's phone: the therapists who treat them, numbers to call, and their other
//! phones.

use sync_core::id::DeviceId;

use super::{
    devices::{self, DeviceView},
    practice::{self, Contact},
    staff,
};
use crate::{
    domain::{
        documents::{binder::Binders, letters},
        records::audit::{Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, Urgency, devices::Person},
};

/// What a phone may know of who belongs to it.
pub struct Circle {
    /// The names of those who treat the client, the first first.
    pub therapists: Vec<String>,
    /// Whom to call.
    pub contact: Contact,
    /// The client's phones, this one too; those that were removed are not among them.
    pub devices: Vec<DeviceView>,
    /// Whether their listening is shared, as far as is known here: what some phone of theirs, or they themself in the room,
    /// said last. Not known while their journal cannot be read.
    pub shares_listening: Option<bool>,
}

/// Reads who belongs to the caller.
///
/// # Errors
/// When the database fails.
pub async fn read(ground: &Ground, caller: CompanionCaller) -> Result<Circle, Refusal> {
    let mut tx = ground.db.read().await?;
    let mut therapists = Vec::new();
    for treating in store::clients::care_team(&mut tx, caller.client).await? {
        if let Some(therapist) = store::staff::by_id(&mut tx, treating).await? {
            therapists.push(staff::name_of(ground, &mut tx, &therapist).await?);
        }
    }
    let contact = practice::view(ground, &mut tx, caller.practice).await?.contact;
    let mut devices = devices::list(ground, &mut tx, Person::Client(caller.client)).await?;
    devices.retain(|device| device.removed_at.is_none());
    // Numbers to call are told even when a journal is damaged.
    let shares_listening = letters::is_shared(ground, &mut tx, caller.practice, caller.client).await.ok();
    Ok(Circle { therapists, contact, devices, shares_listening })
}

/// Removes another phone of the same client: one that was lost.
///
/// # Errors
/// [`Refusal::NotFound`] when it is none of theirs, [`Refusal::DeviceUnconfirmed`] while nobody has said yes to the one
/// that asks: a phone that a stranger has added must not put the person's own away. Removing twice is no error.
pub async fn remove_device(
    binders: &Binders,
    caller: CompanionCaller,
    device: DeviceId,
) -> Result<(), Refusal> {
    binders
        .ground
        .commit(Urgency::Restriction.by(caller), move |ground, tx| {
            Box::pin(async move {
                devices::check_confirmed(tx, &caller).await?;
                let found = store::devices::by_id(tx, device).await?;
                found
                    .filter(|found| found.person == Person::Client(caller.client))
                    .ok_or(Refusal::NotFound)?;
                let at = ground.clock.now();
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::UnpairDevice);
                let entry = entry.client(caller.client).device(device);
                devices::unpair(ground, tx, device, at, &entry).await
            })
        })
        .await
        .map(|()| devices::end_connections(binders, device))
}
