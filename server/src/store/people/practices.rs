//! Practices: the tenants, and the row that every lease's facts hang from.

use sqlx::AssertSqlSafe;
use sync_core::{id::PracticeId, instant::Instant};

use crate::{
    nouns::authority::Authority,
    store::{
        StoreError, Tx,
        authorities::AuthorityRow,
        columns,
        data_keys::{self, StoredDataKey},
        db::on_tx,
    },
};

/// One practice as stored: words and keys sealed.
pub struct Practice {
    /// Its id.
    pub id: PracticeId,
    /// Grows with every change of a fact that a lease rests on.
    pub version: i64,
    /// When it was opened.
    pub created_at: Instant,
    /// When it was closed: nothing plays.
    pub closed_at: Option<Instant>,
    /// Since when nothing plays until a therapist confirms, after a restore that could not prove the ledger's end.
    pub held_at: Option<Instant>,
    /// Its name.
    pub name_sealed: Vec<u8>,
    /// How a client reaches it.
    pub contact_sealed: Vec<u8>,
    /// The key that signs its leases and denials.
    pub authority: Authority,
}

/// Adds a practice, with its first data key, wrapped by the master key.
///
/// # Errors
/// [`StoreError::Conflict`] when its id is taken.
pub async fn insert(tx: &mut Tx, practice: &Practice, wrapped_key: &[u8]) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query(
            "INSERT INTO practice (id, version, created_at, closed_at, held_at, name_sealed, contact_sealed, \
             rotations, authority_kid, authority_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(practice.id.as_bytes().as_slice())
        .bind(practice.version)
        .bind(practice.created_at.as_millis())
        .bind(practice.closed_at.map(Instant::as_millis))
        .bind(practice.held_at.map(Instant::as_millis))
        .bind(practice.name_sealed.as_slice())
        .bind(practice.contact_sealed.as_slice())
        .bind(practice.authority.rotations.cast_signed())
        .bind(practice.authority.kid.as_str())
        .bind(practice.authority.public_key.as_slice())
        .execute(c)
        .await
        .map(drop)
    })?;
    let first =
        StoredDataKey { n: 0, wrapped: wrapped_key.to_vec(), made_at: practice.created_at, swept_at: None };
    data_keys::insert(tx, practice.id, &first).await
}

/// Writes a practice's words: they are sealed under its key, which can be had once its row is there.
///
/// # Errors
/// When the database fails.
pub async fn set_words(
    tx: &mut Tx,
    id: PracticeId,
    name_sealed: &[u8],
    contact_sealed: &[u8],
) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("UPDATE practice SET name_sealed = $2, contact_sealed = $3 WHERE id = $1")
            .bind(id.as_bytes().as_slice())
            .bind(name_sealed)
            .bind(contact_sealed)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Reads a practice.
///
/// # Errors
/// When the database fails, or the row is inconsistent.
pub async fn find(tx: &mut Tx, id: PracticeId) -> Result<Option<Practice>, StoreError> {
    let row: Option<PracticeRow> = on_tx!(tx, c => {
        sqlx::query_as("SELECT * FROM practice WHERE id = $1").bind(id.as_bytes().as_slice()).fetch_optional(c).await
    })?;
    row.map(Practice::try_from).transpose()
}

/// Reads the oldest practice's id: whether anything is sealed here yet, and by which master key.
///
/// # Errors
/// When the database fails, or the row is inconsistent.
pub async fn find_first(tx: &mut Tx) -> Result<Option<PracticeId>, StoreError> {
    let id: Option<Vec<u8>> = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT id FROM practice ORDER BY created_at, id LIMIT 1").fetch_optional(c).await
    })?;
    id.map(|id| PracticeId::try_from(id.as_slice()).map_err(|_| StoreError::Inconsistent("practice")))
        .transpose()
}

/// Keeps the practice as it is until the transaction ends, for a decision that rests on it; gives its version.
///
/// # Errors
/// When the database fails.
pub async fn share_lock(tx: &mut Tx, id: PracticeId) -> Result<Option<i64>, StoreError> {
    let sql = format!("SELECT version FROM practice WHERE id = $1{}", tx.for_share());
    let version = on_tx!(tx, c => {
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(id.as_bytes().as_slice()).fetch_optional(c).await
    })?;
    Ok(version)
}

/// Takes the practice for a change of a fact that leases rest on: waits for those who share it, and counts its version
/// up; gives the new version.
///
/// # Errors
/// When the database fails.
pub async fn update_lock(tx: &mut Tx, id: PracticeId) -> Result<Option<i64>, StoreError> {
    let version = on_tx!(tx, c => {
        sqlx::query_scalar("UPDATE practice SET version = version + 1 WHERE id = $1 RETURNING version")
            .bind(id.as_bytes().as_slice())
            .fetch_optional(c)
            .await
    })?;
    Ok(version)
}

/// Holds every practice: nothing plays in any until a therapist confirms. One that is held stays held since then.
///
/// # Errors
/// When the database fails.
pub async fn hold_all(tx: &mut Tx, at: Instant) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("UPDATE practice SET held_at = COALESCE(held_at, $1), version = version + 1")
            .bind(at.as_millis())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Ends a practice's hold; gives whether it was held.
///
/// # Errors
/// When the database fails.
pub async fn lift_hold(tx: &mut Tx, id: PracticeId) -> Result<bool, StoreError> {
    let lifted = on_tx!(tx, c => {
        sqlx::query(
            "UPDATE practice SET held_at = NULL, version = version + 1 WHERE id = $1 AND held_at IS NOT NULL",
        )
        .bind(id.as_bytes().as_slice())
        .execute(c)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(lifted > 0)
}

/// Whether any practice waits for a therapist's confirmation.
///
/// # Errors
/// When the database fails.
pub async fn any_held(tx: &mut Tx) -> Result<bool, StoreError> {
    let held: Option<Vec<u8>> = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT id FROM practice WHERE held_at IS NOT NULL LIMIT 1").fetch_optional(c).await
    })?;
    Ok(held.is_some())
}

#[derive(sqlx::FromRow)]
struct PracticeRow {
    id: Vec<u8>,
    version: i64,
    created_at: i64,
    closed_at: Option<i64>,
    held_at: Option<i64>,
    name_sealed: Vec<u8>,
    contact_sealed: Vec<u8>,
    #[sqlx(flatten)]
    authority: AuthorityRow,
}

impl TryFrom<PracticeRow> for Practice {
    type Error = StoreError;

    fn try_from(row: PracticeRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: columns::id(&row.id, "practice")?,
            version: row.version,
            created_at: Instant::from_millis(row.created_at),
            closed_at: row.closed_at.map(Instant::from_millis),
            held_at: row.held_at.map(Instant::from_millis),
            name_sealed: row.name_sealed,
            contact_sealed: row.contact_sealed,
            authority: row.authority.try_into()?,
        })
    }
}
