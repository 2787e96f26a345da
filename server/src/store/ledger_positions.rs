//! How far each server's ledger is in this database, and the marks by which a database from the past is known.

use sqlx::AssertSqlSafe;
use sync_core::{id::LedgerId, instant::Instant};

use super::{StoreError, Tx, db::on_tx};
use crate::ledger::Position;

/// Reads a server's position, and locks it: of a transaction's locks this is the last.
///
/// # Errors
/// When the database fails, or the row is inconsistent.
pub async fn lock(tx: &mut Tx, server: &str) -> Result<Option<Position>, StoreError> {
    let sql = format!("SELECT ledger, seq, hash FROM ledger_position WHERE server = $1{}", tx.for_update());
    let row: Option<(Vec<u8>, i64, Vec<u8>)> = on_tx!(tx, c => {
        sqlx::query_as(AssertSqlSafe(sql)).bind(server).fetch_optional(c).await
    })?;
    let Some((ledger, seq, hash)) = row else { return Ok(None) };
    let inconsistent = StoreError::Inconsistent("ledger position");
    let (Ok(ledger), Ok(hash)) = (LedgerId::try_from(ledger.as_slice()), hash.try_into()) else {
        return Err(inconsistent);
    };
    Ok(Some(Position { ledger, seq, hash }))
}

/// Records that everything up to `position` is in this database.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, server: &str, position: Position) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query(
            "INSERT INTO ledger_position (server, ledger, seq, hash) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (server) DO UPDATE SET ledger = excluded.ledger, seq = excluded.seq, hash = excluded.hash",
        )
        .bind(server)
        .bind(position.ledger.as_bytes().as_slice())
        .bind(position.seq)
        .bind(position.hash.as_slice())
        .execute(c)
        .await
        .map(drop)
    })?;
    Ok(())
}

/// Whether another server's ledger is known here.
///
/// # Errors
/// When the database fails.
pub async fn others_exist(tx: &mut Tx, server: &str) -> Result<bool, StoreError> {
    let others: i64 = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT COUNT(*) FROM ledger_position WHERE server <> $1").bind(server).fetch_one(c).await
    })?;
    Ok(others > 0)
}

/// Whether a mark of the ledger is known here.
///
/// # Errors
/// When the database fails.
pub async fn knows_mark(tx: &mut Tx, ledger: LedgerId, mark: &[u8; 16]) -> Result<bool, StoreError> {
    let known: i64 = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT COUNT(*) FROM ledger_mark WHERE ledger = $1 AND mark = $2")
            .bind(ledger.as_bytes().as_slice())
            .bind(mark.as_slice())
            .fetch_one(c)
            .await
    })?;
    Ok(known > 0)
}

/// Adds a mark that the ledger is about to get, and forgets those before the one that it has: `current`.
///
/// # Errors
/// When the database fails.
pub async fn add_mark(
    tx: &mut Tx,
    ledger: LedgerId,
    current: Option<[u8; 16]>,
    next: &[u8; 16],
    at: Instant,
) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("DELETE FROM ledger_mark WHERE ledger = $1 AND mark <> $2")
            .bind(ledger.as_bytes().as_slice())
            .bind(current.unwrap_or_default().as_slice())
            .execute(c)
            .await
            .map(drop)
    })?;
    on_tx!(tx, c => {
        sqlx::query("INSERT INTO ledger_mark (ledger, mark, at) VALUES ($1, $2, $3)")
            .bind(ledger.as_bytes().as_slice())
            .bind(next.as_slice())
            .bind(at.as_millis())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}
