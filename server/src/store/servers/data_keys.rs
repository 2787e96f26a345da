//! Data keys of practices, wrapped by the master key, and the last pass that sealed values of older ones anew.

use sqlx::AssertSqlSafe;
use sync_core::{id::PracticeId, instant::Instant};

use crate::store::{StoreError, Tx, columns, db::on_tx};

/// One data key as stored.
pub struct StoredDataKey {
    /// Its number among the practice's keys, from 0. The newest key's row always stays, so that none comes twice, unless
    /// the database is put back to an earlier state.
    pub n: u32,
    /// The key, wrapped by the master key.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub made_at: Instant,
    /// When everything was last looked at, and sealed anew under this key where an older one had sealed it.
    pub swept_at: Option<Instant>,
}

/// The newest key of a practice that has older ones.
pub struct Replacement {
    /// The practice.
    pub practice: PracticeId,
    /// The newest key's number.
    pub n: u32,
    /// When it was made.
    pub made_at: Instant,
    /// When everything was last looked at, and sealed anew where an older key had sealed it.
    pub swept_at: Option<Instant>,
}

/// Adds a key.
///
/// # Errors
/// [`StoreError::Conflict`] when its number is taken.
pub async fn insert(tx: &mut Tx, practice: PracticeId, key: &StoredDataKey) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO data_key (practice, n, wrapped_key, made_at) VALUES ($1, $2, $3, $4)";
    on_tx!(tx, c => {
        sqlx::query(SQL)
            .bind(practice.as_bytes().as_slice())
            .bind(i64::from(key.n))
            .bind(key.wrapped.as_slice())
            .bind(key.made_at.as_millis())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Reads a practice's keys, the oldest first.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn of_practice(tx: &mut Tx, practice: PracticeId) -> Result<Vec<StoredDataKey>, StoreError> {
    const SQL: &str = "SELECT n, wrapped_key, made_at, swept_at FROM data_key WHERE practice = $1 ORDER BY n";
    let rows: Vec<(i64, Vec<u8>, i64, Option<i64>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(practice.as_bytes().as_slice()).fetch_all(c).await)?;
    let key = |(n, wrapped, made_at, swept_at)| {
        let (made_at, swept_at) = (Instant::from_millis(made_at), columns::instant_opt(swept_at));
        Ok(StoredDataKey { n: number(n)?, wrapped, made_at, swept_at })
    };
    rows.into_iter().map(key).collect()
}

/// Reads which practices have more than one key.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn replacements(tx: &mut Tx) -> Result<Vec<Replacement>, StoreError> {
    const SQL: &str = "SELECT practice, n, made_at, swept_at FROM data_key newest WHERE n > 0 \
                       AND EXISTS (SELECT 1 FROM data_key k WHERE k.practice = newest.practice AND k.n < newest.n) \
                       AND NOT EXISTS (SELECT 1 FROM data_key k WHERE k.practice = newest.practice AND k.n > newest.n)";
    let rows: Vec<(Vec<u8>, i64, i64, Option<i64>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?;
    let replacement = |(practice, n, made_at, swept_at): (Vec<u8>, i64, i64, Option<i64>)| {
        Ok(Replacement {
            practice: columns::id(&practice, "data_key")?,
            n: number(n)?,
            made_at: Instant::from_millis(made_at),
            swept_at: columns::instant_opt(swept_at),
        })
    };
    rows.into_iter().map(replacement).collect()
}

/// Notes that everything was looked at, from this instant on.
///
/// # Errors
/// When the database fails.
pub async fn set_swept(tx: &mut Tx, practice: PracticeId, n: u32, at: Instant) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE data_key SET swept_at = $3 WHERE practice = $1 AND n = $2";
    on_tx!(tx, c => {
        sqlx::query(SQL)
            .bind(practice.as_bytes().as_slice())
            .bind(i64::from(n))
            .bind(at.as_millis())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Keeps a key until the transaction ends; whether it is there.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut Tx, practice: PracticeId, n: u32) -> Result<bool, StoreError> {
    let sql = format!("SELECT n FROM data_key WHERE practice = $1 AND n = $2{}", tx.for_share());
    let found: Option<i64> = on_tx!(tx, c => {
        sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(practice.as_bytes().as_slice())
            .bind(i64::from(n))
            .fetch_optional(c)
            .await
    })?;
    Ok(found.is_some())
}

/// Erases every key before this one, for ever; gives how many there were.
///
/// # Errors
/// When the database fails.
pub async fn erase_before(tx: &mut Tx, practice: PracticeId, n: u32) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM data_key WHERE practice = $1 AND n < $2";
    let erased = on_tx!(tx, c => {
        sqlx::query(SQL)
            .bind(practice.as_bytes().as_slice())
            .bind(i64::from(n))
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(erased)
}

fn number(n: i64) -> Result<u32, StoreError> {
    u32::try_from(n).map_err(|_| StoreError::Inconsistent("data_key"))
}
