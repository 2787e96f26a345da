//! Every entry of the orders that was ever committed.

use sha2::{Digest, Sha256};
use sync_core::{
    id::{ClientId, DeviceId, EntryId, StaffId},
    instant::Instant,
};

use super::{StoreError, Tx, db::on_tx};

/// Adds an entry that the ledger has and this database may have forgotten; gives whether it had. Who wrote it is in the
/// forgotten part, and stays unknown. The client must exist.
///
/// # Errors
/// When the database fails.
pub async fn insert_if_missing(
    tx: &mut Tx,
    client: ClientId,
    id: EntryId,
    bytes: &[u8],
    at: Instant,
) -> Result<bool, StoreError> {
    let hash = Sha256::digest(bytes);
    let inserted = on_tx!(tx, c => {
        sqlx::query(
            "INSERT INTO entry (client, id, hash, bytes, committed_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (client, id, hash) DO NOTHING",
        )
        .bind(client.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .bind(hash.as_slice())
        .bind(bytes)
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(inserted > 0)
}

/// Adds an entry, with whoever wrote it; whether it was missing. It is there already when the ledger has brought it back
/// before its device has: that is no reason to refuse the device.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    client: ClientId,
    id: EntryId,
    bytes: &[u8],
    device: Option<DeviceId>,
    staff: Option<StaffId>,
    at: Instant,
) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO entry (client, id, hash, bytes, device, staff, committed_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (client, id, hash) DO NOTHING";
    let hash = Sha256::digest(bytes);
    let inserted = on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .bind(hash.as_slice())
        .bind(bytes)
        .bind(device.as_ref().map(|device| device.as_bytes().as_slice()))
        .bind(staff.as_ref().map(|staff| staff.as_bytes().as_slice()))
        .bind(at.as_millis())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(inserted > 0)
}

/// Lists every entry of a client.
///
/// # Errors
/// When the database fails.
pub async fn of_client(tx: &mut Tx, client: ClientId) -> Result<Vec<(EntryId, Vec<u8>)>, StoreError> {
    const SQL: &str = "SELECT id, bytes FROM entry WHERE client = $1";
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, bytes)| {
            let id = id.try_into().map_err(|_| StoreError::Inconsistent("entry"))?;
            Ok((EntryId::from_bytes(id), bytes))
        })
        .collect()
}
