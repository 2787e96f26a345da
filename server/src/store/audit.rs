//! The audit's chain, one for each practice: `hash = SHA-256(practice, seq, previous hash, at,
//! client, body)`.
//!
//! Editing or removing a row breaks the chain there; cutting its end disagrees with the head. An
//! attacker who can rewrite the whole database can rewrite the chain too. An operator who must
//! exclude that keeps the head that [`verify`] gives somewhere else.

use sha2::{Digest, Sha256};
use sync_core::{
    id::{ClientId, PracticeId},
    instant::Instant,
};
use thiserror::Error;

use super::{
    StoreError, Tx,
    db::{PendingEntry, on_tx},
};

/// A chain without a break.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: i64,
    /// The hash of the last one; zeros for none.
    pub head: [u8; 32],
}

/// Why a chain could not be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The entry of this number was edited or is missing.
    #[error("the audit is broken at entry {seq}")]
    Broken {
        /// The first number that is not as it was written.
        seq: i64,
    },
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const PAGE: i64 = 1_000;
const BEGINNING: [u8; 32] = [0; 32];

/// Writes the entries; called last in a transaction, practice by practice in the order of their ids.
pub(super) async fn write(tx: &mut Tx, mut entries: Vec<PendingEntry>) -> Result<(), StoreError> {
    entries.sort_by_key(|entry| entry.practice);
    for run in entries.chunk_by(|one, other| one.practice == other.practice) {
        let Some(first) = run.first() else { continue };
        let (mut seq, mut head) = lock_head(tx, first.practice).await?;
        for entry in run {
            seq += 1;
            let hash = hash_of(seq, &head, entry);
            insert(tx, seq, &head, &hash, entry).await?;
            head = hash;
        }
        update_head(tx, first.practice, seq, &head).await?;
    }
    Ok(())
}

/// Walks a practice's chain from its beginning and compares its end with the head.
///
/// # Errors
/// [`VerifyError::Broken`] at the first entry that is not as it was written.
pub async fn verify(tx: &mut Tx, practice: PracticeId) -> Result<Verified, VerifyError> {
    let (entries, head) = find_head(tx, practice).await?.unwrap_or((0, BEGINNING));
    let (mut seq, mut hash) = (0, BEGINNING);
    loop {
        let page = page_after(tx, practice, seq).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            seq += 1;
            let client = match row.client.as_deref().map(ClientId::try_from) {
                Some(Err(_)) => return Err(VerifyError::Broken { seq }),
                Some(Ok(client)) => Some(client),
                None => None,
            };
            let entry = PendingEntry { practice, at: Instant::from_millis(row.at), client, body: row.body };
            let expected = hash_of(seq, &hash, &entry);
            if row.seq != seq || row.prev_hash != hash || row.hash != expected {
                return Err(VerifyError::Broken { seq });
            }
            hash = expected;
        }
    }
    if seq != entries {
        return Err(VerifyError::Broken { seq: seq.min(entries) + 1 });
    }
    if hash != head {
        return Err(VerifyError::Broken { seq });
    }
    Ok(Verified { entries, head })
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

/// The bodies of what is said of a client under an action after an instant.
pub async fn of_client_since(
    tx: &mut Tx,
    client: ClientId,
    action: &str,
    after: Instant,
) -> Result<Vec<Vec<u8>>, StoreError> {
    const SQL: &str =
        "SELECT body FROM audit_entry WHERE client = $1 AND at > $2 AND body >= $3 AND body < $4";
    let [from, to] = beginnings(action);
    let rows: Vec<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(after.as_millis())
        .bind(from)
        .bind(to)
        .fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(body,)| body).collect())
}

/// Between which bytes the bodies of an action lie.
fn beginnings(action: &str) -> [Vec<u8>; 2] {
    [',', '-'].map(|end| format!("{{\"action\":\"{action}\"{end}").into_bytes())
}

/// Lengths are fixed or stand in front, so that no two entries are one message.
fn hash_of(seq: i64, previous: &[u8; 32], entry: &PendingEntry) -> [u8; 32] {
    let client = entry.client.map_or([0; 16], |client| *client.as_bytes());
    Sha256::new()
        .chain_update(b"refrain/audit/v1")
        .chain_update(entry.practice.as_bytes())
        .chain_update(seq.to_be_bytes())
        .chain_update(previous)
        .chain_update(entry.at.as_millis().to_be_bytes())
        .chain_update([u8::from(entry.client.is_some())])
        .chain_update(client)
        .chain_update(&entry.body)
        .finalize()
        .into()
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
async fn lock_head(tx: &mut Tx, practice: PracticeId) -> Result<(i64, [u8; 32]), StoreError> {
    let (seq, hash): (i64, Vec<u8>) = on_tx!(tx, c => {
        sqlx::query_as(
            "INSERT INTO audit_head (practice, seq, hash) VALUES ($1, 0, $2) \
             ON CONFLICT (practice) DO UPDATE SET seq = audit_head.seq RETURNING seq, hash",
        )
        .bind(practice.as_bytes().as_slice())
        .bind(BEGINNING.as_slice())
        .fetch_one(c)
        .await
    })?;
    head(seq, &hash)
}

async fn find_head(tx: &mut Tx, practice: PracticeId) -> Result<Option<(i64, [u8; 32])>, StoreError> {
    let row: Option<(i64, Vec<u8>)> = on_tx!(tx, c => {
        sqlx::query_as("SELECT seq, hash FROM audit_head WHERE practice = $1")
            .bind(practice.as_bytes().as_slice())
            .fetch_optional(c)
            .await
    })?;
    row.map(|(seq, hash)| head(seq, &hash)).transpose()
}

fn head(seq: i64, hash: &[u8]) -> Result<(i64, [u8; 32]), StoreError> {
    Ok((seq, hash.try_into().map_err(|_| StoreError::Inconsistent("audit head"))?))
}

async fn update_head(tx: &mut Tx, practice: PracticeId, seq: i64, hash: &[u8; 32]) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("UPDATE audit_head SET seq = $2, hash = $3 WHERE practice = $1")
            .bind(practice.as_bytes().as_slice())
            .bind(seq)
            .bind(hash.as_slice())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    seq: i64,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
    at: i64,
    client: Option<Vec<u8>>,
    body: Vec<u8>,
}

async fn page_after(tx: &mut Tx, practice: PracticeId, seq: i64) -> Result<Vec<EntryRow>, StoreError> {
    let rows = on_tx!(tx, c => {
        sqlx::query_as(
            "SELECT seq, prev_hash, hash, at, client, body FROM audit_entry WHERE practice = $1 AND seq > $2 \
             ORDER BY seq LIMIT $3",
        )
        .bind(practice.as_bytes().as_slice())
        .bind(seq)
        .bind(PAGE)
        .fetch_all(c)
        .await
    })?;
    Ok(rows)
}
