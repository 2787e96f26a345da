//! Everywhere: a revocation of a clip or a recording reaches every shelf that has it.
//!
//! A clip may be on several shelves, a couple's on two. Its revocation is one row beside the entry
//! in the orders of the client for whom it was written. The gate of every other client reads that
//! row under the locks of clip and recording, so that from the commit on no device is given a
//! lease. The rest follows from the outbox: each client's next commit writes the same revocation
//! into their own orders, under the same id and naming the releases that it hits there, before
//! anything else. So a release that a therapist makes later without having seen it waits for a
//! confirmation on that shelf as it does on the first.
//!
//! [`sync_core::settlement::everywhere`] finds the missing rows, their releases and the entries to
//! write. This room reads the rows and writes the entries.
//!
//! No client learns of another from this: orders reach no client, an entry names nothing but
//! releases of its own shelf, and every end looks alike.

use std::collections::BTreeSet;

use sync_core::{
    id::{ClientId, ClipId, EntryId, PracticeId, RecordingId},
    instant::Instant,
    orders::{Orders, RevokeOn},
    settlement::everywhere::{self, Brought},
};

use crate::{
    domain::records::{
        audit::{self, Action, Actor, AuditEntry},
        outbox::{self, SETTLE_CLIP, SETTLE_RECORDING},
    },
    ledger::Restriction,
    nouns::Refusal,
    store::{self, StoreError, Tx},
};

/// Whether a clip or recording is a client's to be released to and taken back: they were in the session, as the client
/// whose session it was or as one of the clients on its recording. Of narrower revocations the orders themselves say it.
///
/// # Errors
/// When the database fails.
pub async fn is_theirs(tx: &mut Tx, client: ClientId, on: RevokeOn) -> Result<bool, StoreError> {
    let recording = match on {
        RevokeOn::Clip(clip) => store::clips::by_id(tx, clip).await?.map(|clip| clip.recording),
        RevokeOn::Recording(recording) => Some(recording),
        RevokeOn::Release(_) | RevokeOn::Shelf => return Ok(true),
    };
    match recording {
        Some(recording) => store::recordings::was_there(tx, recording, client).await,
        None => Ok(false),
    }
}

/// Has a revocation count on every shelf from this transaction on. One of what was never this client's counts in their own
/// orders only: it takes nothing from strangers.
///
/// # Errors
/// When the database fails.
pub async fn note(
    tx: &mut Tx,
    client: ClientId,
    entry: EntryId,
    on: RevokeOn,
    now: Instant,
    random: [u8; 10],
) -> Result<(), StoreError> {
    if !is_theirs(tx, client, on).await? {
        return Ok(());
    }
    store::taken_back::note(tx, entry, on, now).await?;
    match on {
        RevokeOn::Clip(clip) => outbox::enqueue(tx, SETTLE_CLIP, clip.as_bytes(), now, random).await,
        RevokeOn::Recording(recording) => {
            outbox::enqueue(tx, SETTLE_RECORDING, recording.as_bytes(), now, random).await
        }
        RevokeOn::Release(_) | RevokeOn::Shelf => Ok(()),
    }
}

/// Revocations that cover one of these clips and that these orders do not have yet.
///
/// # Errors
/// When the database fails.
pub async fn missing(
    tx: &mut Tx,
    orders: &Orders,
    clips: &BTreeSet<(RecordingId, ClipId)>,
) -> Result<BTreeSet<(EntryId, RevokeOn)>, StoreError> {
    let mut rows = Vec::new();
    for (recording, clip) in clips {
        rows.extend(store::taken_back::of_clip(tx, *clip, *recording).await?);
    }
    Ok(everywhere::missing(orders, clips, rows))
}

/// Writes revocations of other shelves into a client's orders, and gives the entries; `orders` are what was written there
/// before.
///
/// # Errors
/// When the database fails, or a revocation cannot be written.
pub async fn bring(
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    orders: &Orders,
    missing: BTreeSet<(EntryId, RevokeOn)>,
    now: Instant,
) -> Result<Vec<(EntryId, Vec<u8>)>, Refusal> {
    let mut brought = Vec::new();
    for (entry, on) in missing {
        let Brought { hits, entries } = everywhere::bring(orders, (entry, on), now);
        let note = AuditEntry::new(practice, now, Actor::Server, Action::RevokeRelease).client(client);
        let note = hits.iter().copied().fold(note.about(entry), AuditEntry::about);
        for (id, entry) in entries {
            let bytes = entry.encode();
            if store::entries::insert(tx, client, id, &bytes, None, None, now).await? {
                tx.restrict(Restriction::Entry { client, id, bytes: bytes.clone() });
            }
            brought.push((id, bytes));
        }
        audit::append(tx, &note);
    }
    Ok(brought)
}

#[cfg(test)]
mod tests;
