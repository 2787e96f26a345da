//! Clips on their way in, piece by piece.

use sync_core::{
    id::{PracticeId, StaffId, UploadId},
    instant::Instant,
};

use crate::{
    objects::ObjectName,
    store::{StoreError, Tx, columns::id, db::on_tx},
};

const NOUN: &str = "upload";

/// An upload as stored.
pub struct StoredUpload {
    /// The upload.
    pub id: UploadId,
    /// Its practice.
    pub practice: PracticeId,
    /// Whose it is: nobody else may go on with it.
    pub staff: StaffId,
    /// When it began.
    pub created_at: Instant,
    /// What was said of it, sealed.
    pub said_sealed: Vec<u8>,
    /// The key of its pieces, sealed by a data key; gone when it has ended.
    pub wrapped_key: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct UploadRow {
    id: Vec<u8>,
    practice: Vec<u8>,
    staff: Vec<u8>,
    created_at: i64,
    said_sealed: Vec<u8>,
    wrapped_key: Option<Vec<u8>>,
}

impl TryFrom<UploadRow> for StoredUpload {
    type Error = StoreError;

    fn try_from(row: UploadRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, NOUN)?,
            practice: id(&row.practice, NOUN)?,
            staff: id(&row.staff, NOUN)?,
            created_at: Instant::from_millis(row.created_at),
            said_sealed: row.said_sealed,
            wrapped_key: row.wrapped_key,
        })
    }
}

/// Begins an upload.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, upload: &StoredUpload) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO upload (id, practice, staff, created_at, said_sealed, wrapped_key) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(upload.id.as_bytes().as_slice())
        .bind(upload.practice.as_bytes().as_slice())
        .bind(upload.staff.as_bytes().as_slice())
        .bind(upload.created_at.as_millis())
        .bind(upload.said_sealed.as_slice())
        .bind(upload.wrapped_key.as_deref())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds an upload.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn by_id(tx: &mut Tx, upload: UploadId) -> Result<Option<StoredUpload>, StoreError> {
    const SQL: &str =
        "SELECT id, practice, staff, created_at, said_sealed, wrapped_key FROM upload WHERE id = $1";
    let row: Option<UploadRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(upload.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    row.map(StoredUpload::try_from).transpose()
}

/// Lists a person's uploads that have not ended, oldest first.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn open_of_staff(tx: &mut Tx, staff: StaffId) -> Result<Vec<UploadId>, StoreError> {
    const SQL: &str =
        "SELECT id FROM upload WHERE staff = $1 AND wrapped_key IS NOT NULL ORDER BY created_at, id";
    let rows: Vec<(Vec<u8>,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(staff.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.iter().map(|(upload,)| id(upload, NOUN)).collect()
}

/// Lists uploads that have ended, or began before an instant.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn over(tx: &mut Tx, before: Instant, at_most: u32) -> Result<Vec<UploadId>, StoreError> {
    const SQL: &str =
        "SELECT id FROM upload WHERE wrapped_key IS NULL OR created_at <= $1 ORDER BY created_at LIMIT $2";
    let rows: Vec<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(before.as_millis())
        .bind(i64::from(at_most))
        .fetch_all(c).await)?;
    rows.iter().map(|(upload,)| id(upload, NOUN)).collect()
}

/// Notes where a piece lies. [`StoreError::Conflict`] when there is one under this number already.
///
/// # Errors
/// When the database fails.
pub async fn insert_piece(
    tx: &mut Tx,
    upload: UploadId,
    n: i64,
    object: &ObjectName,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO upload_piece (upload, n, object) VALUES ($1, $2, $3)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(upload.as_bytes().as_slice())
        .bind(n)
        .bind(object.as_str())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Lists the pieces that are here, in their order.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn pieces(tx: &mut Tx, upload: UploadId) -> Result<Vec<ObjectName>, StoreError> {
    const SQL: &str = "SELECT object FROM upload_piece WHERE upload = $1 ORDER BY n";
    let rows: Vec<(String,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(upload.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.iter().map(|(object,)| ObjectName::parse(object).ok_or(StoreError::Inconsistent(NOUN))).collect()
}

/// Erases an upload's key: from here on its pieces are noise. Whether the key was there until now.
///
/// # Errors
/// When the database fails.
pub async fn erase_key(tx: &mut Tx, upload: UploadId) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE upload SET wrapped_key = NULL WHERE id = $1 AND wrapped_key IS NOT NULL";
    let erased = on_tx!(tx, c => sqlx::query(SQL)
        .bind(upload.as_bytes().as_slice())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(erased == 1)
}

/// Forgets an upload whose objects are gone.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, upload: UploadId) -> Result<(), StoreError> {
    const PIECES: &str = "DELETE FROM upload_piece WHERE upload = $1";
    const UPLOAD: &str = "DELETE FROM upload WHERE id = $1";
    for sql in [PIECES, UPLOAD] {
        on_tx!(tx, c => sqlx::query(sql).bind(upload.as_bytes().as_slice()).execute(c).await.map(drop))?;
    }
    Ok(())
}
