//! Socket tickets: a browser cannot send a header with a WebSocket, and a token must not stand in a URL.
//!
//! A ticket stands for one device, opens one socket, and does so within a minute; then it is worthless in a log.

use sync_core::instant::{Instant, Span};

use crate::{
    domain::{
        credentials::tokens::{BearerToken, device_caller},
        people::devices,
        records::hourly::{self, Counted},
    },
    ground::Ground,
    nouns::{
        Refusal,
        callers::{CompanionCaller, DeviceCaller},
    },
    store::{
        self, Urgency,
        tokens::{Owner, TokenKind},
    },
};

/// How long a ticket can be used.
pub const TICKET_FOR: Span = Span::from_mins(1);

/// A ticket and its end.
pub struct Ticket {
    /// What stands in the socket's path.
    pub token: BearerToken,
    /// When it stops.
    pub expires_at: Instant,
}

/// Whether a device may sync.
///
/// # Errors
/// [`Refusal::DeviceRemoved`], also for a console whose part has ended; [`Refusal::DeviceUnconfirmed`].
pub async fn admit(ground: &Ground, caller: &DeviceCaller) -> Result<(), Refusal> {
    match caller {
        DeviceCaller::Companion(companion) => admit_companion(ground, companion).await,
        DeviceCaller::Console(console) if console.ended => Err(Refusal::DeviceRemoved),
        DeviceCaller::Console(_) => Ok(()),
    }
}

/// A phone that was removed has nothing to sync. One that no therapist has said yes to is anybody's who had a code, and the
/// journal has the client's letters.
async fn admit_companion(ground: &Ground, companion: &CompanionCaller) -> Result<(), Refusal> {
    if companion.removed {
        return Err(Refusal::DeviceRemoved);
    }
    devices::check_confirmed(&mut ground.db.read().await?, companion).await
}

/// Gives a device a ticket.
///
/// # Errors
/// [`Refusal::DeviceRemoved`] and [`Refusal::DeviceUnconfirmed`] for a client's device; [`Refusal::TooManyRequests`].
pub async fn issue(ground: &Ground, caller: DeviceCaller) -> Result<Ticket, Refusal> {
    if let DeviceCaller::Companion(companion) = &caller {
        admit_companion(ground, companion).await?;
    }
    let now = ground.clock.now();
    let ticket = Ticket { token: BearerToken::new(ground.entropy.bytes()), expires_at: now + TICKET_FOR };
    ground
        .committer
        .commit(Urgency::Grant.by(caller), move |tx| {
            Box::pin(async move {
                hourly::count(tx, caller.device().as_bytes(), Counted::Ticket, now).await?;
                let owner = Owner::Device(caller.device());
                store::tokens::forget_stopped(tx, owner, now).await?;
                let (hash, end) = (ticket.token.hash(), Some(ticket.expires_at));
                store::tokens::insert(tx, &hash, TokenKind::Ticket, owner, now, end).await?;
                Ok(ticket)
            })
        })
        .await
}

/// Takes a ticket, once, and says which device comes with it.
///
/// # Errors
/// [`Refusal::Unauthenticated`] when it is unknown, was used or is past its time; [`Refusal::DeviceRemoved`] when the
/// client's device was removed in between.
pub async fn redeem(ground: &Ground, ticket: BearerToken) -> Result<DeviceCaller, Refusal> {
    let now = ground.clock.now();
    // Looked for by a reader first: a stranger who guesses takes no turn of the writer's.
    let mut tx = ground.db.read().await?;
    let found = store::tokens::find(&mut tx, &ticket.hash()).await?.ok_or(Refusal::Unauthenticated)?;
    drop(tx);
    let device = found.device.ok_or(Refusal::Unauthenticated)?;
    let holder = device_caller(&device, found.staff, now)?;
    let caller = ground
        .committer
        .commit(Urgency::Grant.by(holder), move |tx| {
            Box::pin(async move {
                let hash = ticket.hash();
                if !store::tokens::end(tx, &hash, TokenKind::Ticket, now).await? {
                    return Err(Refusal::Unauthenticated);
                }
                let found = store::tokens::find(tx, &hash).await?.ok_or(Refusal::Unauthenticated)?;
                let device = found.device.ok_or(Refusal::Unauthenticated)?;
                device_caller(&device, found.staff, now)
            })
        })
        .await?;
    match caller {
        DeviceCaller::Companion(companion) if companion.removed => Err(Refusal::DeviceRemoved),
        caller => Ok(caller),
    }
}
