//! Letters: when the server received each. What they say is in the journal, sealed.

use sync_core::{
    id::{ClientId, EntryId},
    instant::Instant,
};

use super::{StoreError, Tx, db::on_tx};

/// Notes a letter. One that is known keeps the instant at which it first came.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, client: ClientId, letter: EntryId, at: Instant) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query(
            "INSERT INTO letter (client, id, received_at) VALUES ($1, $2, $3) ON CONFLICT (client, id) DO NOTHING",
        )
        .bind(client.as_bytes().as_slice())
        .bind(letter.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(drop)
    })?;
    Ok(())
}

/// Reads which letters of a client were received from an instant on, and when.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn since(
    tx: &mut Tx,
    client: ClientId,
    at: Instant,
) -> Result<Vec<(EntryId, Instant)>, StoreError> {
    let rows: Vec<(Vec<u8>, i64)> = on_tx!(tx, c => {
        sqlx::query_as("SELECT id, received_at FROM letter WHERE client = $1 AND received_at >= $2 ORDER BY id")
            .bind(client.as_bytes().as_slice())
            .bind(at.as_millis())
            .fetch_all(c)
            .await
    })?;
    rows.into_iter()
        .map(|(id, at)| {
            let id = id.try_into().map_err(|_| StoreError::Inconsistent("letter"))?;
            Ok((EntryId::from_bytes(id), Instant::from_millis(at)))
        })
        .collect()
}
