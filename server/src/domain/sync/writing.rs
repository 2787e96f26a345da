//! A device's changes: taken out of its messages, vetted, committed. Its restrictions are entered
//! even if the rest is refused.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::Change;
use sync_core::{
    authority::{Denied, restrictions as restrictions_in},
    documents::{Document, DocumentId, Kind},
    id::EntryId,
    sync::{ProtocolError, take_changes},
};

use super::{
    Close, Connection,
    proposing::{propose, propose_late},
};
use crate::{
    domain::{
        decisions::{
            commit::{Proposer, commit, commit_late},
            restrictions,
        },
        documents::{
            binder::{Binder, Contents},
            sheet::Sheet,
        },
    },
    nouns::{Refusal, callers::DeviceCaller},
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
        let open = binder.open(&self.binders.ground).await.map_err(|_| Close::Retry)?;
        let sheet = open.contents().and_then(|contents| contents.sheet_under(kind, document).ok());
        let taken = self.changes_of(document, &sheet.ok_or(Close::Retry)?.document, message);
        drop(open);
        match taken {
            Err(code) => Ok(Some(code)),
            Ok(changes) => self.write(binder, Target::InUse(document), kind, changes).await,
        }
    }

    /// The changes of a message that may be vetted now and are not known yet, or the code of a refusal.
    pub(super) fn changes_of(
        &mut self,
        id: DocumentId,
        document: &Document,
        message: &mut automerge::sync::Message,
    ) -> Result<Vec<Change>, &'static str> {
        let peer = &mut self.peer;
        let taken = catch_unwind(AssertUnwindSafe(|| peer.take_changes(id, document, message)));
        let mut changes = taken.map_err(|_| ProtocolError::Message.code())?.map_err(|error| error.code())?;
        // What is known already brings nothing that would have to be committed.
        changes.retain(|change| document.get_change_meta_by_hash(&change.hash()).is_none());
        Ok(changes)
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
        let binder = self.binders.of(claim.client).await.map_err(|_| Close::Retry)?;
        self.enter_restrictions(&binder, &changes).await
    }

    /// Enters the restrictions among changes that were refused: a restriction is never lost.
    async fn enter_restrictions(&self, binder: &Arc<Binder>, changes: &[Change]) -> Result<(), Close> {
        let DeviceCaller::Console(console) = self.caller else { return Ok(()) };
        let found = catch_unwind(AssertUnwindSafe(|| restrictions_in(console.device, changes)));
        let mut found = found.unwrap_or_default();
        let open = binder.open(&self.binders.ground).await.map_err(|_| Close::Retry)?;
        let known = &open.contents().ok_or(Close::Retry)?.written;
        let known: BTreeSet<EntryId> = known.entries().iter().map(|(id, _)| *id).collect();
        // An id that is taken keeps its first contents, and the others are entered all the same.
        found.retain(|(id, _)| !known.contains(id));
        drop(open);
        if found.is_empty() {
            return Ok(());
        }
        match restrictions::enter(&self.binders.ground, binder, console, found).await {
            // What comes too long after the end of its part is not taken, however often it comes.
            Ok(()) | Err(Refusal::EndedTooLong | Refusal::OutOfBounds(_)) => Ok(()),
            Err(_) => Err(Close::Retry),
        }
    }

    /// Vets and commits, a portion at a time; gives the code of a refusal, behind which nothing is looked at. The restrictions
    /// of what is refused are entered all the same.
    pub(super) async fn write(
        &self,
        binder: &Arc<Binder>,
        target: Target,
        kind: Kind,
        changes: Vec<Change>,
    ) -> Result<Option<&'static str>, Close> {
        let mut rest = changes.into_iter().peekable();
        while rest.peek().is_some() {
            let mut ops = 0;
            let mut portion = Vec::new();
            while let Some(change) =
                rest.next_if(|change| portion.is_empty() || ops + change.len() <= PORTION)
            {
                ops += change.len();
                portion.push(change);
            }
            if let Some(code) = self.write_portion(binder, target, kind, portion).await? {
                if kind == Kind::Orders {
                    self.enter_restrictions(binder, &rest.collect::<Vec<_>>()).await?;
                }
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    async fn write_portion(
        &self,
        binder: &Arc<Binder>,
        target: Target,
        kind: Kind,
        changes: Vec<Change>,
    ) -> Result<Option<&'static str>, Close> {
        let writer = self.writer();
        let by = match self.caller {
            DeviceCaller::Companion(companion) => Proposer::companion(companion),
            DeviceCaller::Console(console) => Proposer::console(console),
        };
        let offered = changes.clone();
        let (ground, urgency) = (&self.binders.ground, Urgency::Restriction);
        let committed: Result<(), NotWritten> = match target {
            Target::InUse(document) => {
                let propose = move |contents: &Contents| {
                    let sheet = contents.sheet_under(kind, document)?;
                    Ok(propose(sheet, kind, writer, changes.clone())?)
                };
                commit(ground, binder, urgency, by, propose).await
            }
            Target::Succeeded(document) => {
                let propose = move |contents: &Contents, old: &Sheet| {
                    Ok(propose_late(contents, old, kind, writer, changes.clone())?)
                };
                commit_late(ground, binder, by, document, propose).await
            }
        };
        let refused = match committed {
            Ok(()) => return Ok(None),
            Err(NotWritten::Denied(reason)) => Ok(reason.code()),
            Err(NotWritten::Refused(Refusal::DeviceRemoved)) => Err(Close::Unpaired),
            // A name that only the database knows to be wrong: a clip of somebody else's, or the care has just ended.
            Err(NotWritten::Refused(Refusal::NotFound)) => Ok(Denied::UnknownName.code()),
            Err(NotWritten::Refused(Refusal::NotAllowed)) => Ok(Denied::BadDocument.code()),
            Err(NotWritten::Refused(_)) => return Err(Close::Retry),
        };
        if kind == Kind::Orders {
            self.enter_restrictions(binder, &offered).await?;
        }
        refused.map(Some)
    }
}

/// Why nothing was written.
enum NotWritten {
    /// The vet lets it not pass.
    Denied(Denied),
    /// It passed, and could not be committed.
    Refused(Refusal),
}

impl From<Denied> for NotWritten {
    fn from(reason: Denied) -> Self {
        Self::Denied(reason)
    }
}

impl From<Refusal> for NotWritten {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// How many operations one transaction takes, unless a single change has more: what a device brings after months comes in
/// several, so that others have their turn in between.
const PORTION: usize = 1_024;

/// Which document is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// The one that is in use.
    InUse(DocumentId),
    /// One that a successor has taken the place of.
    Succeeded(DocumentId),
}
