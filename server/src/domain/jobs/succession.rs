//! Succession: documents that have grown with the years are replaced by fresh ones with the entries
//! that still count.
//!
//! A replica is opened, synced and merged at the cost of its whole history, and history cannot be
//! taken out of one. So a worker looks once a night which documents have grown, and makes each of
//! them a successor under another id, in one transaction like any decision. The old document sleeps
//! under its id. A reader there is told that it is not to be had and asks for the list of
//! documents. A device that has not heard of the successor may still write there: the old document
//! vets its changes, and the server enters them into the successor (`sync/late.rs`). No entry that
//! is left out will be missed: [`documents::succeeding`](sync_core::documents::succeeding).

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    documents::{DocumentId, Kind},
    id::ClientId,
    instant::Span,
};

use crate::{
    domain::{
        decisions::commit::{Proposal, Proposer, commit},
        documents::binder::{Binders, Contents, GROWN},
    },
    nouns::Refusal,
    store::{self, Urgency},
};

/// How many changes a document may have before it is replaced.
pub const MAX_CHANGES: u32 = 4_096;
/// How many bytes a document may take up in the database before it is replaced.
pub const MAX_BYTES: u32 = GROWN as u32;
/// How long a document is left alone after it was made: one that is large for what still counts in it would get another id
/// every night.
pub const REST_FOR: Span = Span::from_days(30);

/// The same where one has just become large: a phone that fills its journal again and again gets a new one once a day.
pub const REST_SOON: Span = Span::from_days(1);

/// Replaces every document that has grown; gives how many were. One that cannot be read keeps nobody from theirs.
///
/// # Errors
/// When the database fails.
pub async fn run_once(binders: &Binders) -> Result<usize, Refusal> {
    let mut tx = binders.ground.db.read().await?;
    let made_until = binders.ground.clock.now() - REST_FOR;
    let (changes, bytes) = (i64::from(MAX_CHANGES), i64::from(MAX_BYTES));
    let grown = store::predecessors::grown(&mut tx, changes, bytes, made_until).await?;
    drop(tx);
    let mut of_clients: BTreeMap<ClientId, Vec<(Kind, DocumentId)>> = BTreeMap::new();
    for grown in grown {
        of_clients.entry(grown.client).or_default().push((grown.kind, grown.document));
    }
    let mut replaced = 0;
    for (client, grown) in of_clients {
        let count = grown.len();
        match succeed(binders, client, grown).await {
            Ok(()) => replaced += count,
            Err(error) => tracing::error!(%error, "a document could not be replaced and stays as it is"),
        }
    }
    Ok(replaced)
}

/// Replaces what has grown of these clients, as soon as it has; gives how many documents were. A worker calls it for the
/// clients whose documents a commit has left large, so that nobody reads a large one until the night.
///
/// # Errors
/// When the database fails.
pub async fn run_soon(binders: &Binders, clients: BTreeSet<ClientId>) -> Result<usize, Refusal> {
    let made_until = binders.ground.clock.now() - REST_SOON;
    let mut replaced = 0;
    for client in clients {
        let mut tx = binders.ground.db.read().await?;
        let grown = store::predecessors::grown_of(&mut tx, client, i64::from(MAX_BYTES), made_until).await?;
        drop(tx);
        if grown.is_empty() {
            continue;
        }
        let count = grown.len();
        match succeed(binders, client, grown).await {
            Ok(()) => replaced += count,
            Err(error) => tracing::error!(%error, "a document could not be replaced and stays as it is"),
        }
    }
    Ok(replaced)
}

/// Replaces these documents of a client, if they are in use under these ids still: another server may have been faster.
/// Orders and shelf go together, so that both begin from the same state.
///
/// # Errors
/// [`Refusal::Unavailable`] when one is damaged, or nothing could be committed.
pub async fn succeed(
    binders: &Binders,
    client: ClientId,
    grown: Vec<(Kind, DocumentId)>,
) -> Result<(), Refusal> {
    let mut grown = grown;
    if !are_notes_in_rows(binders, client).await? {
        grown.retain(|(kind, _)| *kind != Kind::Casebook);
    }
    let binder = binders.of(client).await?;
    let by = Proposer::server();
    commit(&binders.ground, &binder, Urgency::Grant, by, move |contents: &Contents| {
        let mut succeed: Vec<Kind> = Vec::new();
        for (kind, id) in &grown {
            if contents.sheet(*kind)?.id != *id {
                continue;
            }
            let together = match kind {
                Kind::Orders | Kind::Shelf => &[Kind::Orders, Kind::Shelf][..],
                Kind::Journal => &[Kind::Journal],
                Kind::Casebook => &[Kind::Casebook],
            };
            if !together.iter().any(|kind| succeed.contains(kind)) {
                succeed.extend(together);
            }
        }
        Ok(Proposal { succeed, ..Proposal::default() })
    })
    .await
}

/// Whether a casebook's successor may leave notes out: all of them are in rows.
async fn are_notes_in_rows(binders: &Binders, client: ClientId) -> Result<bool, Refusal> {
    let mut tx = binders.ground.db.read().await?;
    Ok(store::notes::are_in_rows(&mut tx, client).await?)
}

#[cfg(test)]
mod tests;
