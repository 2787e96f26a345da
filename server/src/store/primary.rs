//! Which of a pool's connections lead to the primary, when a PostgreSQL server has handed its part over.
//!
//! After a failover, or while a server takes no writes, connections that were made before still answer reads, and refuse
//! every write with SQLSTATE 25006. A pool keeps them for half an hour. So a new connection is asked whether it may write
//! before it is used, and when a write finds out that it may not, every connection that is older is given up.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{Executor, PgConnection, pool::PoolConnectionMetadata};
use tokio::time::Instant;

/// When the primary was last seen to be another. Clones share it.
#[derive(Clone, Default)]
pub struct Primary {
    lost_at: Arc<Mutex<Option<Instant>>>,
}

impl Primary {
    /// Gives up every connection that was made before now, each when it is next asked for.
    pub(super) fn lose(&self) {
        *self.lost_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection may still be used.
    pub(super) fn keeps(&self, connection: &PoolConnectionMetadata) -> bool {
        let lost_at = *self.lost_at.lock().unwrap_or_else(PoisonError::into_inner);
        lost_at.is_none_or(|lost_at| connection.age < lost_at.elapsed())
    }
}

/// How long a statement, a lock and a transaction that does nothing may take; and an acknowledged write survives power loss.
const SESSION: &str = "SET statement_timeout = '15s'; SET lock_timeout = '10s'; \
                       SET idle_in_transaction_session_timeout = '30s'; SET synchronous_commit = on";

/// Sets a new connection up, and refuses one that leads to a server which takes no writes.
///
/// # Errors
/// [`sqlx::Error::Protocol`] then; the pool tries again until its time is up.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    const SQL: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";
    connection.execute(SESSION).await?;
    let is_read_only: bool = sqlx::query_scalar(SQL).fetch_one(connection).await?;
    if is_read_only {
        tracing::warn!("this PostgreSQL server takes no writes (25006): it is a standby, or set read-only");
        return Err(sqlx::Error::Protocol("the server takes no writes".to_owned()));
    }
    Ok(())
}
