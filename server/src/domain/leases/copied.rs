//! The end of a device that was copied: two speak with one voice, and the server cannot know which
//! of them is the person's.

use sync_core::instant::Instant;

use crate::{
    domain::{
        documents::binder::Binders,
        people::devices,
        records::audit::{Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, Tx, Urgency},
};

/// Unpairs it, in the lane of restrictions, and closes its connections.
///
/// # Errors
/// When the database fails: then the next question finds it again.
pub(super) async fn end(binders: &Binders, caller: CompanionCaller) -> Result<(), Refusal> {
    let unpaired = binders.ground.commit(Urgency::Restriction.by(caller), move |ground, tx| {
        Box::pin(async move { unpair(ground, tx, caller, ground.clock.now()).await })
    });
    unpaired.await?;
    devices::end_connections(binders, caller.device);
    Ok(())
}

/// Unpairs it, and notes why, for the desk.
pub(super) async fn unpair(
    ground: &Ground,
    tx: &mut Tx,
    caller: CompanionCaller,
    now: Instant,
) -> Result<(), Refusal> {
    store::devices::note_copied(tx, caller.device, now).await?;
    let entry = AuditEntry::new(caller.practice, now, Actor::Server, Action::UnpairDevice);
    let entry = entry.client(caller.client).device(caller.device);
    devices::unpair(ground, tx, caller.device, now, &entry).await
}
