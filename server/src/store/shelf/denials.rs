//! Denials for devices, until each has heard its own and acted.

use sync_core::{
    id::{DenialId, DeviceId, ReleaseId},
    instant::Instant,
    lease::DenialKind,
    vocabulary::Vocabulary,
};

use crate::store::{
    StoreError, Tx,
    columns::{id, id_opt},
    db::on_tx,
};

const NOUN: &str = "denial";

/// One denial, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDenial {
    /// The denial.
    pub id: DenialId,
    /// Whom it denies.
    pub device: DeviceId,
    /// Which release; none when everything.
    pub release: Option<ReleaseId>,
    /// The newest lease it covers.
    pub upto_generation: u64,
    /// What has happened.
    pub kind: DenialKind,
    /// When it was decided.
    pub at: Instant,
}

#[derive(sqlx::FromRow)]
struct DenialRow {
    id: Vec<u8>,
    device: Vec<u8>,
    release: Option<Vec<u8>>,
    upto_gen: i64,
    kind: String,
    at: i64,
}

impl TryFrom<DenialRow> for StoredDenial {
    type Error = StoreError;

    fn try_from(row: DenialRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, NOUN)?,
            device: id(&row.device, NOUN)?,
            release: id_opt(row.release.as_ref(), NOUN)?,
            upto_generation: u64::try_from(row.upto_gen).map_err(|_| StoreError::Inconsistent(NOUN))?,
            kind: DenialKind::parse(&row.kind).ok_or(StoreError::Inconsistent(NOUN))?,
            at: Instant::from_millis(row.at),
        })
    }
}

/// Adds a denial.
pub async fn insert(tx: &mut Tx, denial: &StoredDenial) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO denial (id, device, release, upto_gen, kind, at) VALUES ($1, $2, $3, $4, $5, $6)";
    let upto = i64::try_from(denial.upto_generation).map_err(|_| StoreError::Inconsistent(NOUN))?;
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(denial.id.as_bytes().as_slice())
        .bind(denial.device.as_bytes().as_slice())
        .bind(denial.release.as_ref().map(|release| release.as_bytes().as_slice()))
        .bind(upto)
        .bind(denial.kind.as_str())
        .bind(denial.at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Lists what a device still has to hear or to act on, oldest first. An end is told even to a device that saw it on its
/// shelf and has acted on it: the signed denial is what it hands back to a server that has forgotten.
pub async fn open_for(tx: &mut Tx, device: DeviceId) -> Result<Vec<StoredDenial>, StoreError> {
    const SQL: &str = "SELECT id, device, release, upto_gen, kind, at FROM denial \
                       WHERE device = $1 \
                       AND (done_at IS NULL OR (kind = 'ended' AND told_at IS NULL)) ORDER BY at, id";
    let rows: Vec<DenialRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(device.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(StoredDenial::try_from).collect()
}

/// Lists every denial of a release, newest last.
pub async fn of_release(tx: &mut Tx, release: ReleaseId) -> Result<Vec<StoredDenial>, StoreError> {
    const SQL: &str =
        "SELECT id, device, release, upto_gen, kind, at FROM denial WHERE release = $1 ORDER BY at, id";
    let rows: Vec<DenialRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(release.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(StoredDenial::try_from).collect()
}

/// Whether a device was told that it is no longer paired.
///
/// # Errors
/// When the database fails.
pub async fn knows_its_removal(tx: &mut Tx, device: DeviceId) -> Result<bool, StoreError> {
    const SQL: &str =
        "SELECT COUNT(*) FROM denial WHERE device = $1 AND kind = 'unpaired' AND told_at IS NOT NULL";
    let (told,): (i64,) =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(device.as_bytes().as_slice()).fetch_one(c).await)?;
    Ok(told > 0)
}

/// Notes that a denial was handed to its device.
pub async fn note_told(tx: &mut Tx, denial: DenialId, at: Instant) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE denial SET told_at = $2 WHERE id = $1 AND told_at IS NULL";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(denial.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Notes that a device has acted on what it was denied of a release, up to a generation: the clip is gone from it.
pub async fn note_done(
    tx: &mut Tx,
    device: DeviceId,
    release: ReleaseId,
    generation: u64,
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE denial SET done_at = $4 WHERE device = $1 AND release = $2 AND upto_gen <= $3 \
                       AND done_at IS NULL";
    note(tx, SQL, device, release, generation, at).await
}

/// Notes that a device holds a newer lease than its pauses of a release cover. An end is not done by that: whoever says
/// to hold a lease, which nobody signs, may not silence an end.
pub async fn note_resumed(
    tx: &mut Tx,
    device: DeviceId,
    release: ReleaseId,
    generation: u64,
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE denial SET done_at = $4 WHERE device = $1 AND release = $2 AND upto_gen < $3 \
                       AND kind = 'paused' AND done_at IS NULL";
    note(tx, SQL, device, release, generation, at).await
}

async fn note(
    tx: &mut Tx,
    sql: &'static str,
    device: DeviceId,
    release: ReleaseId,
    generation: u64,
    at: Instant,
) -> Result<(), StoreError> {
    let generation = i64::try_from(generation).map_err(|_| StoreError::Inconsistent(NOUN))?;
    on_tx!(tx, c => sqlx::query(sql)
        .bind(device.as_bytes().as_slice())
        .bind(release.as_bytes().as_slice())
        .bind(generation)
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}
