//! One transaction of a command that is given beside a running server: without the committer, which has the ledger.

use futures_util::future::BoxFuture;

use super::{
    Db, StoreError, Tx,
    audit::{self, AuditKey},
};

/// Does the work in a transaction of its own and commits it. Only for what leaves nothing for the ledger.
///
/// # Errors
/// What the work refused; or a [`StoreError`] when it could not be committed, which for [`StoreError::InDoubt`] it may
/// have been.
pub(crate) async fn commit<T, E, F>(db: &Db, audit_key: &AuditKey, work: F) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    E: From<StoreError>,
{
    let mut tx = db.write().await?;
    let done = work(&mut tx).await?;
    let pending = std::mem::take(&mut tx.pending);
    if !pending.facts.is_empty() {
        return Err(StoreError::Ledger.into());
    }
    audit::write(&mut tx, audit_key, pending.audit).await?;
    tx.commit().await.map_err(|_| StoreError::InDoubt)?;
    Ok(done)
}
