//! Tells other servers on the same PostgreSQL of changes. On SQLite there is no other server.

use sync_core::id::{ClientId, DeviceId};

use super::{StoreError, Tx, db::Inner, notices::CHANNEL};

/// Leaves a notice that is sent when the transaction commits: the client's id and version, nothing else.
pub async fn notify(tx: &mut Tx, client: ClientId, version: i64) -> Result<(), StoreError> {
    send(tx, format!("{client} {version}")).await
}

/// Leaves a notice that a device was removed, sent when the transaction commits.
pub async fn notify_removed(tx: &mut Tx, device: DeviceId) -> Result<(), StoreError> {
    send(tx, device.to_string()).await
}

async fn send(tx: &mut Tx, payload: String) -> Result<(), StoreError> {
    match &mut tx.inner {
        Inner::Sqlite(_) => Ok(()),
        Inner::Postgres(transaction) => {
            sqlx::query("SELECT pg_notify($1, $2)")
                .bind(CHANNEL)
                .bind(payload)
                .execute(&mut **transaction)
                .await?;
            Ok(())
        }
    }
}
