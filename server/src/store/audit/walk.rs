//! The walk along a practice's chain, from its beginning to its head.

use sync_core::{
    id::{ClientId, PracticeId},
    instant::Instant,
};
use thiserror::Error;

use super::{AuditKey, chain::Head, find_head};
use crate::store::{
    StoreError, Tx,
    db::{PendingEntry, on_tx},
};

/// A chain without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// How many entries it has.
    pub entries: i64,
    /// The hash of the last one; zeros for none.
    pub head: [u8; 32],
    /// Up to which entry hashes are without a key.
    pub keyed_after: i64,
}

/// Why a chain could not be walked to its end.
#[derive(Debug, Error)]
pub enum WalkError {
    /// The entry of this number was changed, or another has its place.
    #[error("entry {0} is not as it was written")]
    Changed(i64),
    /// The entry of this number is not there.
    #[error("entry {0} is missing")]
    Missing(i64),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An entry that hangs on the one before it.
pub struct Walked<'e> {
    /// Its number, from 1.
    pub seq: i64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its canonical JSON.
    pub body: &'e [u8],
}

const PAGE: i64 = 1_000;

/// Walks a practice's chain from its beginning, shows each entry, and compares the end with the head. Wants a transaction
/// that sees one state ([`crate::store::Db::snapshot`]): entries that come meanwhile are no break.
///
/// # Errors
/// [`WalkError::Changed`] or [`WalkError::Missing`] with the first number that is not as it was written.
pub async fn walk(
    tx: &mut Tx,
    key: &AuditKey,
    practice: PracticeId,
    mut show: impl FnMut(&Walked<'_>),
) -> Result<Chain, WalkError> {
    let head = find_head(tx, practice).await?.unwrap_or(Head::FIRST);
    let mut at = Head { keyed_after: head.keyed_after, ..Head::FIRST };
    loop {
        let page = page_after(tx, practice, at.seq).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            let seq = at.seq + 1;
            if row.seq != seq {
                return Err(WalkError::Missing(seq));
            }
            let (previous, hash) = (row.prev_hash.clone(), row.hash.clone());
            let entry = row.entry(practice).ok_or(WalkError::Changed(seq))?;
            let next = at.and(key, &entry);
            if previous != at.hash || hash != next.hash {
                return Err(WalkError::Changed(seq));
            }
            show(&Walked { seq, hash: next.hash, body: &entry.body });
            at = next;
        }
    }
    if at.seq < head.seq {
        return Err(WalkError::Missing(at.seq + 1));
    }
    if at != head {
        return Err(WalkError::Changed(head.seq.max(1)));
    }
    Ok(Chain { entries: head.seq, head: head.hash, keyed_after: head.keyed_after })
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

impl EntryRow {
    fn entry(self, practice: PracticeId) -> Option<PendingEntry> {
        let client = self.client.as_deref().map(ClientId::try_from).transpose().ok()?;
        Some(PendingEntry { practice, at: Instant::from_millis(self.at), client, body: self.body })
    }
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
