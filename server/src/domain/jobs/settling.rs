//! Work that follows from decisions: fanning out a decision that touches many clients, and ending
//! releases on their date.
//!
//! Each function does the work that is due now and returns, so that a test runs it by hand; `serve`
//! runs them in loops.

use sync_core::{
    id::{ClientId, ClipId, RecordingId},
    instant::{Instant, Span},
};

use crate::{
    domain::{
        decisions::commit::settle,
        documents::binder::Binders,
        records::outbox::{SETTLE_CLIENT, SETTLE_CLIP, SETTLE_RECORDING},
    },
    nouns::Refusal,
    store::{self, StoreError, Urgency},
};

/// How many pieces one round takes.
const ROUND: u32 = 64;
/// How long a worker that died keeps a piece from others.
const CLAIM_FOR: Span = Span::from_mins(1);
/// Settles what was left to be settled; gives how many pieces of work that were.
///
/// # Errors
/// When the database fails: the work stays due.
pub async fn settle_due(binders: &Binders) -> Result<usize, Refusal> {
    let now = binders.ground.clock.now();
    let claimed: Vec<_> = binders
        .ground
        .committer
        .commit::<_, Refusal, _>(Urgency::Restriction, move |tx| {
            Box::pin(async move {
                let until = now + CLAIM_FOR;
                let mut claimed = Vec::new();
                for kind in [SETTLE_CLIENT, SETTLE_CLIP, SETTLE_RECORDING] {
                    let work = store::outbox::claim(tx, kind, now, until, ROUND).await?;
                    claimed.extend(work.into_iter().map(|work| (kind, work)));
                }
                Ok(claimed)
            })
        })
        .await?;
    if claimed.is_empty() {
        return Ok(0);
    }
    let mut settled = 0;
    for (kind, work) in claimed {
        let clients = concerned(binders, kind, work.subject).await?;
        // What fails stays due, and nobody else waits for it.
        if settle_all(binders, &clients).await < clients.len() {
            continue;
        }
        let done = binders.ground.committer.commit::<_, StoreError, _>(Urgency::Restriction, move |tx| {
            Box::pin(async move { store::outbox::finish(tx, work.id).await })
        });
        done.await?;
        settled += 1;
    }
    Ok(settled)
}

/// Whom a piece of work concerns.
async fn concerned(binders: &Binders, kind: &str, subject: [u8; 16]) -> Result<Vec<ClientId>, Refusal> {
    let mut tx = binders.ground.db.read().await?;
    Ok(match kind {
        SETTLE_CLIENT => vec![ClientId::from_bytes(subject)],
        SETTLE_CLIP => store::releases::clients_with_clip(&mut tx, ClipId::from_bytes(subject)).await?,
        _ => store::releases::clients_with_recording(&mut tx, RecordingId::from_bytes(subject)).await?,
    })
}

/// Settles clients about whose releases time alone has changed something: an end has come, a hold has passed. Devices
/// end by their own clocks; this tells shelves and therapists. Gives how many clients were settled.
///
/// # Errors
/// When the database fails.
pub async fn settle_in_time(binders: &Binders) -> Result<usize, Refusal> {
    let mut tx = binders.ground.db.read().await?;
    let due = store::releases::clients_due(&mut tx, binders.ground.clock.now(), ROUND).await?;
    drop(tx);
    Ok(settle_all(binders, &due).await)
}

/// When time changes something next.
///
/// # Errors
/// When the database fails.
pub async fn next_settlement(binders: &Binders) -> Result<Option<Instant>, Refusal> {
    let mut tx = binders.ground.db.read().await?;
    Ok(store::releases::next_settlement(&mut tx).await?)
}

/// Settles each of them; gives how many could be. One whose documents cannot be read keeps nobody from theirs.
async fn settle_all(binders: &Binders, clients: &[ClientId]) -> usize {
    let mut settled = 0;
    for client in clients {
        match settle(binders, *client, Urgency::Restriction).await {
            Ok(()) => settled += 1,
            Err(error) => tracing::error!(%error, "a client could not be settled and stays due"),
        }
    }
    settled
}
