//! How often something was done for a person or a device in an hour, where that has a bound.

use sync_core::instant::Instant;

use crate::store::{StoreError, Tx, db::on_tx};

const HOUR_MILLIS: i64 = 3_600_000;

/// When the hour after that of an instant begins.
#[must_use]
pub const fn next(now: Instant) -> Instant {
    Instant::from_millis(hour(now).saturating_add(1).saturating_mul(HOUR_MILLIS))
}

const fn hour(now: Instant) -> i64 {
    now.as_millis().div_euclid(HOUR_MILLIS)
}

/// Counts one more; gives how many there are in this hour, this one included. Two servers that count at once do so one
/// after the other.
pub async fn count(tx: &mut Tx, subject: &[u8; 16], what: &str, now: Instant) -> Result<i64, StoreError> {
    const SQL: &str = "INSERT INTO hourly (subject, what, hour, n) VALUES ($1, $2, $3, 1) \
                       ON CONFLICT (subject, what, hour) DO UPDATE SET n = hourly.n + 1 RETURNING n";
    let (n,): (i64,) = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(subject.as_slice())
        .bind(what)
        .bind(hour(now))
        .fetch_one(c).await)?;
    Ok(n)
}

/// Forgets the hours that are over.
pub async fn forget_past(tx: &mut Tx, now: Instant) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM hourly WHERE hour < $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(hour(now)).execute(c).await.map(drop))?;
    Ok(())
}
