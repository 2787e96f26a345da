//! Letters of clients' journals: when the server received each, and the words, sealed.

use sync_core::{
    id::{ClientId, EntryId},
    instant::Instant,
};

use crate::store::{StoreError, Tx, columns::entry_id, db::on_tx};

const NOUN: &str = "letter";

/// A letter as stored.
pub struct StoredLetter {
    /// Its key in the journal.
    pub id: EntryId,
    /// When the server received it.
    pub received_at: Instant,
    /// The letter, sealed. None of one that was received by an older version and could not be read since.
    pub sealed: Option<Vec<u8>>,
}

/// What a client has said last about sharing their listening.
pub struct StoredSharing {
    /// When the server received it.
    pub received_at: Instant,
    /// Yes or no, sealed.
    pub sealed: Vec<u8>,
}

/// Enters a letter. A known one keeps the instant at which it first came, and its words; where these were missing they are
/// taken now. Gives when it came, if its words are new.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    client: ClientId,
    letter: EntryId,
    at: Instant,
    sealed: &[u8],
) -> Result<Option<Instant>, StoreError> {
    const SQL: &str = "INSERT INTO letter (client, id, received_at, sealed) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (client, id) DO UPDATE SET sealed = excluded.sealed \
                       WHERE letter.sealed IS NULL RETURNING received_at";
    let came_at: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(letter.as_bytes().as_slice())
        .bind(at.as_millis())
        .bind(sealed)
        .fetch_optional(c).await)?;
    Ok(came_at.map(|(at,)| Instant::from_millis(at)))
}

/// Lists the letters that were received from an instant on, newest first, and no more than so many.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn since(
    tx: &mut Tx,
    client: ClientId,
    at: Instant,
    at_most: i64,
) -> Result<Vec<StoredLetter>, StoreError> {
    const SQL: &str = "SELECT id, received_at, sealed FROM letter WHERE client = $1 AND received_at >= $2 \
                       ORDER BY received_at DESC, id DESC LIMIT $3";
    let rows: Vec<(Vec<u8>, i64, Option<Vec<u8>>)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(at.as_millis())
        .bind(at_most)
        .fetch_all(c).await)?;
    rows.into_iter()
        .map(|(key, at, sealed)| {
            Ok(StoredLetter { id: entry_id(key, NOUN)?, received_at: Instant::from_millis(at), sealed })
        })
        .collect()
}

/// Finds what a client has said last about sharing.
///
/// # Errors
/// When the database fails.
pub async fn sharing(tx: &mut Tx, client: ClientId) -> Result<Option<StoredSharing>, StoreError> {
    const SQL: &str = "SELECT received_at, sealed FROM sharing WHERE client = $1";
    let row: Option<(i64, Vec<u8>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_optional(c).await)?;
    Ok(row.map(|(at, sealed)| StoredSharing { received_at: Instant::from_millis(at), sealed }))
}

/// Puts what a client says about sharing in the place of what they said before.
///
/// # Errors
/// When the database fails.
pub async fn set_sharing(
    tx: &mut Tx,
    client: ClientId,
    at: Instant,
    sealed: &[u8],
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO sharing (client, received_at, sealed) VALUES ($1, $2, $3) \
                       ON CONFLICT (client) DO UPDATE SET received_at = excluded.received_at, sealed = excluded.sealed";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(at.as_millis())
        .bind(sealed)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets the letters of a client whose words are nowhere any more; nothing of them could be told.
///
/// # Errors
/// When the database fails.
pub async fn forget_wordless(tx: &mut Tx, client: ClientId) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM letter WHERE client = $1 AND sealed IS NULL AND NOT EXISTS \
                       (SELECT 1 FROM letter_reading r WHERE r.client = letter.client AND r.letter = letter.id)";
    on_tx!(tx, c => sqlx::query(SQL).bind(client.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}
