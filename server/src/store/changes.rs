//! Tells other servers on the same PostgreSQL of changes. On SQLite there is no other server.

use sync_core::id::{ClientId, DeviceId};

use super::{StoreError, Tx, db::Inner};

/// The channel that servers listen on.
pub const CHANNEL: &str = "refrain_changes";

/// What a server hears of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The documents of a client have changed.
    Changed(ClientId),
    /// A device was removed: its connections end.
    Removed(DeviceId),
}

impl Notice {
    /// Reads what was sent; none of another server's newer kinds.
    #[must_use]
    pub fn parse(payload: &str) -> Option<Self> {
        let id = payload.split(' ').next()?;
        let changed = ClientId::parse(id).map(Self::Changed);
        changed.or_else(|_| DeviceId::parse(id).map(Self::Removed)).ok()
    }
}

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
