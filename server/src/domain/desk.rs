//! A therapist at work for one client over the API: the entries so far, and how acts become new
//! ones.

pub mod casebook;
pub mod device_state;
pub mod duties;
pub mod endings;
pub mod history;
pub mod journal;
pub mod late_restrictions;
pub mod readings;
pub mod releases;
mod signs;

use std::sync::Arc;
use sync_core::{
    documents::{self as views, Kind, Note},
    id::{ClientId, EntryId, ReleaseId},
    instant::Instant,
    orders::{Act, Author, Entry, Orders, Release, Written},
    policy::{StaffAct, standing},
};

use super::{
    decisions::commit::{Proposal, Proposer, commit},
    documents::binder::{Binder, Contents},
    records::audit::{Action, Actor, AuditEntry},
};
use crate::{
    domain::{documents::binder::Binders, people::care},
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, Urgency},
};

/// What a pause is placed on.
#[derive(Debug, Clone, Copy)]
pub enum On {
    /// One release.
    Release(ReleaseId),
    /// Everything of a client.
    Shelf(ClientId),
}

/// Acts and notes to be written together, and the answer to whoever asked for them: also if they ask again, since the same
/// request is done once.
#[derive(Default)]
pub(super) struct Draft<T = ()> {
    pub(super) acts: Vec<Act>,
    pub(super) notes: Vec<Note>,
    pub(super) id: Option<EntryId>,
    pub(super) answer: T,
}

impl Draft {
    pub(super) fn of(act: Act) -> Self {
        Self { acts: vec![act], ..Self::default() }
    }

    pub(super) fn answering<T>(self, answer: T) -> Draft<T> {
        let Self { acts, notes, id, answer: () } = self;
        Draft { acts, notes, id, answer }
    }
}

/// What has been written for a client, as committed: what a draft is made from.
pub(super) struct CaseFile<'a> {
    written: &'a Written,
    now: Instant,
}

impl CaseFile<'_> {
    pub(super) fn orders(&self) -> &Orders {
        self.written.orders()
    }

    pub(super) fn is_hold(&self, id: EntryId) -> bool {
        let mut entries = self.written.decoded().filter(|(known, _)| *known == id);
        entries.any(|(_, entry)| entry.is_some_and(|entry| matches!(entry.act, Act::Hold { .. })))
    }

    /// A release that has not ended.
    pub(super) fn open_release(&self, release: ReleaseId) -> Result<&Release, Refusal> {
        let state = self.orders().releases.get(&release).ok_or(Refusal::NotFound)?;
        if standing(self.orders(), state, self.now).has_ended() {
            return Err(Refusal::ReleaseEnded);
        }
        Ok(state)
    }

    /// What is named as seen must be there to be seen: nobody looks ahead.
    pub(super) fn check_known(&self, named: impl IntoIterator<Item = EntryId>) -> Result<(), Refusal> {
        named.into_iter().all(|id| self.written.has(id)).then_some(()).ok_or(Refusal::NotFound)
    }
}

/// One therapist at work for one client.
pub(super) struct Desk {
    ground: Ground,
    caller: StaffCaller,
    binder: Arc<Binder>,
}

impl Desk {
    pub(super) async fn open(
        binders: &Binders,
        caller: StaffCaller,
        client: ClientId,
    ) -> Result<Self, Refusal> {
        caller.check_may(StaffAct::Decide)?;
        let mut tx = binders.ground.db.read().await?;
        care::in_care(&mut tx, &caller, client).await?;
        drop(tx);
        Ok(Self { ground: binders.ground.clone(), caller, binder: binders.of(client).await? })
    }

    pub(super) async fn of_release(
        binders: &Binders,
        caller: StaffCaller,
        release: ReleaseId,
    ) -> Result<Self, Refusal> {
        // Before anything is looked up: who may not decide does not hear which ids there are.
        caller.check_may(StaffAct::Decide)?;
        let mut tx = binders.ground.db.read().await?;
        let found = store::releases::by_id(&mut tx, release).await?.ok_or(Refusal::NotFound)?;
        drop(tx);
        Self::open(binders, caller, found.client).await
    }

    pub(super) async fn on(binders: &Binders, caller: StaffCaller, on: On) -> Result<Self, Refusal> {
        match on {
            On::Release(release) => Self::of_release(binders, caller, release).await,
            On::Shelf(client) => Self::open(binders, caller, client).await,
        }
    }

    /// Writes what `draft` makes of what has been written. What takes something away is written even when the notes that
    /// come with it cannot be.
    ///
    /// # Errors
    /// What `draft` refuses, or why nothing was written; [`Refusal::NoteNotKept`] when all but the notes was, or there was
    /// nothing but notes.
    pub(super) async fn write<T, F>(self, urgency: Urgency, mut draft: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnMut(&CaseFile<'_>) -> Result<Draft<T>, Refusal> + Send + 'static,
    {
        let Self { ground, caller, binder } = self;
        let by = Proposer::staff(caller);
        let (at, entropy) = (ground.clock.now(), ground.entropy.clone());
        let client = binder.client;
        let propose = move |contents: &Contents| {
            let Draft { acts, notes, id, answer } = draft(&CaseFile { written: &contents.written, now: at })?;
            let stands_alone = acts.is_empty();
            let mut proposal = Proposal::nothing();
            for act in acts {
                let id = id.unwrap_or_else(|| EntryId::from_bytes(entropy.bytes()));
                // One entry names so many and no more; further entries name the rest.
                for (id, act) in act.into_parts(id) {
                    let bytes = Entry { by: Author::Server, at, act }.encode();
                    // What is refused here would pause the whole shelf for ever.
                    Entry::decode(&bytes).map_err(|_| Refusal::OutOfBounds("an entry: 2048 bytes"))?;
                    proposal.entries.push((id, bytes));
                }
            }
            if notes.is_empty() {
                return Ok(proposal.answering((true, answer)));
            }
            let is_raised = notes.iter().any(|note| matches!(note, Note::Observation(_)));
            let notes = encode_notes(&notes, || EntryId::from_bytes(entropy.bytes()))?;
            match contents.sheet(Kind::Casebook).cloned() {
                Err(_) if stands_alone || urgency == Urgency::Restriction => {
                    return Ok(proposal.answering((false, answer)));
                }
                Err(refusal) => return Err(refusal),
                Ok(mut sheet) => {
                    views::append(&mut sheet.document, &notes).map_err(|_| Refusal::Unavailable)?;
                    proposal.sheets.insert(Kind::Casebook, sheet);
                    proposal.notes = notes;
                    if is_raised {
                        let raised =
                            AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::RaiseFlag);
                        proposal.audit.push(raised.client(client));
                    }
                }
            }
            Ok(proposal.answering((true, answer)))
        };
        // If the casebook is damaged, the decision is in force all the same, and its notes are lost.
        let (notes_are_kept, answer) = commit(&ground, &binder, urgency, by, propose).await?;
        if notes_are_kept { Ok(answer) } else { Err(Refusal::NoteNotKept) }
    }
}

fn encode_notes(notes: &[Note], mut id: impl FnMut() -> EntryId) -> Result<Vec<(EntryId, Vec<u8>)>, Refusal> {
    notes
        .iter()
        .map(|note| {
            let bytes = note.encode();
            Note::decode(&bytes).map_err(|_| Refusal::OutOfBounds("words: 16 KiB and 64 marks at most"))?;
            Ok((id(), bytes))
        })
        .collect()
}

/// Refuses with the entries that must be named and are not.
pub(super) fn check_seen(must: impl IntoIterator<Item = EntryId>, named: &[EntryId]) -> Result<(), Refusal> {
    let unseen: Vec<_> = must.into_iter().filter(|id| !named.contains(id)).collect();
    if unseen.is_empty() { Ok(()) } else { Err(Refusal::Unseen(unseen)) }
}
