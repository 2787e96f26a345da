//! Work that a decision leaves for a worker, in the transaction of the decision.

use sync_core::{
    id::OutboxId,
    instant::{Instant, Span},
};

use crate::{
    nouns::entropy::Entropy,
    store::{self, StoreError, Tx, outbox::NewWork},
};

/// Outbox work: settle one client.
pub const SETTLE_CLIENT: &str = "settle_client";
/// Outbox work: settle every client who has releases of a clip.
pub const SETTLE_CLIP: &str = "settle_clip";
/// Outbox work: settle every client who has releases of a recording.
pub const SETTLE_RECORDING: &str = "settle_recording";
/// What is left to be settled is settled however late a worker comes to it.
const SETTLE_FOR: Span = Span::from_days(3_650);

/// Leaves settling to be done, in the transaction of the decision that is its reason. From that commit on every gate
/// denies already; settling tells shelves and devices.
///
/// # Errors
/// When the database fails.
pub async fn enqueue(
    tx: &mut Tx,
    kind: &str,
    subject: &[u8; 16],
    now: Instant,
    random: [u8; 10],
) -> Result<(), StoreError> {
    let id = OutboxId::new(now, random);
    let expires_at = now + SETTLE_FOR;
    let work = NewWork { id, kind, subject, urgency: "high", created_at: now, expires_at };
    store::outbox::leave(tx, &work).await
}

/// Leaves everyone who has releases to be settled: after a restore, and when its hold ends.
///
/// # Errors
/// When the database fails.
pub async fn enqueue_everyone(tx: &mut Tx, now: Instant, entropy: &Entropy) -> Result<(), StoreError> {
    for client in store::releases::all_clients(tx).await? {
        enqueue(tx, SETTLE_CLIENT, client.as_bytes(), now, entropy.bytes()).await?;
    }
    Ok(())
}
