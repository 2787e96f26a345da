//! Work that a committed decision left to do, written in its transaction.
//!
//! One piece waits for each subject, kind and urgency, so that no caller can leave work without
//! end: the same work, left again, refreshes it. A worker that claims a piece may have begun before
//! the next decision, and so may the device that it wakes. So a claimed piece takes nothing up, and
//! new work waits beside it.

use sync_core::{id::OutboxId, instant::Instant};

use crate::store::{
    StoreError, Tx,
    columns::{id, instant_opt},
    db::{Inner, on_tx},
};

const NOUN: &str = "piece of work";

/// A new piece of work.
pub struct NewWork<'a> {
    /// The piece.
    pub id: OutboxId,
    /// What is to be done.
    pub kind: &'a str,
    /// With what: the sixteen bytes of an id.
    pub subject: &'a [u8; 16],
    /// How soon: `high`, `normal` or `low`.
    pub urgency: &'a str,
    /// When it was left.
    pub created_at: Instant,
    /// When it is no longer worth doing.
    pub expires_at: Instant,
}

/// The piece that waits takes up another one: it is done no later than either, and for as long as either.
macro_rules! waiting {
    ($insert:literal) => {
        concat!(
            $insert,
            " ON CONFLICT (kind, subject, urgency) WHERE claimed_at IS NULL DO UPDATE SET \
             due_at = CASE WHEN excluded.due_at < outbox.due_at THEN excluded.due_at ELSE outbox.due_at END, \
             expires_at = CASE WHEN excluded.expires_at > outbox.expires_at THEN excluded.expires_at \
             ELSE outbox.expires_at END, \
             attempts = CASE WHEN excluded.attempts > outbox.attempts THEN excluded.attempts \
             ELSE outbox.attempts END"
        )
    };
}

/// Leaves a piece of work, due at once, or makes the one that waits due at once. The column `topic` is of an older version,
/// and empty.
pub async fn leave(tx: &mut Tx, new: &NewWork<'_>) -> Result<(), StoreError> {
    const SQL: &str = waiting!(
        "INSERT INTO outbox (id, kind, subject, urgency, topic, created_at, due_at, expires_at, attempts) \
         VALUES ($1, $2, $3, $4, '', $5, $5, $6, 0)"
    );
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(new.id.as_bytes().as_slice())
        .bind(new.kind)
        .bind(new.subject.as_slice())
        .bind(new.urgency)
        .bind(new.created_at.as_millis())
        .bind(new.expires_at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// A piece of work that a worker has claimed.
pub struct Work {
    /// The piece.
    pub id: OutboxId,
    /// With what: the sixteen bytes of an id.
    pub subject: [u8; 16],
    /// How soon: `high`, `normal` or `low`.
    pub urgency: String,
    /// When it is no longer worth doing.
    pub expires_at: Instant,
    /// How often it was claimed, this time included.
    pub attempts: i64,
}

impl Work {
    /// Whether something is to be taken away.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.urgency == "high"
    }
}

#[derive(sqlx::FromRow)]
struct WorkRow {
    id: Vec<u8>,
    subject: Vec<u8>,
    urgency: String,
    expires_at: i64,
    attempts: i64,
}

impl TryFrom<WorkRow> for Work {
    type Error = StoreError;

    fn try_from(row: WorkRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, NOUN)?,
            subject: row.subject.try_into().map_err(|_| StoreError::Inconsistent(NOUN))?,
            urgency: row.urgency,
            expires_at: Instant::from_millis(row.expires_at),
            attempts: row.attempts,
        })
    }
}

/// Claims work of one kind that is due, most urgent first: moves it to `until`, so that a crash hands it on.
///
/// Two workers never get the same piece: the single writer of SQLite sees to that, and on PostgreSQL each skips what
/// the other has locked.
pub async fn claim(
    tx: &mut Tx,
    kind: &str,
    now: Instant,
    until: Instant,
    limit: u32,
) -> Result<Vec<Work>, StoreError> {
    const SQLITE: &str = "UPDATE outbox SET due_at = $3, claimed_at = $2, attempts = attempts + 1 WHERE id IN \
        (SELECT id FROM outbox WHERE kind = $1 AND due_at <= $2 \
         ORDER BY CASE urgency WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END, due_at, id LIMIT $4) \
        RETURNING id, subject, urgency, expires_at, attempts";
    const POSTGRES: &str = "UPDATE outbox SET due_at = $3, claimed_at = $2, attempts = attempts + 1 WHERE id IN \
        (SELECT id FROM outbox WHERE kind = $1 AND due_at <= $2 \
         ORDER BY CASE urgency WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END, due_at, id LIMIT $4 \
         FOR UPDATE SKIP LOCKED) \
        RETURNING id, subject, urgency, expires_at, attempts";
    let sql = if matches!(tx.inner, Inner::Postgres(_)) { POSTGRES } else { SQLITE };
    let rows: Vec<WorkRow> = on_tx!(tx, c => sqlx::query_as(sql)
        .bind(kind)
        .bind(now.as_millis())
        .bind(until.as_millis())
        .bind(i64::from(limit))
        .fetch_all(c).await)?;
    rows.into_iter().map(Work::try_from).collect()
}

/// Forgets a piece of work that needs nothing more.
pub async fn finish(tx: &mut Tx, work: OutboxId) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM outbox WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(work.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}

/// Puts a claimed piece of work off: it waits again, or is taken up by the one that has come to wait meanwhile.
pub async fn put_off(tx: &mut Tx, work: OutboxId, until: Instant) -> Result<(), StoreError> {
    const TAKE: &str = "DELETE FROM outbox WHERE id = $1 \
                        RETURNING kind, subject, urgency, created_at, expires_at, attempts";
    const SQL: &str = waiting!(
        "INSERT INTO outbox (id, kind, subject, urgency, topic, created_at, due_at, expires_at, attempts) \
         VALUES ($1, $2, $3, $4, '', $5, $6, $7, $8)"
    );
    let taken: Option<TakenRow> =
        on_tx!(tx, c => sqlx::query_as(TAKE).bind(work.as_bytes().as_slice()).fetch_optional(c).await)?;
    let Some(taken) = taken else { return Ok(()) };
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(work.as_bytes().as_slice())
        .bind(taken.kind.as_str())
        .bind(taken.subject.as_slice())
        .bind(taken.urgency.as_str())
        .bind(taken.created_at)
        .bind(until.as_millis())
        .bind(taken.expires_at)
        .bind(taken.attempts)
        .execute(c).await.map(drop))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct TakenRow {
    kind: String,
    subject: Vec<u8>,
    urgency: String,
    created_at: i64,
    expires_at: i64,
    attempts: i64,
}

/// When the next piece of work of a kind is due; `None` when there is none.
pub async fn next_due(tx: &mut Tx, kind: &str) -> Result<Option<Instant>, StoreError> {
    const SQL: &str = "SELECT MIN(due_at) FROM outbox WHERE kind = $1";
    let (due,): (Option<i64>,) = on_tx!(tx, c => sqlx::query_as(SQL).bind(kind).fetch_one(c).await)?;
    Ok(instant_opt(due))
}

#[cfg(test)]
mod tests;
