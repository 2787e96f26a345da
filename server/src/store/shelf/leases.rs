//! Leases that were issued. Every generation counts as live until the device has acknowledged a newer one, has said that
//! the clip is gone, or the instant has passed.

use sync_core::{
    id::{BatchId, ClientId, ClipId, DeviceId, ReleaseId},
    instant::Instant,
};

use crate::store::{
    StoreError, Tx,
    columns::{id, instant_opt},
    db::on_tx,
};

const NOUN: &str = "lease";

/// One lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLease {
    /// The device that it was issued to.
    pub device: DeviceId,
    /// For which release.
    pub release: ReleaseId,
    /// Counted up by one for this device and release.
    pub generation: u64,
    /// When.
    pub issued_at: Instant,
    /// The first instant of denial.
    pub valid_until: Instant,
    /// When the device said that it holds this one or a newer one.
    pub acked_at: Option<Instant>,
    /// When it stopped counting: replaced by an acknowledged one, or gone from the device.
    pub voided_at: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct LeaseRow {
    device: Vec<u8>,
    release: Vec<u8>,
    #[sqlx(rename = "gen")]
    generation: i64,
    issued_at: i64,
    valid_until: i64,
    acked_at: Option<i64>,
    voided_at: Option<i64>,
}

impl TryFrom<LeaseRow> for StoredLease {
    type Error = StoreError;

    fn try_from(row: LeaseRow) -> Result<Self, StoreError> {
        Ok(Self {
            device: id(&row.device, NOUN)?,
            release: id(&row.release, NOUN)?,
            generation: u64::try_from(row.generation).map_err(|_| StoreError::Inconsistent(NOUN))?,
            issued_at: Instant::from_millis(row.issued_at),
            valid_until: Instant::from_millis(row.valid_until),
            acked_at: instant_opt(row.acked_at),
            voided_at: instant_opt(row.voided_at),
        })
    }
}

/// Adds a lease. The same generation twice is a [`StoreError::Conflict`].
pub async fn insert(tx: &mut Tx, lease: &StoredLease, batch: BatchId) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO lease (device, release, gen, batch, issued_at, valid_until) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let generation = i64::try_from(lease.generation).map_err(|_| StoreError::Inconsistent(NOUN))?;
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(lease.device.as_bytes().as_slice())
        .bind(lease.release.as_bytes().as_slice())
        .bind(generation)
        .bind(batch.as_bytes().as_slice())
        .bind(lease.issued_at.as_millis())
        .bind(lease.valid_until.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The newest lease of each of its client's releases that a device was issued: its generation, and when. Looked up release
/// by release, so that it costs the same however many there were.
pub async fn newest_of(
    tx: &mut Tx,
    device: DeviceId,
    client: ClientId,
) -> Result<Vec<(ReleaseId, u64, Instant)>, StoreError> {
    const SQL: &str = "SELECT l.release, l.gen, l.issued_at FROM release r \
                       JOIN lease l ON l.device = $1 AND l.release = r.id AND l.gen = \
                           (SELECT MAX(gen) FROM lease WHERE device = $1 AND release = r.id) \
                       WHERE r.client = $2";
    let rows: Vec<(Vec<u8>, i64, i64)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(client.as_bytes().as_slice())
        .fetch_all(c).await)?;
    let newest = rows.into_iter().map(|(release, generation, issued_at)| {
        let generation = u64::try_from(generation).map_err(|_| StoreError::Inconsistent(NOUN))?;
        Ok((id(&release, NOUN)?, generation, Instant::from_millis(issued_at)))
    });
    newest.collect()
}

/// The newest generation that a device was ever issued, of any release, and until when the last of its leases may play.
pub async fn ends_of(tx: &mut Tx, device: DeviceId) -> Result<(u64, Option<Instant>), StoreError> {
    const SQL: &str = "SELECT MAX(gen), MAX(CASE WHEN voided_at IS NULL THEN valid_until END) FROM lease \
                       WHERE device = $1";
    let (newest, end): (Option<i64>, Option<i64>) =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(device.as_bytes().as_slice()).fetch_one(c).await)?;
    let newest = u64::try_from(newest.unwrap_or(0)).map_err(|_| StoreError::Inconsistent(NOUN))?;
    Ok((newest, instant_opt(end)))
}

/// How many batches with leases a device was given after an instant.
pub async fn batches_since(tx: &mut Tx, device: DeviceId, after: Instant) -> Result<u64, StoreError> {
    const SQL: &str = "SELECT COUNT(DISTINCT batch) FROM lease WHERE device = $1 AND issued_at > $2";
    let (count,): (i64,) = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(after.as_millis())
        .fetch_one(c).await)?;
    Ok(count.unsigned_abs())
}

/// Lists leases that had ended before an instant and that a newer one of the same device and release stands for: it lasts
/// as long, and counts still if they do.
pub async fn dead(
    tx: &mut Tx,
    before: Instant,
    at_most: u32,
) -> Result<Vec<(DeviceId, ReleaseId, u64)>, StoreError> {
    const SQL: &str = "SELECT device, release, gen FROM lease l WHERE valid_until < $1 AND EXISTS \
                       (SELECT 1 FROM lease n WHERE n.device = l.device AND n.release = l.release \
                        AND n.gen > l.gen AND n.valid_until >= l.valid_until \
                        AND (n.voided_at IS NULL OR l.voided_at IS NOT NULL)) LIMIT $2";
    let rows: Vec<(Vec<u8>, Vec<u8>, i64)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(before.as_millis())
        .bind(i64::from(at_most))
        .fetch_all(c).await)?;
    let dead = rows.into_iter().map(|(device, release, generation)| {
        let generation = u64::try_from(generation).map_err(|_| StoreError::Inconsistent(NOUN))?;
        Ok((id(&device, NOUN)?, id(&release, NOUN)?, generation))
    });
    dead.collect()
}

/// Forgets a lease.
pub async fn forget(
    tx: &mut Tx,
    device: DeviceId,
    release: ReleaseId,
    generation: u64,
) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM lease WHERE device = $1 AND release = $2 AND gen = $3";
    let generation = i64::try_from(generation).map_err(|_| StoreError::Inconsistent(NOUN))?;
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(release.as_bytes().as_slice())
        .bind(generation)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Lists every lease of a release, on every device.
pub async fn of_release(tx: &mut Tx, release: ReleaseId) -> Result<Vec<StoredLease>, StoreError> {
    const SQL: &str = "SELECT device, release, gen, issued_at, valid_until, acked_at, voided_at FROM lease \
                       WHERE release = $1 ORDER BY device, gen";
    let rows: Vec<LeaseRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(release.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(StoredLease::try_from).collect()
}

/// Lists the leases of a client's releases that may still play somewhere.
pub async fn live_of_client(
    tx: &mut Tx,
    client: ClientId,
    now: Instant,
) -> Result<Vec<StoredLease>, StoreError> {
    const SQL: &str = "SELECT l.device, l.release, l.gen, l.issued_at, l.valid_until, l.acked_at, l.voided_at \
                       FROM lease l JOIN release r ON r.id = l.release \
                       WHERE r.client = $1 AND l.voided_at IS NULL AND l.valid_until > $2 \
                       ORDER BY l.device, l.release, l.gen";
    let rows: Vec<LeaseRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(now.as_millis())
        .fetch_all(c).await)?;
    rows.into_iter().map(StoredLease::try_from).collect()
}

/// Whether a device was ever issued a lease of some release of a clip.
pub async fn knew_clip(tx: &mut Tx, device: DeviceId, clip: ClipId) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT l.gen FROM lease l JOIN release r ON r.id = l.release \
                       WHERE l.device = $1 AND r.clip = $2 LIMIT 1";
    let found: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(clip.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Whether a device was ever issued a lease of some release of a clip that has not been taken from it.
pub async fn covers_clip(
    tx: &mut Tx,
    device: DeviceId,
    clip: ClipId,
    now: Instant,
) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT l.gen FROM lease l JOIN release r ON r.id = l.release \
                       WHERE l.device = $1 AND r.clip = $2 AND r.ended_at IS NULL AND l.voided_at IS NULL \
                       AND l.valid_until > $3 LIMIT 1";
    let found: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(clip.as_bytes().as_slice())
        .bind(now.as_millis())
        .fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Notes that a device holds this generation: older ones are replaced by it. Whether there is such a lease.
pub async fn acknowledge(
    tx: &mut Tx,
    device: DeviceId,
    release: ReleaseId,
    generation: u64,
    at: Instant,
) -> Result<bool, StoreError> {
    const ACKED: &str = "UPDATE lease SET acked_at = COALESCE(acked_at, $4) \
                         WHERE device = $1 AND release = $2 AND gen = $3";
    const OLDER: &str = "UPDATE lease SET voided_at = $4 WHERE device = $1 AND release = $2 AND gen < $3 \
                         AND voided_at IS NULL";
    // What was never issued cannot be held: a number that is too great for the column neither.
    let Ok(generation) = i64::try_from(generation) else { return Ok(false) };
    for sql in [ACKED, OLDER] {
        let changed = on_tx!(tx, c => sqlx::query(sql)
            .bind(device.as_bytes().as_slice())
            .bind(release.as_bytes().as_slice())
            .bind(generation)
            .bind(at.as_millis())
            .execute(c).await.map(|done| done.rows_affected()))?;
        if sql == ACKED && changed == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Notes that a device no longer has any lease of a release up to this generation.
pub async fn void_upto(
    tx: &mut Tx,
    device: DeviceId,
    release: ReleaseId,
    generation: u64,
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE lease SET voided_at = $4 WHERE device = $1 AND release = $2 AND gen <= $3 \
                       AND voided_at IS NULL";
    let generation = i64::try_from(generation).map_err(|_| StoreError::Inconsistent(NOUN))?;
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(release.as_bytes().as_slice())
        .bind(generation)
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}
