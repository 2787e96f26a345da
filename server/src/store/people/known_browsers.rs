//! Browsers in which a member of staff has signed in before, with their failures since then.

use sync_core::{id::StaffId, instant::Instant};

use crate::store::{StoreError, Tx, db::on_tx};

/// Failures in one browser since its last success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: i64,
    /// The newest.
    pub at: Instant,
}

/// Finds a browser's failures; `None` when there were none since its last success.
pub async fn failures(tx: &mut Tx, browser: &[u8; 16]) -> Result<Option<Failures>, StoreError> {
    const SQL: &str = "SELECT failed_count, failed_at FROM known_browser WHERE id = $1";
    let row: Option<(i64, i64)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(browser.as_slice()).fetch_optional(c).await)?;
    Ok(row.map(|(count, at)| Failures { count, at: Instant::from_millis(at) }))
}

/// Counts a failure.
pub async fn note_failure(
    tx: &mut Tx,
    browser: &[u8; 16],
    staff: StaffId,
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO known_browser (id, staff, failed_count, failed_at) VALUES ($1, $2, 1, $3) \
                       ON CONFLICT (id) DO UPDATE SET failed_count = known_browser.failed_count + 1, failed_at = $3";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(browser.as_slice())
        .bind(staff.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets a browser's failures: its person has signed in.
pub async fn note_success(tx: &mut Tx, browser: &[u8; 16]) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM known_browser WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(browser.as_slice()).execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets browsers whose last failure is older than their mark can be.
pub async fn forget(tx: &mut Tx, before: Instant) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM known_browser WHERE failed_at < $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(before.as_millis()).execute(c).await.map(drop))?;
    Ok(())
}
