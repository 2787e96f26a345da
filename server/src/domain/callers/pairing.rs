//! Pairing a client's phone: a therapist, or a phone that the client has already, makes a code, and
//! the client types it.
//!
//! A code lives a quarter of an hour, pairs one device, and is burnt after five wrong tries. Only a
//! caller who knows the whole code hears that it has run out or was used; every other caller hears
//! that it is not valid.
//!
//! A person has few phones, and few that wait for a therapist's yes (`sync-core/src/policy/paired.rs`). The caller who makes a
//! code hears it if there is no room for another phone. Decided is it when a phone comes with the code, under the client's
//! lock.
//!
//! A phone makes codes only after a therapist has said yes to it, has one open code at most, and
//! takes it along when it is removed. So a person who held it unlocked for a minute leaves no
//! second code behind, and no chain of unseen phones. The phone that comes by such a code waits for
//! a therapist's yes like any other, and the client's other phones are woken to show it.

use std::net::IpAddr;

use subtle::ConstantTimeEq;
use sync_core::{
    id::{ClientId, DeviceId, InvitationId, PracticeId},
    instant::{Instant, Span},
    pairing_code::PairingCode,
};
use zeroize::Zeroizing;

use crate::{
    domain::{
        credentials::tokens::BearerToken,
        people::{
            care,
            devices::{self, NewDevice},
            practice::{self, Contact},
        },
        records::{
            audit::{self, Action, Actor, AuditEntry},
            hourly::{self, Counted},
            wake_ups::{self, WakeUp},
        },
    },
    ground::Ground,
    nouns::{
        Refusal,
        authority::Authority,
        callers::{CompanionCaller, StaffCaller},
        failed_tries::Try,
    },
    store::{
        self, Tx, Urgency,
        devices::{Device, Person},
        invitations::{Invitation, Inviter, NewInvitation},
    },
    turns::Payer,
};

/// How long a code can be used.
pub const CODE_FOR: Span = Span::from_mins(15);
/// How many wrong tries burn a code.
pub const TRIES_MAX: i64 = 5;
/// How long a code's end is remembered, so that its holder hears what became of it.
pub const REMEMBERED_FOR: Span = Span::from_days(1);
/// How many locators are drawn before a full table is the likelier reason than chance.
const LOCATORS_DRAWN: usize = 8;

/// A code and its end.
pub struct Invited {
    /// The code as it is shown: `XXXX-XXXX-XXXX`.
    pub code: Zeroizing<String>,
    /// When it runs out.
    pub expires_at: Instant,
}

/// What a paired device is told, and keeps.
pub struct Paired {
    /// The device.
    pub device: DeviceId,
    /// What it sends with each request.
    pub token: BearerToken,
    /// The practice.
    pub practice: PracticeId,
    /// Whose device it is.
    pub client: ClientId,
    /// The key that signs leases and denials: pinned from now on.
    pub authority: Authority,
    /// Whom to call.
    pub contact: Contact,
}

/// Makes a code for a client's next device.
///
/// # Errors
/// [`Refusal::NotFound`] when the caller does not treat the client, [`Refusal::DevicesTooMany`].
pub async fn invite(ground: &Ground, caller: StaffCaller, client: ClientId) -> Result<Invited, Refusal> {
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                care::in_care(tx, &caller, client).await?;
                let at = ground.clock.now();
                devices::check_room(tx, Person::Client(client), at).await?;
                store::invitations::forget_expired(tx, at - REMEMBERED_FOR).await?;
                let (id, code) = draw(ground, tx, Inviter::Staff(caller.staff), client, at).await?;
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::InviteClient);
                audit::append(tx, &entry.client(client).about(id));
                Ok(Invited { code: code.shown(), expires_at: at + CODE_FOR })
            })
        })
        .await
}

/// Makes a code on a client's phone, for their next one. The code that it made before is void.
///
/// # Errors
/// [`Refusal::DeviceUnconfirmed`] while no therapist has said yes to the phone that asks, [`Refusal::DevicesTooMany`],
/// [`Refusal::TooManyRequests`].
pub async fn invite_next(ground: &Ground, caller: CompanionCaller) -> Result<Invited, Refusal> {
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                devices::check_confirmed(tx, &caller).await?;
                let at = ground.clock.now();
                devices::check_room(tx, Person::Client(caller.client), at).await?;
                hourly::count(tx, caller.client.as_bytes(), Counted::PairingCode, at).await?;
                store::invitations::forget_expired(tx, at - REMEMBERED_FOR).await?;
                store::invitations::forget_open_of(tx, caller.device).await?;
                let by = Inviter::Phone(caller.device);
                let (id, code) = draw(ground, tx, by, caller.client, at).await?;
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::InviteClient);
                audit::append(tx, &entry.client(caller.client).about(id));
                Ok(Invited { code: code.shown(), expires_at: at + CODE_FOR })
            })
        })
        .await
}

async fn draw(
    ground: &Ground,
    tx: &mut Tx,
    by: Inviter,
    client: ClientId,
    at: Instant,
) -> Result<(InvitationId, PairingCode), Refusal> {
    for _ in 0..LOCATORS_DRAWN {
        let code = PairingCode::new(ground.entropy.bytes());
        let new = NewInvitation {
            id: InvitationId::new(at, ground.entropy.bytes()),
            locator: code.locator(),
            secret_hash: &ground.keys.code_hash(code.locator(), code.secret()),
            client,
            by,
            at,
            expires_at: at + CODE_FOR,
        };
        if store::invitations::insert(tx, &new).await? {
            return Ok((new.id, code));
        }
    }
    Err(Refusal::Unavailable)
}

/// Pairs a device with a code.
///
/// # Errors
/// [`Refusal::CodeNotValid`]; [`Refusal::CodeExpired`] or [`Refusal::CodeUsed`] only when the whole code was right;
/// [`Refusal::DeviceKeyKnown`] when the device was paired before; [`Refusal::DevicesTooMany`].
pub async fn pair(ground: &Ground, network: IpAddr, typed: &str, new: NewDevice) -> Result<Paired, Refusal> {
    new.check()?;
    let code = PairingCode::parse(typed).ok_or(Refusal::CodeNotValid)?;
    let paired = ground
        .commit(Urgency::Grant.by(Payer::Network(network)), move |ground, tx| {
            Box::pin(async move {
                // Phones of one client are counted one after the other. A phone is removed under its lock, and its codes with
                // it. The client first, then the device, then the code, as there.
                let made_for = store::invitations::made_for(tx, code.locator()).await?;
                if let Some((client, _)) = made_for {
                    store::clients::lock(tx, client).await?;
                }
                let maker = match made_for.and_then(|(_, phone)| phone) {
                    Some(phone) => store::devices::lock(tx, phone).await?,
                    None => None,
                };
                // A wrong try is counted, so it is committed; every other refusal takes the counted try back.
                match prove(ground, tx, &code).await? {
                    Some(invitation) => accept(ground, tx, &invitation, maker, &new).await.map(Ok),
                    None => Ok(Err(Refusal::CodeNotValid)),
                }
            })
        })
        .await?;
    ground.bell.ring_for_wake_ups();
    if matches!(paired, Err(Refusal::CodeNotValid)) {
        ground.failed_tries.note(Try::Pair, None, ground.clock.now());
    }
    paired
}

async fn prove(ground: &Ground, tx: &mut Tx, code: &PairingCode) -> Result<Option<Invitation>, Refusal> {
    let hash = ground.keys.code_hash(code.locator(), code.secret());
    let found = store::invitations::count_try(tx, code.locator()).await?;
    Ok(found.filter(|found| {
        let right = bool::from(found.secret_hash.as_slice().ct_eq(hash.as_slice()));
        right && found.tries <= TRIES_MAX
    }))
}

async fn accept(
    ground: &Ground,
    tx: &mut Tx,
    invitation: &Invitation,
    maker: Option<Device>,
    new: &NewDevice,
) -> Result<Paired, Refusal> {
    let at = ground.clock.now();
    // A code may be made while its phone is being removed, or come back with a backup: none outlives the phone.
    if invitation.made_on.is_some() && maker.is_none_or(|phone| phone.removed_at.is_some()) {
        return Err(Refusal::CodeNotValid);
    }
    if invitation.used_at.is_some() {
        return Err(Refusal::CodeUsed);
    }
    if at >= invitation.expires_at {
        return Err(Refusal::CodeExpired);
    }
    let client = store::clients::by_id(tx, invitation.client).await?;
    let client = client.filter(|client| client.ended_at.is_none()).ok_or(Refusal::CodeNotValid)?;
    devices::check_room(tx, Person::Client(client.id), at).await?;
    let added = devices::insert(ground, tx, client.practice, Person::Client(client.id), new).await?;
    store::invitations::note_used(tx, invitation.id, added.device, at).await?;
    let actor = Actor::Client { id: client.id, device: added.device };
    let entry = AuditEntry::new(client.practice, at, actor, Action::PairDevice);
    audit::append(tx, &entry.client(client.id).device(added.device).about(invitation.id));
    if invitation.made_on.is_some() {
        wake_others(ground, tx, client.id, added.device, at).await?;
    }
    let practice = practice::view(ground, tx, client.practice).await?;
    Ok(Paired {
        device: added.device,
        token: added.token,
        practice: practice.id,
        client: client.id,
        authority: practice.authority,
        contact: practice.contact,
    })
}

/// The phones that were there before show the new one: somebody may have added it who is not their person.
async fn wake_others(
    ground: &Ground,
    tx: &mut Tx,
    client: ClientId,
    new: DeviceId,
    at: Instant,
) -> Result<(), Refusal> {
    for phone in store::devices::of_person(tx, Person::Client(client)).await? {
        if phone.id != new && phone.paired().ended_at(at).is_none() {
            wake_ups::enqueue(tx, phone.id, WakeUp::Release, at, ground.entropy.bytes()).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
