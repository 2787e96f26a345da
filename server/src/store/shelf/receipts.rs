//! Statements of devices, as they signed them.

use sync_core::{
    id::{DeviceId, ReleaseId},
    instant::Instant,
    lease::{Receipt, ReceiptKind},
    vocabulary::Vocabulary,
};

use crate::store::{StoreError, Tx, columns::id, db::on_tx};

const NOUN: &str = "receipt";

/// A receipt as it is told to therapists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceipt {
    /// The device that speaks.
    pub device: DeviceId,
    /// Its number.
    pub n: u64,
    /// What has happened.
    pub kind: ReceiptKind,
    /// The newest lease that it is about.
    pub generation: u64,
    /// When, by the device's trusted time.
    pub at: Instant,
}

#[derive(sqlx::FromRow)]
struct ReceiptRow {
    device: Vec<u8>,
    n: i64,
    kind: String,
    #[sqlx(rename = "gen")]
    generation: i64,
    at: i64,
}

impl TryFrom<ReceiptRow> for StoredReceipt {
    type Error = StoreError;

    fn try_from(row: ReceiptRow) -> Result<Self, StoreError> {
        Ok(Self {
            device: id(&row.device, NOUN)?,
            n: u64::try_from(row.n).map_err(|_| StoreError::Inconsistent(NOUN))?,
            kind: ReceiptKind::parse(&row.kind).ok_or(StoreError::Inconsistent(NOUN))?,
            generation: u64::try_from(row.generation).map_err(|_| StoreError::Inconsistent(NOUN))?,
            at: Instant::from_millis(row.at),
        })
    }
}

/// Adds a receipt with its exact bytes. The same number twice is a [`StoreError::Conflict`]: look first.
pub async fn insert(
    tx: &mut Tx,
    receipt: &Receipt,
    bytes: &[u8],
    received_at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO receipt (device, n, kind, release, gen, at, received_at, bytes) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (n, generation) = (number(receipt.n)?, number(receipt.generation)?);
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(receipt.device.as_bytes().as_slice())
        .bind(n)
        .bind(receipt.kind.as_str())
        .bind(receipt.release.as_bytes().as_slice())
        .bind(generation)
        .bind(receipt.at.as_millis())
        .bind(received_at.as_millis())
        .bind(bytes)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// How many receipts were taken from a device after an instant.
pub async fn taken_since(tx: &mut Tx, device: DeviceId, after: Instant) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM receipt WHERE device = $1 AND received_at > $2";
    let (count,): (i64,) = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(after.as_millis())
        .fetch_one(c).await)?;
    Ok(count)
}

/// The signed body that a device sent under a number.
pub async fn body(tx: &mut Tx, device: DeviceId, n: u64) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "SELECT bytes FROM receipt WHERE device = $1 AND n = $2";
    let n = number(n)?;
    let row: Option<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(n)
        .fetch_optional(c).await)?;
    Ok(row.map(|(bytes,)| bytes))
}

/// Lists what devices have said of a release, in the order of their numbers.
pub async fn of_release(tx: &mut Tx, release: ReleaseId) -> Result<Vec<StoredReceipt>, StoreError> {
    const SQL: &str = "SELECT device, n, kind, gen, at FROM receipt WHERE release = $1 ORDER BY device, n";
    let rows: Vec<ReceiptRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(release.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(StoredReceipt::try_from).collect()
}

fn number(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Inconsistent(NOUN))
}
