//! The audit's chain, one for each practice: `hash = HMAC-SHA-256(key, practice, seq, previous hash, at, client, body)`.
//!
//! Editing or removing a row breaks the chain there, and cutting its end disagrees with the head. The key is not in the
//! database, so that a writer of the database alone cannot write the chain anew. Such a writer can cut the chain's end
//! and put an older head in place, or call everything older than the key. The marks of the ledger have the head of every few
//! minutes and tell both (`domain/records/audit/verification.rs`).
//!
//! Entries from before there was a key have hashes without one, up to [`Chain::keyed_after`].

use sync_core::{
    id::{ClientId, PracticeId},
    instant::Instant,
};

use super::{
    StoreError, Tx, columns,
    db::{PendingEntry, on_tx},
};
use crate::ledger::AuditHead;
use chain::{BEGINNING, Head};

mod chain;
mod walk;

pub use chain::AuditKey;
pub use walk::{Chain, WalkError, Walked, walk};

/// Writes the entries; called last in a transaction, practice by practice in the order of their ids.
pub(super) async fn write(
    tx: &mut Tx,
    key: &AuditKey,
    mut entries: Vec<PendingEntry>,
) -> Result<(), StoreError> {
    entries.sort_by_key(|entry| entry.practice);
    for run in entries.chunk_by(|one, other| one.practice == other.practice) {
        let Some(first) = run.first() else { continue };
        let mut head = lock_head(tx, first.practice).await?;
        for entry in run {
            let next = head.and(key, entry);
            insert(tx, next.seq, &head.hash, &next.hash, entry).await?;
            head = next;
        }
        update_head(tx, first.practice, head).await?;
    }
    Ok(())
}

/// Every practice's head, for a mark of the ledger.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn heads(tx: &mut Tx) -> Result<Vec<AuditHead>, StoreError> {
    const SQL: &str = "SELECT practice, seq, hash FROM audit_head ORDER BY practice";
    let rows: Vec<(Vec<u8>, i64, Vec<u8>)> = on_tx!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?;
    let head = |(practice, entries, hash): (Vec<u8>, i64, Vec<u8>)| {
        Ok(AuditHead { practice: columns::id(&practice, "audit head")?, entries, hash: hash_in(&hash)? })
    };
    rows.into_iter().map(head).collect()
}

/// When the newest entry of all practices was written.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx) -> Result<Option<Instant>, StoreError> {
    const SQL: &str =
        "SELECT MAX(e.at) FROM audit_head h JOIN audit_entry e ON e.practice = h.practice AND e.seq = h.seq";
    let newest: Option<i64> = on_tx!(tx, c => sqlx::query_scalar(SQL).fetch_one(c).await)?;
    Ok(newest.map(Instant::from_millis))
}

/// Whether the audit has what a mark of the ledger says.
///
/// # Errors
/// When the database fails.
pub async fn has(tx: &mut Tx, head: &AuditHead) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM audit_entry WHERE practice = $1 AND seq = $2 AND hash = $3";
    if head.entries == 0 {
        return Ok(true);
    }
    let found: i64 = on_tx!(tx, c => sqlx::query_scalar(SQL)
        .bind(head.practice.as_bytes().as_slice())
        .bind(head.entries)
        .bind(head.hash.as_slice())
        .fetch_one(c).await)?;
    Ok(found > 0)
}

/// Lists what is said of a client under an action, newest first: when, and the entry's body.
///
/// Bodies are canonical JSON whose first key is the action, so that their beginning finds them.
pub async fn of_client_and_action(
    tx: &mut Tx,
    client: ClientId,
    action: &str,
    count: i64,
) -> Result<Vec<(Instant, Vec<u8>)>, StoreError> {
    const SQL: &str = "SELECT at, body FROM audit_entry WHERE client = $1 AND body >= $2 AND body < $3 \
                       ORDER BY at DESC LIMIT $4";
    let [from, to] = beginnings(action);
    let rows: Vec<(i64, Vec<u8>)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(from)
        .bind(to)
        .bind(count)
        .fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(at, body)| (Instant::from_millis(at), body)).collect())
}

/// Between which bytes the bodies of an action lie.
fn beginnings(action: &str) -> [Vec<u8>; 2] {
    [',', '-'].map(|end| format!("{{\"action\":\"{action}\"{end}").into_bytes())
}

async fn insert(
    tx: &mut Tx,
    seq: i64,
    previous: &[u8; 32],
    hash: &[u8; 32],
    entry: &PendingEntry,
) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query(
            "INSERT INTO audit_entry (practice, seq, prev_hash, hash, at, client, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(entry.practice.as_bytes().as_slice())
        .bind(seq)
        .bind(previous.as_slice())
        .bind(hash.as_slice())
        .bind(entry.at.as_millis())
        .bind(entry.client.as_ref().map(|client| client.as_bytes().as_slice()))
        .bind(entry.body.as_slice())
        .execute(c)
        .await
        .map(drop)
    })?;
    Ok(())
}

/// Makes the head row when there is none, so that there is always one to lock.
async fn lock_head(tx: &mut Tx, practice: PracticeId) -> Result<Head, StoreError> {
    let row = on_tx!(tx, c => {
        sqlx::query_as(
            "INSERT INTO audit_head (practice, seq, hash, keyed_after) VALUES ($1, 0, $2, 0) \
             ON CONFLICT (practice) DO UPDATE SET seq = audit_head.seq RETURNING seq, hash, keyed_after",
        )
        .bind(practice.as_bytes().as_slice())
        .bind(BEGINNING.as_slice())
        .fetch_one(c)
        .await
    })?;
    head(row)
}

async fn find_head(tx: &mut Tx, practice: PracticeId) -> Result<Option<Head>, StoreError> {
    let row = on_tx!(tx, c => {
        sqlx::query_as("SELECT seq, hash, keyed_after FROM audit_head WHERE practice = $1")
            .bind(practice.as_bytes().as_slice())
            .fetch_optional(c)
            .await
    })?;
    row.map(head).transpose()
}

fn head((seq, hash, keyed_after): (i64, Vec<u8>, i64)) -> Result<Head, StoreError> {
    Ok(Head { seq, hash: hash_in(&hash)?, keyed_after })
}

fn hash_in(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Inconsistent("audit head"))
}

async fn update_head(tx: &mut Tx, practice: PracticeId, head: Head) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("UPDATE audit_head SET seq = $2, hash = $3 WHERE practice = $1")
            .bind(practice.as_bytes().as_slice())
            .bind(head.seq)
            .bind(head.hash.as_slice())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}
