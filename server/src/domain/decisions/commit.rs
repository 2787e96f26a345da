//! One transaction from a proposal to its consequences; publication comes after the commit.

mod draft;
mod failed;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use automerge::ActorId;
use sync_core::{
    documents::{DocumentId, Kind},
    id::{ClientId, DeviceId, EntryId, StaffId},
};
use tokio::task::spawn_blocking;

use crate::{
    domain::{
        documents::{
            self,
            binder::{Binder, Binders, Contents, lock},
            sheet::Sheet,
        },
        records::audit::{Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{
        Refusal,
        callers::{CompanionCaller, ConsoleCaller, StaffCaller},
    },
    store::{
        Urgency,
        late_restrictions::LateRestriction,
        progress::{self, NewStep, Step},
    },
    turns::Payer,
};
use draft::{Candidates, Draft};
use failed::{CommitError, Failed};

/// How often a proposal is made anew because another server was faster.
const ATTEMPTS: usize = 4;

/// Who proposes.
#[derive(Clone, Copy)]
pub struct Proposer {
    /// By which paired device.
    pub device: Option<DeviceId>,
    /// Which member of staff.
    pub staff: Option<StaffId>,
    /// As the audit names them.
    pub actor: Actor,
    /// Who waits for it, and pays.
    pub payer: Payer,
}

impl Proposer {
    /// The server itself.
    #[must_use]
    pub const fn server() -> Self {
        Self { device: None, staff: None, actor: Actor::Server, payer: Payer::Server }
    }

    /// The server, as it was asked by a phone.
    #[must_use]
    pub fn server_for(caller: CompanionCaller) -> Self {
        Self { payer: caller.into(), ..Self::server() }
    }

    /// A member of staff at the desk.
    #[must_use]
    pub fn staff(caller: StaffCaller) -> Self {
        Self { device: None, staff: Some(caller.staff), actor: Actor::from(&caller), payer: caller.into() }
    }

    /// A client's phone.
    #[must_use]
    pub fn companion(caller: CompanionCaller) -> Self {
        Self { device: Some(caller.device), staff: None, actor: Actor::from(&caller), payer: caller.into() }
    }

    /// A paired device of a member of staff.
    #[must_use]
    pub fn console(caller: ConsoleCaller) -> Self {
        Self {
            device: Some(caller.device),
            staff: Some(caller.staff),
            actor: Actor::from(&caller),
            payer: caller.into(),
        }
    }
}

/// What is to be written, and the answer to the caller once it is committed.
#[derive(Default)]
pub struct Proposal<T = ()> {
    /// The answer.
    pub answer: T,
    /// Candidates: whole documents with the new changes applied. Kinds that are not named stay as they are.
    pub sheets: BTreeMap<Kind, Sheet>,
    /// New entries of the orders. Where no candidate of the orders has them, settlement puts them there.
    pub entries: Vec<(EntryId, Vec<u8>)>,
    /// New letters of the journal.
    pub letters: Vec<(EntryId, Vec<u8>)>,
    /// New notes of the casebook.
    pub notes: Vec<(EntryId, Vec<u8>)>,
    /// Actors that belong to the proposing device from now on.
    pub new_actors: Vec<(Kind, ActorId)>,
    /// Further entries for the audit.
    pub audit: Vec<AuditEntry>,
    /// Given if it only takes away: then it is taken even from a device or a person whose part has ended, and of what came
    /// after the end this is what waits for a therapist.
    pub only_restricts: Option<Vec<LateRestriction>>,
    /// What the proposing device has written on a document that a successor has taken the place of.
    pub late: Option<Late>,
    /// Kinds of documents to be replaced by their successors, as they are when everything else is settled.
    pub succeed: Vec<Kind>,
}

/// An old document with late changes in it. What they bring is proposed for its successor beside it.
pub struct Late {
    /// Which kind.
    pub kind: Kind,
    /// The whole old document with the new changes applied.
    pub sheet: Sheet,
    /// Actors that belong to the proposing device from now on.
    pub new_actors: BTreeSet<ActorId>,
}

impl Proposal {
    /// Writes nothing, and settles.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The same, with an answer.
    pub fn answering<T>(self, answer: T) -> Proposal<T> {
        let Self {
            answer: (),
            sheets,
            entries,
            letters,
            notes,
            new_actors,
            audit,
            only_restricts,
            late,
            succeed,
        } = self;
        Proposal { answer, sheets, entries, letters, notes, new_actors, audit, only_restricts, late, succeed }
    }
}

impl<T> Proposal<T> {
    fn split(self) -> (Proposal, T) {
        let Self {
            answer,
            sheets,
            entries,
            letters,
            notes,
            new_actors,
            audit,
            only_restricts,
            late,
            succeed,
        } = self;
        let proposal = Proposal {
            answer: (),
            sheets,
            entries,
            letters,
            notes,
            new_actors,
            audit,
            only_restricts,
            late,
            succeed,
        };
        (proposal, answer)
    }
}

/// Commits what `propose` makes of the client's committed documents, and gives its answer. `propose` is asked again when
/// another server has written in between; it must not have effects of its own. It is asked on a thread that may block:
/// documents grow, and nobody else waits for theirs.
///
/// The whole runs in a task of its own: a dropped connection cancels nothing.
///
/// # Errors
/// The refusal of `propose`, or why nothing was committed.
pub async fn commit<T, E, F>(
    ground: &Ground,
    binder: &Arc<Binder>,
    urgency: Urgency,
    by: Proposer,
    mut propose: F,
) -> Result<T, E>
where
    F: FnMut(&Contents) -> Result<Proposal<T>, E> + Send + 'static,
    T: Send + 'static,
    E: From<Refusal> + Send + 'static,
{
    let propose = move |contents: &Contents, _: Option<&Sheet>| propose(contents);
    let (ground, binder) = (ground.clone(), Arc::clone(binder));
    Attempt { ground, binder, urgency, by, late: None, step: None }.run(propose).await
}

/// The same, of what a device writes on a document that a successor has taken the place of: `propose` sees the old document
/// as it is committed, too.
///
/// # Errors
/// As [`commit`]; [`Refusal::Unavailable`] when the old document is damaged.
pub async fn commit_late<T, E, F>(
    ground: &Ground,
    binder: &Arc<Binder>,
    by: Proposer,
    document: DocumentId,
    mut propose: F,
) -> Result<T, E>
where
    F: FnMut(&Contents, &Sheet) -> Result<Proposal<T>, E> + Send + 'static,
    T: Send + 'static,
    E: From<Refusal> + Send + 'static,
{
    let propose =
        move |contents: &Contents, old: Option<&Sheet>| propose(contents, old.ok_or(Refusal::Unavailable)?);
    let (ground, binder, urgency) = (ground.clone(), Arc::clone(binder), Urgency::Restriction);
    let late = Some(document);
    Attempt { ground, binder, urgency, by, late, step: None }.run(propose).await
}

/// Attempts to commit one proposal.
struct Attempt {
    ground: Ground,
    binder: Arc<Binder>,
    urgency: Urgency,
    by: Proposer,
    late: Option<DocumentId>,
    /// Which step it is of a request under an idempotency key.
    step: Option<NewStep>,
}

impl Attempt {
    async fn run<T, E, F>(mut self, propose: F) -> Result<T, E>
    where
        F: FnMut(&Contents, Option<&Sheet>) -> Result<Proposal<T>, E> + Send + 'static,
        T: Send + 'static,
        E: From<Refusal> + Send + 'static,
    {
        self.step = match progress::step::<T>() {
            Some(Step::Done(answer)) => return Ok(answer),
            Some(Step::Lost) => return Err(Refusal::DoneAlready.into()),
            Some(Step::New(step)) => Some(step),
            None => None,
        };
        // A panic inside is a doubt: nothing is known to be committed.
        tokio::spawn(self.repeat(propose)).await.unwrap_or_else(|_| Err(Refusal::Unavailable.into()))
    }

    async fn repeat<T, E, F>(self, propose: F) -> Result<T, E>
    where
        F: FnMut(&Contents, Option<&Sheet>) -> Result<Proposal<T>, E> + Send + 'static,
        T: Send + 'static,
        E: From<Refusal> + Send + 'static,
    {
        let propose = Arc::new(Mutex::new(propose));
        let mut was_forgotten = false;
        let mut outcome = Err(Refusal::Unavailable.into());
        for _ in 0..ATTEMPTS {
            match self.once(&propose).await {
                Ok(answer) => outcome = Ok(answer),
                Err(Failed::Stale) => {
                    was_forgotten = true;
                    continue;
                }
                Err(Failed::InDoubt(refusal)) => {
                    was_forgotten = true;
                    outcome = Err(refusal.into());
                }
                Err(Failed::Refused(refusal)) => outcome = Err(refusal),
            }
            break;
        }
        if outcome.is_ok() {
            self.ground.bell.ring_for_work();
            self.ground.bell.ring_for_wake_ups();
        }
        if outcome.is_ok() || was_forgotten {
            // A listener also hears of what others have written: by the time of their notice memory may be level.
            self.binder.announce();
        }
        outcome
    }

    async fn once<T, E, F>(&self, propose: &Arc<Mutex<F>>) -> Result<T, Failed<E>>
    where
        F: FnMut(&Contents, Option<&Sheet>) -> Result<Proposal<T>, E> + Send + 'static,
        T: Send + 'static,
        E: From<Refusal> + Send + 'static,
    {
        let Self { ground, binder, urgency, by, late, step } = self;
        let payer = by.payer;
        let mut open = binder.open(ground).await?;
        let contents = open.shared().ok_or(Refusal::Unavailable)?;
        // Read after the contents: if another server has written to it since their version, the transaction finds that out.
        let old = match late {
            Some(document) => read_predecessor(ground, binder, *document).await?,
            None => None,
        };
        let propose = Arc::clone(propose);
        // What is large is copied and written in turns, each client's in theirs; nothing else waits for that.
        let seat = if contents.is_large() {
            Some(ground.documents.seat(Payer::Client(binder.client)).await?)
        } else {
            None
        };
        let proposed = spawn_blocking(move || {
            let _seat = seat;
            let (proposal, answer) = lock(&propose)(&contents, old.as_ref())?.split();
            Ok::<_, E>((Candidates::of(&contents, proposal), answer))
        });
        // A panic inside is a doubt: nothing is known of what it left.
        let proposed = proposed.await.map_err(|_| Failed::InDoubt(Refusal::Unavailable))?;
        let (candidates, answer) = proposed.map_err(Failed::Refused)?;
        let draft = Draft::new(ground, binder, *by, candidates);
        let noted = step.as_ref().map(|step| step.with(&answer));
        let written = ground.committer.commit(urgency.by(payer), move |tx| {
            Box::pin(async move {
                let contents = draft.write(tx).await?;
                if let Some(noted) = noted {
                    noted.write(tx).await?;
                }
                Ok(contents)
            })
        });
        match written.await {
            Ok(contents) => {
                if contents.has_grown() {
                    ground.bell.note_grown(binder.client);
                }
                open.replace(contents);
                Ok(answer)
            }
            Err(CommitError::Stale) => {
                open.forget();
                Err(Failed::Stale)
            }
            // What is there already, or could not be committed, or perhaps was: only the database knows.
            Err(CommitError::Refused(refusal @ (Refusal::Unavailable | Refusal::Conflict))) => {
                open.forget();
                Err(Failed::InDoubt(refusal))
            }
            Err(CommitError::Refused(refusal)) => Err(Failed::Refused(refusal.into())),
        }
    }
}

async fn read_predecessor(
    ground: &Ground,
    binder: &Binder,
    document: DocumentId,
) -> Result<Option<Sheet>, Refusal> {
    let mut tx = ground.db.read().await?;
    let packed = documents::read_predecessor(ground, &mut tx, binder.practice, document).await?;
    drop(tx);
    match packed {
        Some(packed) => packed.open(ground, binder.client).await,
        None => Ok(None),
    }
}

/// Settles a client's state without writing anything of one's own: after a consent, a date, a destroyed clip.
///
/// # Errors
/// When nothing could be committed.
pub async fn settle(binders: &Binders, client: ClientId, urgency: Urgency) -> Result<(), Refusal> {
    let binder = binders.of(client).await?;
    commit(&binders.ground, &binder, urgency, Proposer::server(), |_| Ok(Proposal::nothing())).await
}

#[cfg(test)]
pub(crate) mod tests;
