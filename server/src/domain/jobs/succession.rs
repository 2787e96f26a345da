//! Successors: documents that have grown with the years are replaced by fresh ones with what still counts.
//!
//! A replica is opened, synced and merged at the cost of its whole history, and nobody can take history out of one. So a
//! worker looks once a night which documents have grown, and makes each of them a successor under another id, in one
//! transaction like any decision. The old document sleeps under its id: who reads there is told that it is not to be had
//! and asks for the list of documents; what a device writes there that has not heard of it yet is vetted by it and entered
//! into the successor (`sync/late.rs`). What is left out is missed by nobody: [`documents::succeeding`](views::succeeding).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use automerge::ActorId;
use sync_core::{
    documents::{self as views, Document, DocumentId, Kind},
    id::{ClientId, EntryId, PracticeId},
    instant::{Instant, Span},
};

use crate::{app::App, domain::{decisions::commit::{Proposal, Proposer, commit}, documents::{self, audit::Actor, binder::{Contents, Sheet}}}, ledger::Restriction, nouns::Refusal, store::{self, Tx, Urgency}};

/// How many changes a document may have before it is replaced.
pub const MAX_CHANGES: u32 = 4_096;
/// How many bytes a document may take up in the database before it is replaced.
pub const MAX_BYTES: u32 = 1_000_000;
/// How long what is over stays in a successor: far longer than any lease, of 31 days at most, can still be held.
pub const KEPT_FOR: Span = Span::from_days(90);
/// How long a document is left alone after it was made: one that is large for what still counts in it would get another id
/// every night.
pub const REST_FOR: Span = Span::from_days(30);

/// Replaces every document that has grown; gives how many were. One that cannot be read keeps nobody from theirs.
///
/// # Errors
/// When the database fails.
pub async fn run_once(app: &Arc<App>) -> Result<usize, Refusal> {
    let mut tx = app.db.read().await?;
    let made_until = app.clock.now() - REST_FOR;
    let (changes, bytes) = (i64::from(MAX_CHANGES), i64::from(MAX_BYTES));
    let grown = store::predecessors::grown(&mut tx, changes, bytes, made_until).await?;
    drop(tx);
    let mut of_clients: BTreeMap<ClientId, Vec<(Kind, DocumentId)>> = BTreeMap::new();
    // The casebook is a record and keeps everything.
    for grown in grown.into_iter().filter(|grown| grown.kind != Kind::Casebook) {
        of_clients.entry(grown.client).or_default().push((grown.kind, grown.document));
    }
    let mut replaced = 0;
    for (client, grown) in of_clients {
        let count = grown.len();
        match succeed(app, client, grown).await {
            Ok(()) => replaced += count,
            Err(error) => tracing::error!(%error, "a document could not be replaced and stays as it is"),
        }
    }
    Ok(replaced)
}

/// Replaces these documents of a client, if they are in use under these ids still: another server may have been faster.
/// Orders and shelf go together, so that both begin from the same state.
///
/// # Errors
/// [`Refusal::Unavailable`] when one is damaged, or nothing could be committed.
pub async fn succeed(
    app: &Arc<App>,
    client: ClientId,
    grown: Vec<(Kind, DocumentId)>,
) -> Result<(), Refusal> {
    let binder = app.binders.of(app, client).await?;
    let by = Proposer { device: None, staff: None, actor: Actor::Server };
    commit(app, &binder, Urgency::Grant, by, move |contents: &Contents| {
        let mut succeed: Vec<Kind> = Vec::new();
        for (kind, id) in &grown {
            if contents.sheet(*kind)?.id != *id {
                continue;
            }
            let together = match kind {
                Kind::Orders | Kind::Shelf => &[Kind::Orders, Kind::Shelf][..],
                Kind::Journal => &[Kind::Journal],
                Kind::Casebook => &[],
            };
            if !together.iter().any(|kind| succeed.contains(kind)) {
                succeed.extend(together);
            }
        }
        Ok(Proposal { succeed, ..Proposal::default() })
    })
    .await
}

/// Whose documents are replaced, and when.
pub(in crate::domain) struct Succession<'a> {
    pub(in crate::domain) app: &'a App,
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
        let Self { app, practice, client, now } = *self;
        let horizon = now - KEPT_FOR;
        let actor = ActorId::from(app.entropy.bytes::<16>().as_slice());
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
        let id = DocumentId::new(app.entropy.bytes());
        let asleep = documents::snapshot(app, tx, practice, kind, sheet.id, &sheet.document).await?;
        store::predecessors::insert(tx, sheet.id, id, now, &asleep.bytes).await?;
        let snapshot = documents::snapshot(app, tx, practice, kind, id, &fresh).await?;
        store::documents::insert(tx, id, client, kind, now, &snapshot).await?;
        *sheet = documents::of_the_server(app, fresh, id);
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

#[cfg(test)]
mod tests;
