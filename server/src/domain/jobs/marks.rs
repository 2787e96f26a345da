//! Marks, in database and ledger: they tell a database from the past, and vouch for the audit.
//!
//! A mark has the end of each practice's audit as it was committed. So the ledger knows of entries that a writer of the
//! database cuts off or writes anew, even one who takes the audit for older than its key. After a restore the database has
//! forgotten entries by right; the audit then says that it was restored, in an entry under the key.
//!
//! Where neither the ledger nor the audit has anything new, the newest mark says all that another would: a practice at rest
//! does not let the ledger grow.

use sync_core::{id::IncarnationId, instant::Instant};

use crate::{
    domain::records::audit::{Action, Actor, AuditEntry, append},
    ledger::{Ledger, Mark, MarkedAudit},
    nouns::entropy::Entropy,
    store::{StoreError, Tx, audit, incarnations, ledger_positions},
};

/// When a mark is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// If anything has happened since the newest one.
    IfNews,
    /// At a start, and to show that the ledger can be written to.
    Always,
}

/// Draws a mark and gives it to the database; [`Tx::mark`] gives it to the ledger, in a later transaction. None if none is
/// needed.
///
/// # Errors
/// When the database fails.
pub(crate) async fn add(
    tx: &mut Tx,
    ledger: &Ledger,
    leave: Leave,
    now: Instant,
    entropy: &Entropy,
) -> Result<Option<Mark>, StoreError> {
    let (value, newest) = (entropy.bytes(), ledger.newest_mark());
    let incarnation = incarnations::current(tx).await?;
    if let Some(marked) = newest.as_ref().and_then(|mark| mark.audit.as_ref())
        && Some(marked.incarnation) == incarnation
    {
        compare(tx, marked).await?;
    }
    let audit = match incarnation {
        Some(incarnation) => Some(MarkedAudit { incarnation, heads: audit::heads(tx).await? }),
        None => None,
    };
    let may_rest = leave == Leave::IfNews && ledger.ends_with_mark();
    if may_rest && newest.as_ref().is_some_and(|mark| mark.audit == audit) {
        return Ok(None);
    }
    ledger_positions::add_mark(tx, ledger.id(), newest.map(|mark| mark.value), &value, now).await?;
    Ok(Some(Mark { value, audit }))
}

/// Tells the operator of an audit that is not what it was at the newest mark. It keeps no caller out: who can write the
/// database could do that more simply, and a clip that has to end still ends.
async fn compare(tx: &mut Tx, marked: &MarkedAudit) -> Result<(), StoreError> {
    for head in &marked.heads {
        if !audit::has(tx, head).await? {
            tracing::error!(
                "the audit is not what the ledger's newest mark says: run `refrain audit verify`"
            );
        }
    }
    Ok(())
}

/// Leaves word in each practice's audit that another life of the database begins here. What the audit said after this place
/// is forgotten.
///
/// # Errors
/// When the database fails.
pub(crate) async fn note_restore(
    tx: &mut Tx,
    incarnation: IncarnationId,
    now: Instant,
) -> Result<(), StoreError> {
    for head in audit::heads(tx).await? {
        append(tx, &AuditEntry::new(head.practice, now, Actor::Server, Action::Restore).about(incarnation));
    }
    Ok(())
}
