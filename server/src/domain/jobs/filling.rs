//! Fills the rows of words for clients whose words are in documents only: those whom an older version has written.
//!
//! It runs when the server starts, before anything is served, so that every reader finds everything in rows. A client whose
//! documents cannot be read, or whose key is not here, is left for the next start: their letters are listed without
//! their words, and no lease is made without theirs.

use std::collections::BTreeMap;

use sync_core::{
    documents::{Kind, Letter, entries},
    id::{ClientId, EntryId, PracticeId},
    instant::Instant,
};

use crate::{
    domain::documents::{self, letters, notes},
    ground::Ground,
    nouns::Refusal,
    store::{self, StoreError, Tx, Urgency},
};

/// Fills what is missing.
///
/// # Errors
/// When the database fails.
pub async fn run(ground: &Ground) -> Result<(), StoreError> {
    let mut tx = ground.db.read().await?;
    let clients = store::notes::not_in_rows(&mut tx).await?;
    drop(tx);
    for client in clients {
        if let Err(error) = fill(ground, client).await {
            tracing::error!(%error, "a client's words could not be put into rows; the next start tries again");
        }
    }
    Ok(())
}

async fn fill(ground: &Ground, client: ClientId) -> Result<(), Refusal> {
    ground
        .commit(Urgency::Grant, move |ground, tx| Box::pin(async move { fill_in(ground, tx, client).await }))
        .await
}

async fn fill_in(ground: &Ground, tx: &mut Tx, client: ClientId) -> Result<(), Refusal> {
    let practice = store::clients::by_id(tx, client).await?.ok_or(Refusal::NotFound)?.practice;
    let of = (practice, client);
    let letters = written(ground, tx, of, Kind::Journal).await?;
    let received = store::letters::since(tx, client, Instant::from_millis(0), i64::MAX).await?;
    let received: BTreeMap<_, _> =
        received.into_iter().map(|letter| (letter.id, letter.received_at)).collect();
    let written_at: BTreeMap<_, _> =
        letters.iter().filter_map(|(id, bytes)| Some((*id, Letter::decode(bytes).ok()?.at()))).collect();
    // Of a letter whose row is missing, its own instant is all there is.
    let at = |id: &EntryId| {
        let at = received.get(id).or_else(|| written_at.get(id));
        at.copied().unwrap_or(Instant::from_millis(0))
    };
    letters::keep(ground, tx, of, &letters, at).await?;
    // What a successor has left out long ago is in the journal no more.
    store::letters::forget_wordless(tx, client).await?;
    let notes = written(ground, tx, of, Kind::Casebook).await?;
    notes::keep(ground, tx, of, &notes).await?;
    Ok(store::notes::all_in_rows(tx, client).await?)
}

async fn written(
    ground: &Ground,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    kind: Kind,
) -> Result<Vec<(EntryId, Vec<u8>)>, Refusal> {
    let read = documents::committed(ground, tx, practice, client, kind).await?;
    Ok(entries(&read.open(ground, client).await?.ok_or(Refusal::Unavailable)?.document))
}

#[cfg(test)]
mod tests;
