//! Incarnations: the lives of this database. A restore begins another.

use sync_core::{id::IncarnationId, instant::Instant};

use crate::store::{StoreError, Tx, db::on_tx};

/// Reads the present one; none before the first start.
///
/// # Errors
/// When the database fails, or the row is inconsistent.
pub async fn current(tx: &mut Tx) -> Result<Option<IncarnationId>, StoreError> {
    let id: Option<Vec<u8>> = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT id FROM incarnation WHERE ended_at IS NULL ORDER BY started_at DESC, id DESC LIMIT 1")
            .fetch_optional(c)
            .await
    })?;
    id.map(|id| IncarnationId::try_from(id.as_slice()).map_err(|_| StoreError::Inconsistent("incarnation")))
        .transpose()
}

/// When the present one began, if it is not the first: what was granted before it may have been forgotten.
///
/// # Errors
/// When the database fails.
pub async fn restored_at(tx: &mut Tx) -> Result<Option<Instant>, StoreError> {
    let at: Option<i64> = on_tx!(tx, c => {
        sqlx::query_scalar(
            "SELECT MAX(started_at) FROM incarnation \
             WHERE EXISTS (SELECT 1 FROM incarnation WHERE ended_at IS NOT NULL)",
        )
        .fetch_one(c)
        .await
    })?;
    Ok(at.map(Instant::from_millis))
}

/// Ends the present one and begins another.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut Tx, id: IncarnationId, now: Instant) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("UPDATE incarnation SET ended_at = $1 WHERE ended_at IS NULL")
            .bind(now.as_millis())
            .execute(c)
            .await
            .map(drop)
    })?;
    on_tx!(tx, c => {
        sqlx::query("INSERT INTO incarnation (id, started_at) VALUES ($1, $2)")
            .bind(id.as_bytes().as_slice())
            .bind(now.as_millis())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}
