//! Late restrictions: a console has taken something away for good after its part's end. It rests
//! until a therapist who treats the client decides.
//!
//! The laptop may be in a thief's hands, or in those of a therapist who has left with something
//! undone. With a yes the restriction is entered as the therapist's own, and then the holds are
//! lifted that stood in its place. With a no they are lifted.

use sync_core::{
    id::{ClientId, EntryId},
    orders::{Act, Entry, RevokeOn},
};

use super::{CaseFile, Desk, Draft};
use crate::{
    domain::{decisions::everywhere, documents::binder::Binders},
    nouns::{Refusal, callers::StaffCaller},
    store::{StoreError, Urgency, late_restrictions},
};

/// Says yes or no. The same answer again changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`] for a client not in care or a restriction that never came late, [`Refusal::Conflict`] when the other
/// answer was given.
pub async fn decide(
    binders: &Binders,
    caller: StaffCaller,
    client: ClientId,
    entry: EntryId,
    accept: bool,
) -> Result<(), Refusal> {
    let desk = Desk::open(binders, caller, client).await?;
    let mut tx = binders.ground.db.read().await?;
    let late = late_restrictions::find(&mut tx, client, entry).await?.ok_or(Refusal::NotFound)?;
    match late.accepted {
        Some(said) if said == accept => return Ok(()),
        Some(_) => return Err(Refusal::Conflict),
        None => {}
    }
    let act = Entry::decode(&late.bytes).map_err(|_| Refusal::Unavailable)?.act;
    if let Act::Revoke { on, .. } = &act
        && accept
        && !everywhere::is_theirs(&mut tx, client, *on).await?
    {
        return Err(Refusal::NotFound);
    }
    drop(tx);
    let holds = late.holds;
    let urgency = if accept { Urgency::Restriction } else { Urgency::Grant };
    desk.write(urgency, move |written| {
        let stands = |id: &EntryId| {
            written.orders().shelf_holds.contains_key(id)
                || written.orders().releases.values().any(|release| release.holds.contains_key(id))
        };
        let standing: Vec<_> = holds.iter().copied().filter(stands).collect();
        let accepted = (accept && !is_in_force(written, &act)).then(|| act.clone());
        let lifted = (!standing.is_empty()).then_some(Act::Lift { holds: standing });
        Ok(Draft { acts: accepted.into_iter().chain(lifted).collect(), ..Draft::<()>::default() })
    })
    .await?;
    // A crash before this leaves the question open, and the same answer does nothing twice.
    let (now, ground) = (binders.ground.clock.now(), &binders.ground);
    let done: Result<(), StoreError> = ground
        .committer
        .commit(urgency.by(caller), move |tx| {
            Box::pin(async move {
                late_restrictions::decide(tx, (client, entry), accept, caller.staff, now).await
            })
        })
        .await;
    Ok(done?)
}

/// Whether entering it would add nothing.
fn is_in_force(written: &CaseFile<'_>, act: &Act) -> bool {
    let Act::Revoke { on, hits } = act else { return false };
    let orders = written.orders();
    let is_revoked = |id| orders.releases.get(id).is_some_and(|release| release.revoked);
    match on {
        RevokeOn::Release(release) => is_revoked(release),
        on => hits.iter().all(is_revoked) && orders.wide_revocations.iter().any(|(_, known)| known == on),
    }
}
