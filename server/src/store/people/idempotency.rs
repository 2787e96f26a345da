//! Answers to POSTs that carried an Idempotency-Key.

use sync_core::instant::Instant;

use crate::store::{StoreError, Tx, db::on_tx};

/// The status of a request that is still being answered.
pub const UNANSWERED: i64 = 0;

/// A request that was seen under a key, with its answer.
pub struct Remembered {
    /// The hash of what was asked.
    pub request_hash: Vec<u8>,
    /// When it was asked.
    pub created_at: Instant,
    /// The status that was answered, or [`UNANSWERED`].
    pub status: i64,
    /// The body that was answered, sealed.
    pub body_sealed: Vec<u8>,
    /// How far its work has come; see [`crate::store::progress`].
    pub progress: Option<Vec<u8>>,
}

/// A claim that stays when its request has gone on to other tasks.
#[derive(Clone)]
pub struct OwnedClaim {
    /// Who asks.
    pub caller: [u8; 16],
    /// Under which key.
    pub key_hash: [u8; 32],
    /// What.
    pub request_hash: [u8; 32],
    /// When.
    pub at: Instant,
}

impl OwnedClaim {
    /// The same, to be written.
    #[must_use]
    pub const fn borrowed(&self) -> Claim<'_> {
        let Self { caller, key_hash, request_hash, at } = self;
        Claim { caller, key_hash, request_hash, at: *at }
    }
}

/// A request that is being answered: a key that is free again may be another request's by the time that this one is done.
pub struct Claim<'a> {
    /// Who asks.
    pub caller: &'a [u8],
    /// Under which key.
    pub key_hash: &'a [u8],
    /// What.
    pub request_hash: &'a [u8],
    /// When.
    pub at: Instant,
}

#[derive(sqlx::FromRow)]
struct RememberedRow {
    request_hash: Vec<u8>,
    created_at: i64,
    status: i64,
    body_sealed: Vec<u8>,
    progress: Option<Vec<u8>>,
}

/// Notes that a request is being answered; whether its key was free.
pub async fn claim(tx: &mut Tx, claim: &Claim<'_>) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO idempotency (caller, key_hash, request_hash, created_at, status, body_sealed) \
                       VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (caller, key_hash) DO NOTHING";
    let claimed = on_tx!(tx, c => sqlx::query(SQL)
        .bind(claim.caller)
        .bind(claim.key_hash)
        .bind(claim.request_hash)
        .bind(claim.at.as_millis())
        .bind(b"".as_slice())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(claimed == 1)
}

/// Finds what was seen under a key.
pub async fn find(tx: &mut Tx, caller: &[u8], key_hash: &[u8]) -> Result<Option<Remembered>, StoreError> {
    const SQL: &str = "SELECT request_hash, created_at, status, body_sealed, progress FROM idempotency \
                       WHERE caller = $1 AND key_hash = $2";
    let row: Option<RememberedRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(caller).bind(key_hash).fetch_optional(c).await)?;
    Ok(row.map(|row| Remembered {
        request_hash: row.request_hash,
        created_at: Instant::from_millis(row.created_at),
        status: row.status,
        body_sealed: row.body_sealed,
        progress: row.progress,
    }))
}

/// Takes a claim up that was given up, from the instant on that the new one names; whether it was still there.
pub async fn take_up(tx: &mut Tx, claim: &Claim<'_>, given_up: Instant) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE idempotency SET created_at = $4 WHERE caller = $1 AND key_hash = $2 \
                       AND request_hash = $3 AND created_at = $5 AND status = 0";
    let taken = on_tx!(tx, c => sqlx::query(SQL)
        .bind(claim.caller)
        .bind(claim.key_hash)
        .bind(claim.request_hash)
        .bind(claim.at.as_millis())
        .bind(given_up.as_millis())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(taken == 1)
}

/// Notes how far a claim's work has come; whether the claim is still its own.
pub async fn note_progress(tx: &mut Tx, claim: &Claim<'_>, progress: &[u8]) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE idempotency SET progress = $5 WHERE caller = $1 AND key_hash = $2 \
                       AND request_hash = $3 AND created_at = $4 AND status = 0";
    let noted = on_tx!(tx, c => sqlx::query(SQL)
        .bind(claim.caller)
        .bind(claim.key_hash)
        .bind(claim.request_hash)
        .bind(claim.at.as_millis())
        .bind(progress)
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(noted == 1)
}

/// Keeps the answer to a claim. One that was given up meanwhile has none, and another's is not touched.
pub async fn answer(
    tx: &mut Tx,
    claim: &Claim<'_>,
    status: i64,
    body_sealed: &[u8],
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE idempotency SET status = $5, body_sealed = $6 WHERE caller = $1 AND key_hash = $2 \
                       AND request_hash = $3 AND created_at = $4 AND status = 0";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(claim.caller)
        .bind(claim.key_hash)
        .bind(claim.request_hash)
        .bind(claim.at.as_millis())
        .bind(status)
        .bind(body_sealed)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Frees a claim's key: it was refused what it asked, and may ask again. If something was done all the same, or nobody knows,
/// the claim stays, as of an instant at which it counts as given up: whoever asks again goes on where it ended. Another's claim
/// stays, too.
pub async fn release(tx: &mut Tx, claim: &Claim<'_>, given_up: Instant) -> Result<(), StoreError> {
    const UNDONE: &str = "DELETE FROM idempotency WHERE caller = $1 AND key_hash = $2 \
                          AND request_hash = $3 AND created_at = $4 AND status = 0 AND progress IS NULL AND $5 >= 0";
    const BEGUN: &str = "UPDATE idempotency SET created_at = $5 WHERE caller = $1 AND key_hash = $2 \
                         AND request_hash = $3 AND created_at = $4 AND status = 0";
    for sql in [UNDONE, BEGUN] {
        on_tx!(tx, c => sqlx::query(sql)
            .bind(claim.caller)
            .bind(claim.key_hash)
            .bind(claim.request_hash)
            .bind(claim.at.as_millis())
            .bind(given_up.as_millis())
            .execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Forgets what was asked before `before`.
pub async fn forget(tx: &mut Tx, before: Instant) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM idempotency WHERE created_at < $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(before.as_millis()).execute(c).await.map(drop))?;
    Ok(())
}
