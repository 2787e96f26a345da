//! What a device writes: taken out of its messages, vetted, committed; and its restrictions, whatever else is refused.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::{Change, ReadDoc};
use sync_core::{
    authority::{Denied, Vetted, Writer, restrictions as restrictions_in, vet},
    documents::{DocumentId, Kind},
    id::EntryId,
    sync::{ProtocolError, take_changes},
};

use super::{Close, Connection};
use crate::{
    domain::{
        Refusal,
        audit::Actor,
        binder::{Binder, Contents},
        caller::DeviceCaller,
        commit::{Proposal, Proposer, commit},
        restrictions,
    },
    store::{Urgency, documents::Claim},
};

impl Connection {
    /// Takes the changes out of a message and writes those that are complete; gives the code of a refusal.
    pub(super) async fn take(
        &mut self,
        document: DocumentId,
        binder: &Arc<Binder>,
        kind: Kind,
        message: &mut automerge::sync::Message,
    ) -> Result<Option<&'static str>, Close> {
        let open = binder.open(&self.app).await.map_err(|_| Close::Retry)?;
        let sheet = open.contents().and_then(|contents| contents.sheet(kind).ok()).ok_or(Close::Retry)?;
        let peer = &mut self.peer;
        let mut taken =
            catch_unwind(AssertUnwindSafe(|| peer.take_changes(document, &sheet.document, message)));
        if let Ok(Ok(changes)) = &mut taken {
            // What is known already brings nothing that would have to be committed.
            changes.retain(|change| sheet.document.get_change_meta_by_hash(&change.hash()).is_none());
        }
        drop(open);
        match taken {
            Err(_) => Ok(Some(ProtocolError::Message.code())),
            Ok(Err(error)) => Ok(Some(error.code())),
            Ok(Ok(changes)) => self.write(binder, kind, changes).await,
        }
    }

    /// Keeps what a device that may no longer write has taken away: only that, and nothing is told in return.
    pub(super) async fn keep_restrictions(
        &self,
        claim: &Claim,
        message: &mut automerge::sync::Message,
    ) -> Result<(), Close> {
        if !claim.treated || claim.kind != Kind::Orders || message.changes.is_empty() {
            return Ok(());
        }
        let taken = catch_unwind(AssertUnwindSafe(|| take_changes(message)));
        let Ok(Ok(changes)) = taken else { return Ok(()) };
        let binder = self.app.binders.of(&self.app, claim.client).await.map_err(|_| Close::Retry)?;
        self.enter_restrictions(&binder, &changes).await
    }

    /// Enters the restrictions among changes that were refused: a restriction is never lost.
    async fn enter_restrictions(&self, binder: &Arc<Binder>, changes: &[Change]) -> Result<(), Close> {
        let DeviceCaller::Console(console) = self.caller else { return Ok(()) };
        let found = catch_unwind(AssertUnwindSafe(|| restrictions_in(console.device, changes)));
        let mut found = found.unwrap_or_default();
        let open = binder.open(&self.app).await.map_err(|_| Close::Retry)?;
        let known = &open.contents().ok_or(Close::Retry)?.entries;
        let known: BTreeSet<EntryId> = known.iter().map(|(id, _)| *id).collect();
        // An id that is taken keeps its first contents, and the others are entered all the same.
        found.retain(|(id, _)| !known.contains(id));
        drop(open);
        if found.is_empty() {
            return Ok(());
        }
        restrictions::enter(&self.app, binder, console, found).await.map_err(|_| Close::Retry)
    }

    /// Vets and commits; gives the code of a refusal. The restrictions of what is refused are entered all the same.
    async fn write(
        &self,
        binder: &Arc<Binder>,
        kind: Kind,
        changes: Vec<Change>,
    ) -> Result<Option<&'static str>, Close> {
        if changes.is_empty() {
            return Ok(None);
        }
        let writer = self.writer();
        let by = match self.caller {
            DeviceCaller::Companion(companion) => {
                Proposer { device: Some(companion.device), staff: None, actor: Actor::from(&companion) }
            }
            DeviceCaller::Console(console) => Proposer {
                device: Some(console.device),
                staff: Some(console.staff),
                actor: Actor::from(&console),
            },
        };
        let denied = Arc::new(std::sync::Mutex::new(None));
        let (told, offered) = (Arc::clone(&denied), changes.clone());
        let propose = move |contents: &Contents| {
            propose(contents, kind, writer, changes.clone()).map_err(|reason| {
                if let Ok(mut told) = told.lock() {
                    *told = Some(reason);
                }
                Refusal::NotAllowed
            })
        };
        let refused = match commit(&self.app, binder, Urgency::Restriction, by, propose).await {
            Ok(()) => return Ok(None),
            Err(Refusal::DeviceRemoved) => Err(Close::Unpaired),
            // A name that only the database knows to be wrong: a clip of somebody else's, or the care has just ended.
            Err(Refusal::NotFound) => Ok(Denied::UnknownName.code()),
            Err(Refusal::NotAllowed) => {
                let reason = denied.lock().ok().and_then(|reason| *reason);
                Ok(reason.unwrap_or(Denied::BadDocument).code())
            }
            Err(_) => return Err(Close::Retry),
        };
        if kind == Kind::Orders {
            self.enter_restrictions(binder, &offered).await?;
        }
        refused.map(Some)
    }
}

fn propose(
    contents: &Contents,
    kind: Kind,
    writer: Writer,
    changes: Vec<Change>,
) -> Result<Proposal, Denied> {
    let sheet = contents.sheet(kind).map_err(|_| Denied::BadDocument)?;
    let vetted =
        catch_unwind(AssertUnwindSafe(|| vet(&sheet.document, kind, &sheet.actors, writer, changes)));
    let Vetted { changes, entries, new_actors } = vetted.unwrap_or(Err(Denied::BadEntry))?;
    let mut proposal = Proposal::nothing();
    if changes.is_empty() {
        return Ok(proposal);
    }
    let mut candidate = sheet.clone();
    let applied = catch_unwind(AssertUnwindSafe(|| candidate.document.apply_changes(changes)));
    if !matches!(applied, Ok(Ok(()))) || !candidate.document.get_missing_deps(&[]).is_empty() {
        return Err(Denied::BadDocument);
    }
    proposal.sheets.insert(kind, candidate);
    proposal.new_actors = new_actors.into_iter().map(|actor| (kind, actor)).collect();
    if kind == Kind::Orders {
        proposal.entries = entries;
    }
    Ok(proposal)
}
