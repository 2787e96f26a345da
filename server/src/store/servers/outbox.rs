//! Work that a committed decision left to do, written in its transaction.

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

/// Leaves a piece of work, due at once. The column `topic` is of an older version, and empty.
pub async fn insert(tx: &mut Tx, new: &NewWork<'_>) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO outbox (id, kind, subject, urgency, topic, created_at, due_at, expires_at, attempts) \
                       VALUES ($1, $2, $3, $4, '', $5, $5, $6, 0)";
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
    const SQLITE: &str = "UPDATE outbox SET due_at = $3, attempts = attempts + 1 WHERE id IN \
        (SELECT id FROM outbox WHERE kind = $1 AND done_at IS NULL AND due_at <= $2 \
         ORDER BY CASE urgency WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END, due_at, id LIMIT $4) \
        RETURNING id, subject, urgency, expires_at, attempts";
    const POSTGRES: &str = "UPDATE outbox SET due_at = $3, attempts = attempts + 1 WHERE id IN \
        (SELECT id FROM outbox WHERE kind = $1 AND done_at IS NULL AND due_at <= $2 \
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

/// Notes that a piece of work needs nothing more; `outcome` is a stable word.
pub async fn finish(tx: &mut Tx, work: OutboxId, at: Instant, outcome: &str) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE outbox SET done_at = $2, outcome = $3 WHERE id = $1 AND done_at IS NULL";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(work.as_bytes().as_slice())
        .bind(at.as_millis())
        .bind(outcome)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Puts a piece of work off.
pub async fn put_off(tx: &mut Tx, work: OutboxId, until: Instant) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE outbox SET due_at = $2 WHERE id = $1 AND done_at IS NULL";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(work.as_bytes().as_slice())
        .bind(until.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// When the next piece of work of a kind is due; `None` when there is none.
pub async fn next_due(tx: &mut Tx, kind: &str) -> Result<Option<Instant>, StoreError> {
    const SQL: &str = "SELECT MIN(due_at) FROM outbox WHERE kind = $1 AND done_at IS NULL";
    let (due,): (Option<i64>,) = on_tx!(tx, c => sqlx::query_as(SQL).bind(kind).fetch_one(c).await)?;
    Ok(instant_opt(due))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sync_core::instant::Span;

    use super::*;
    use crate::{
        app::App,
        store::Urgency,
        testing::{for_each_database, for_postgres},
    };

    const NOON: Instant = Instant::from_millis(1_900_000_000_000);
    const CLAIMED: Span = Span::from_mins(2);

    async fn leave(app: &Arc<App>, n: u8, urgency: &'static str) {
        let left: Result<(), StoreError> = app
            .ground
            .committer
            .commit(Urgency::Grant, move |tx| {
                Box::pin(async move {
                    let new = NewWork {
                        id: OutboxId::from_bytes([n; 16]),
                        kind: "knock",
                        subject: &[n; 16],
                        urgency,
                        created_at: NOON,
                        expires_at: NOON + Span::from_days(1),
                    };
                    insert(tx, &new).await
                })
            })
            .await;
        left.unwrap();
    }

    async fn claim_at(app: &App, now: Instant, limit: u32) -> Vec<u8> {
        let claimed: Result<Vec<Work>, StoreError> = app
            .ground
            .committer
            .commit(Urgency::Grant, move |tx| {
                Box::pin(async move { claim(tx, "knock", now, now + CLAIMED, limit).await })
            })
            .await;
        numbers(claimed.unwrap())
    }

    fn numbers(works: Vec<Work>) -> Vec<u8> {
        works.into_iter().map(|work| work.subject[0]).collect()
    }

    #[tokio::test]
    async fn work_is_claimed_once_most_urgent_first_and_handed_on_when_nobody_finishes_it() {
        for_each_database(|database| async move {
            let app = database.app().await;
            leave(&app, 1, "low").await;
            leave(&app, 2, "high").await;
            leave(&app, 3, "normal").await;
            assert_eq!(claim_at(&app, NOON - Span::from_millis(1), 9).await, Vec::<u8>::new());
            assert_eq!(claim_at(&app, NOON, 1).await, [2]);
            assert_eq!(claim_at(&app, NOON, 1).await, [3]);
            assert_eq!(claim_at(&app, NOON, 9).await, [1]);
            assert_eq!(claim_at(&app, NOON, 9).await, Vec::<u8>::new());

            let done: Result<(), StoreError> = app
                .ground
                .committer
                .commit(Urgency::Grant, |tx| {
                    Box::pin(async move {
                        finish(tx, OutboxId::from_bytes([2; 16]), NOON, "done").await?;
                        put_off(tx, OutboxId::from_bytes([3; 16]), NOON + Span::from_mins(9)).await
                    })
                })
                .await;
            done.unwrap();
            let mut tx = app.ground.db.read().await.unwrap();
            assert_eq!(next_due(&mut tx, "knock").await.unwrap(), Some(NOON + CLAIMED));
            assert_eq!(next_due(&mut tx, "other").await.unwrap(), None);
            drop(tx);
            assert_eq!(claim_at(&app, NOON + CLAIMED, 9).await, [1]);
            assert_eq!(claim_at(&app, NOON + Span::from_mins(9), 9).await.len(), 2);
        })
        .await;
    }

    #[tokio::test]
    async fn two_servers_never_claim_the_same_piece() {
        for_postgres(|database| async move {
            let app = database.app().await;
            for n in 1..=4 {
                leave(&app, n, "normal").await;
            }
            // Both transactions are open at once: the second skips what the first has locked, and does not wait.
            let (mut one, mut other) =
                (app.ground.db.write().await.unwrap(), app.ground.db.write().await.unwrap());
            let first = claim(&mut one, "knock", NOON, NOON + CLAIMED, 2).await.unwrap();
            let second = claim(&mut other, "knock", NOON, NOON + CLAIMED, 9).await.unwrap();
            let mut all = [numbers(first), numbers(second)].concat();
            all.sort_unstable();
            assert_eq!(all, [1, 2, 3, 4]);
        })
        .await;
    }
}
