//! Puts a document to sleep and its successor in its place, in the transaction that has just written it.

use std::collections::BTreeSet;

use automerge::ActorId;
use sync_core::{
    documents::{self as views, Document, DocumentId, Kind},
    id::{ClientId, EntryId, PracticeId},
    instant::{Instant, Span},
};

use crate::{
    domain::documents::{self, sheet::Sheet},
    ground::Ground,
    ledger::Restriction,
    nouns::Refusal,
    store::{self, Tx},
};

/// How long what is over stays in a successor: far longer than any lease, of 31 days at most, can still be held.
pub const KEPT_FOR: Span = Span::from_days(90);

/// Whose documents are replaced, and when.
pub(in crate::domain) struct Succession<'a> {
    pub(in crate::domain) ground: &'a Ground,
    pub(in crate::domain) practice: PracticeId,
    pub(in crate::domain) client: ClientId,
    pub(in crate::domain) now: Instant,
}

impl Succession<'_> {
    /// Puts a document to sleep and its successor in its place, in the transaction that has just settled and written it.
    /// Of the orders, `entries` are those that count, and become those that succeed.
    ///
    /// # Errors
    /// When the database or the practice's key fails.
    pub(in crate::domain) async fn replace(
        &self,
        tx: &mut Tx,
        kind: Kind,
        sheet: &mut Sheet,
        entries: &mut Vec<(EntryId, Vec<u8>)>,
    ) -> Result<(), Refusal> {
        let Self { ground, practice, client, now } = *self;
        let horizon = now - KEPT_FOR;
        let actor = ActorId::from(ground.entropy.bytes::<16>().as_slice());
        let fresh = if kind == Kind::Orders {
            let succeeding = views::succeeding(entries, horizon, now);
            self.leave_out(tx, entries, &succeeding).await?;
            *entries = succeeding;
            // Of the rows, as every decision: the document only carries them.
            orders(entries, actor)
        } else {
            views::successor(kind, &sheet.document, horizon, now, actor)
        };
        let fresh = fresh.map_err(|_| Refusal::Unavailable)?;
        let id = DocumentId::new(ground.entropy.bytes());
        let asleep = documents::snapshot(ground, tx, practice, kind, sheet.id, &sheet.document).await?;
        store::predecessors::insert(tx, sheet.id, id, now, &asleep.bytes).await?;
        let snapshot = documents::snapshot(ground, tx, practice, kind, id, &fresh).await?;
        store::documents::insert(tx, id, client, kind, now, &snapshot).await?;
        *sheet = documents::of_the_server(ground, fresh, id);
        Ok(())
    }

    /// Leaves out what does not succeed, and writes what stands for it: revocations in the server's name, which are
    /// restrictions and go into the ledger like any. The audit does not tell of them, for they end nothing that is not over.
    async fn leave_out(
        &self,
        tx: &mut Tx,
        entries: &[(EntryId, Vec<u8>)],
        succeeding: &[(EntryId, Vec<u8>)],
    ) -> Result<(), Refusal> {
        let Self { client, now, .. } = *self;
        store::entries::leave_out_all_but(tx, client, succeeding, now).await?;
        let known: BTreeSet<EntryId> = entries.iter().map(|(id, _)| *id).collect();
        for (id, bytes) in succeeding.iter().filter(|(id, _)| !known.contains(id)) {
            store::entries::insert(tx, client, *id, bytes, None, None, now).await?;
            tx.restrict(Restriction::Entry { client, id: *id, bytes: bytes.clone() });
        }
        Ok(())
    }
}

fn orders(entries: &[(EntryId, Vec<u8>)], actor: ActorId) -> Result<Document, automerge::AutomergeError> {
    let mut orders = views::create(Kind::Orders, actor)?;
    views::append(&mut orders, entries)?;
    Ok(orders)
}
