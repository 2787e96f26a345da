//! Every entry of the orders that was ever committed, and which of them count: entries that a
//! successor of the orders has left out stay here for the record, and no decision reads them.

use sha2::{Digest, Sha256};
use sync_core::{
    id::{ClientId, DeviceId, EntryId, StaffId},
    instant::Instant,
};

use crate::store::{
    StoreError, Tx,
    columns::{entry_id, id, instant_opt},
    db::on_tx,
};

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
/// before its device has: that is no reason to refuse the device. One that was left out counts again: of what a successor
/// leaves out, a late copy brings nothing back, and the rows stay what the document has.
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
    if inserted == 0 {
        count_again(tx, client, id, &hash).await?;
    }
    Ok(inserted > 0)
}

/// Leaves out every entry of a client but these.
///
/// # Errors
/// When the database fails.
pub async fn leave_out_all_but(
    tx: &mut Tx,
    client: ClientId,
    kept: &[(EntryId, Vec<u8>)],
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE entry SET left_out_at = $2 WHERE client = $1 AND left_out_at IS NULL";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    // Few are kept of many.
    for (id, bytes) in kept {
        count_again(tx, client, *id, &Sha256::digest(bytes)).await?;
    }
    Ok(())
}

async fn count_again(tx: &mut Tx, client: ClientId, id: EntryId, hash: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE entry SET left_out_at = NULL \
                       WHERE client = $1 AND id = $2 AND hash = $3 AND left_out_at IS NOT NULL";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .bind(hash)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Lists the entries of a client that count.
///
/// # Errors
/// When the database fails.
pub async fn of_client(tx: &mut Tx, client: ClientId) -> Result<Vec<(EntryId, Vec<u8>)>, StoreError> {
    const SQL: &str = "SELECT id, bytes FROM entry WHERE client = $1 AND left_out_at IS NULL";
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(|(id, bytes)| Ok((entry_id(id, "entry")?, bytes))).collect()
}

/// When a member of staff last decided something for a client.
///
/// # Errors
/// When the database fails.
pub async fn decided_at(tx: &mut Tx, client: ClientId) -> Result<Option<Instant>, StoreError> {
    const SQL: &str = "SELECT MAX(committed_at) FROM entry WHERE client = $1 AND staff IS NOT NULL";
    let (at,): (Option<i64>,) =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_one(c).await)?;
    Ok(instant_opt(at))
}

/// Lists the entries that members of staff have written for a client, each with its author; of what the ledger has brought
/// back nobody knows who it was.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn by_staff(tx: &mut Tx, client: ClientId) -> Result<Vec<(Vec<u8>, StaffId)>, StoreError> {
    const SQL: &str = "SELECT bytes, staff FROM entry WHERE client = $1 AND staff IS NOT NULL";
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(|(bytes, staff)| Ok((bytes, id(&staff, "entry")?))).collect()
}
