//! Notes of clients' casebooks, each sealed by itself; and whether a client's words are in rows at all.

use sync_core::id::{ClientId, EntryId, ReleaseId};

use crate::store::{
    StoreError, Tx,
    columns::{entry_id, id},
    db::on_tx,
};

const NOUN: &str = "note";

/// A note as stored: its key in the casebook, and the sealed note.
pub type StoredNote = (EntryId, Vec<u8>);

/// Enters a note; one that is known stays as it is. `release` is that of words, and none of an observation.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    client: ClientId,
    note: EntryId,
    release: Option<ReleaseId>,
    sealed: &[u8],
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO note (client, id, release, sealed) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (client, id) DO NOTHING";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(note.as_bytes().as_slice())
        .bind(release.map(|release| release.as_bytes().to_vec()))
        .bind(sealed)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Lists the words that were ever written for a release.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn of_release(
    tx: &mut Tx,
    client: ClientId,
    release: ReleaseId,
) -> Result<Vec<StoredNote>, StoreError> {
    const SQL: &str = "SELECT id, sealed FROM note WHERE client = $1 AND release = $2";
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(release.as_bytes().as_slice())
        .fetch_all(c).await)?;
    read(rows)
}

/// Lists a client's observations.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn observations(tx: &mut Tx, client: ClientId) -> Result<Vec<StoredNote>, StoreError> {
    const SQL: &str = "SELECT id, sealed FROM note WHERE client = $1 AND release IS NULL";
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    read(rows)
}

fn read(rows: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Vec<StoredNote>, StoreError> {
    rows.into_iter().map(|(key, sealed)| Ok((entry_id(key, NOUN)?, sealed))).collect()
}

/// Whether the rows have all of a client's words.
///
/// # Errors
/// When the database fails.
pub async fn are_in_rows(tx: &mut Tx, client: ClientId) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT words_in_rows FROM client WHERE id = $1";
    let row: Option<(bool,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_optional(c).await)?;
    Ok(row.is_some_and(|(are,)| are))
}

/// Lists the clients whose words are in documents only.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn not_in_rows(tx: &mut Tx) -> Result<Vec<ClientId>, StoreError> {
    const SQL: &str = "SELECT id FROM client WHERE NOT words_in_rows ORDER BY id";
    let rows: Vec<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?;
    rows.into_iter().map(|(key,)| id(&key, "client")).collect()
}

/// From now on the rows have all of a client's words.
///
/// # Errors
/// When the database fails.
pub async fn all_in_rows(tx: &mut Tx, client: ClientId) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE client SET words_in_rows = TRUE WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(client.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}
