//! Readings: which member of staff has read which letter.

use sync_core::{
    id::{ClientId, EntryId, StaffId},
    instant::Instant,
};

use crate::store::{StoreError, Tx, db::on_tx};

/// Marks a letter as read by a member of staff; whether it was there and was not marked yet.
///
/// # Errors
/// When the database fails.
pub async fn mark(
    tx: &mut Tx,
    staff: StaffId,
    client: ClientId,
    letter: EntryId,
    at: Instant,
) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO letter_reading (staff, client, letter, at) \
                       SELECT $1, client, id, $4 FROM letter WHERE client = $2 AND id = $3 \
                       ON CONFLICT (staff, client, letter) DO NOTHING";
    let marked = on_tx!(tx, c => sqlx::query(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(client.as_bytes().as_slice())
        .bind(letter.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(marked > 0)
}

/// Whether a letter of a client was ever received.
///
/// # Errors
/// When the database fails.
pub async fn is_there(tx: &mut Tx, client: ClientId, letter: EntryId) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT received_at FROM letter WHERE client = $1 AND id = $2";
    let found: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(letter.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    Ok(found.is_some())
}
