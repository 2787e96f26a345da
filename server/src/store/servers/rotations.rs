//! Rotations: a practice's statements that another key signs for it. Rows are added and never changed.

use sync_core::id::PracticeId;

use crate::store::{StoreError, Tx, db::on_tx};

/// One rotation as stored.
pub struct StoredRotation {
    /// Its number: one more than the last, from 1.
    pub n: u64,
    /// The public key that was replaced: 65 bytes, uncompressed.
    pub replaced_key: Vec<u8>,
    /// The signed statement, as it is told to devices.
    pub statement: Vec<u8>,
}

/// Adds a rotation.
///
/// # Errors
/// [`StoreError::Conflict`] when its number is taken.
pub async fn insert(tx: &mut Tx, practice: PracticeId, rotation: &StoredRotation) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("INSERT INTO rotation (practice, n, replaced_key, statement) VALUES ($1, $2, $3, $4)")
            .bind(practice.as_bytes().as_slice())
            .bind(rotation.n.cast_signed())
            .bind(rotation.replaced_key.as_slice())
            .bind(rotation.statement.as_slice())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Reads a practice's rotations after one number, in their order: 0 for all.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn after(tx: &mut Tx, practice: PracticeId, n: u64) -> Result<Vec<StoredRotation>, StoreError> {
    let rows: Vec<RotationRow> = on_tx!(tx, c => {
        sqlx::query_as(
            "SELECT n, replaced_key, statement FROM rotation WHERE practice = $1 AND n > $2 ORDER BY n",
        )
        .bind(practice.as_bytes().as_slice())
        .bind(i64::try_from(n).unwrap_or(i64::MAX))
        .fetch_all(c)
        .await
    })?;
    rows.into_iter().map(StoredRotation::try_from).collect()
}

#[derive(sqlx::FromRow)]
struct RotationRow {
    n: i64,
    replaced_key: Vec<u8>,
    statement: Vec<u8>,
}

impl TryFrom<RotationRow> for StoredRotation {
    type Error = StoreError;

    fn try_from(row: RotationRow) -> Result<Self, StoreError> {
        let RotationRow { n, replaced_key, statement } = row;
        let n = u64::try_from(n).map_err(|_| StoreError::Inconsistent("rotation"))?;
        Ok(Self { n, replaced_key, statement })
    }
}
