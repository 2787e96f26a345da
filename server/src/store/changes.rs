//! Tells other servers on the same PostgreSQL which client has changed. On SQLite there is no other server.

use sync_core::id::ClientId;

use super::{StoreError, Tx, db::Inner};

/// The channel that servers listen on.
pub const CHANNEL: &str = "refrain_changes";

/// Leaves a notice that is sent when the transaction commits: the client's id and version, nothing else.
pub async fn notify(tx: &mut Tx, client: ClientId, version: i64) -> Result<(), StoreError> {
    match &mut tx.inner {
        Inner::Sqlite(_) => Ok(()),
        Inner::Postgres(transaction) => {
            sqlx::query("SELECT pg_notify($1, $2)")
                .bind(CHANNEL)
                .bind(format!("{client} {version}"))
                .execute(&mut **transaction)
                .await?;
            Ok(())
        }
    }
}
