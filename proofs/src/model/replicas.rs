//! Two servers over one database: every interleaving of their transactions, with locks and without.
//!
//! Each transaction takes its locks in one order (recording, client, device, audit), reads, and
//! commits; between any two of these the other server may do anything, or one of them dies. A
//! writer of the orders compares the version in its memory with the database's, under the lock: if
//! its own is behind, it rolls back, loads and tries again.
//!
//! - **I3** a lease that is committed rests on facts that still hold at its commit;
//! - no generation of a lease is given twice;
//! - an acknowledged change is in the document that both write whole;
//! - and they never wait for one another in a circle.
//!
//! [`Rules`] leaves out one of these precautions at a time, and the checker finds the fault that it
//! prevents.

use std::collections::BTreeSet;

use stateright::{HasDiscoveries, Model, Property};
use sync_core::{
    device::Console,
    id::EntryId,
    orders::{Author, Orders},
};

use super::{
    Checked,
    part::{Memory, Part},
    scope::{NOON, OFFER, PRACTICE, share},
};
use crate::{
    cast,
    clinic::{Clinic, Clip, ConsentEvent, Device},
    desk::Wish,
    phone::Question,
    truth::Truth,
};

/// Which precautions are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// All of them.
    Kept,
    /// No locks.
    WithoutLocks,
    /// Versions are not compared.
    WithoutVersions,
    /// Leases are locked from the other end.
    LocksOutOfOrder,
}

/// One state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    database: Part<Database>,
    servers: [Server; 2],
    todo: [Vec<Job>; 2],
    deaths: u8,
}

/// What both share.
#[derive(Debug, Clone)]
struct Database {
    clinic: Clinic,
    truth: Truth,
    /// The orders' document: written whole by whoever commits.
    document: BTreeSet<EntryId>,
    version: u8,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Server {
    /// The document as it was loaded.
    memory: Option<(u8, BTreeSet<EntryId>)>,
    running: Option<Running>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Running {
    job: Job,
    /// How many locks it has.
    locks: usize,
    /// What it has read.
    read: Option<Part<Database>>,
}

/// One piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// A therapist takes the release back.
    Revoke,
    /// A therapist pauses it.
    Hold,
    /// A phone asks for leases.
    Answer,
    /// Somebody heard in the clip withdraws.
    Withdraw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Row {
    Recording,
    Client,
    Device,
    /// The head of the practice's audit.
    Audit,
}

impl Job {
    /// The rows that it locks in order, and whether for itself alone.
    const fn locks(self, rules: Rules) -> &'static [(Row, bool)] {
        match (self, rules) {
            (_, Rules::WithoutLocks) => &[],
            (Self::Answer, Rules::LocksOutOfOrder) => {
                &[(Row::Audit, true), (Row::Recording, false), (Row::Client, false), (Row::Device, true)]
            }
            (Self::Answer, _) => {
                &[(Row::Recording, false), (Row::Client, false), (Row::Device, true), (Row::Audit, true)]
            }
            (Self::Revoke | Self::Hold, _) => {
                &[(Row::Recording, false), (Row::Client, true), (Row::Audit, true)]
            }
            (Self::Withdraw, _) => &[(Row::Recording, true), (Row::Audit, true)],
        }
    }
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// A server begins with a piece of work, and loads the document if it has none.
    Begin(usize, usize),
    /// It takes its next lock.
    Lock(usize),
    /// It reads, and goes back if its memory is behind.
    Read(usize),
    /// It commits.
    Commit(usize),
    /// It dies: what it had not committed is undone.
    Die(usize),
}

/// The model.
pub struct Replicas {
    rules: Rules,
    commits: Memory<Part<Database>>,
}

impl Replicas {
    /// Two servers that take these precautions.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, commits: Memory::default() }
    }

    fn may_lock(&self, state: &State, n: usize, row: Row, alone: bool) -> bool {
        let Some(other) = &state.servers[1 - n].running else { return true };
        let taken = other.job.locks(self.rules).iter().take(other.locks);
        taken.into_iter().all(|(held, held_alone)| *held != row || !(alone || *held_alone))
    }

    fn may_go_on(&self, state: &State, n: usize) -> Option<Action> {
        let running = state.servers[n].running.as_ref()?;
        match running.job.locks(self.rules).get(running.locks) {
            Some((row, alone)) => self.may_lock(state, n, *row, *alone).then_some(Action::Lock(n)),
            None if running.read.is_none() => Some(Action::Read(n)),
            None => Some(Action::Commit(n)),
        }
    }

    fn commit(&self, state: &State, n: usize, running: &Running) -> Part<Database> {
        let memory = state.servers[n].memory.clone();
        self.commits.of((&state.database, n, running, &memory), || {
            let mut next = Database::clone(&state.database);
            match running.job {
                Job::Answer => {
                    let Some(read) = &running.read else { return Part::of(next) };
                    let device = cast::phone(PRACTICE, 0);
                    let mut reader = read.clinic.clone();
                    let before = reader.db.leases.len();
                    let question = Question::default();
                    let decided = reader.decide(device, &question, NOON);
                    next.clinic.db.leases.extend(reader.db.leases.split_off(before));
                    next.truth.answered(&next.clinic, &question, &decided, NOON);
                }
                Job::Withdraw => {
                    next.clinic.withdraw(ConsentEvent {
                        participant: 1,
                        recording: cast::recording(PRACTICE, 1),
                        withdrawn: true,
                        at: NOON,
                        valid_until: None,
                    });
                }
                Job::Revoke | Job::Hold => {
                    let (id, bytes) = entry(&next.clinic.orders(), running.job);
                    let _ = next.clinic.enter(&[(id, bytes)], NOON);
                    let (_, mut document) = memory.clone().unwrap_or_default();
                    document.insert(id);
                    next.document = document;
                    next.version += 1;
                }
            }
            next.truth.learn(&next.clinic, NOON);
            Part::of(next)
        })
    }
}

/// What a therapist writes, by the real console.
fn entry(orders: &Orders, job: Job) -> (EntryId, Vec<u8>) {
    let (n, of) = (u16::from(job == Job::Hold), cast::release(PRACTICE, 1));
    let mut console = Console::new(cast::desk(PRACTICE, n));
    let wish = if job == Job::Hold { Wish::Hold(of) } else { Wish::Revoke(of) };
    let id = cast::entry(PRACTICE, n);
    wish.write(&mut console, orders, id, NOON);
    console.written().first().cloned().unwrap_or((id, Vec::new()))
}

impl Model for Replicas {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut clinic = Clinic::new(PRACTICE);
        let (recording, clip) = (cast::recording(PRACTICE, 1), cast::clip(PRACTICE, 1));
        let duration = sync_core::instant::Span::from_secs(60);
        let row = Clip { recording, heard: vec![1], duration, key: Some([9; 16]), destroyed_at: None };
        clinic.db.clips.insert(clip, row);
        let given = ConsentEvent { participant: 1, recording, withdrawn: false, at: NOON, valid_until: None };
        clinic.consent(ConsentEvent { at: NOON - duration, ..given });
        let paired = Device { confirmed: true, removed_at: None, heard: None };
        clinic.db.devices.insert(cast::phone(PRACTICE, 0), paired);
        let mut console = Console::new(cast::desk(PRACTICE, 2));
        share(1, OFFER).write(&mut console, &Orders::default(), cast::entry(PRACTICE, 99), NOON);
        if clinic.enter(console.written(), NOON).is_err() {
            return Vec::new();
        }
        let mut truth = Truth::default();
        truth.learn(&clinic, NOON);
        let document = clinic.db.entries.keys().copied().collect();
        vec![State {
            database: Part::of(Database { clinic, truth, document, version: 0 }),
            servers: [Server::default(), Server::default()],
            todo: [vec![Job::Revoke, Job::Answer], vec![Job::Answer, Job::Withdraw, Job::Hold]],
            deaths: 1,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for n in 0..2 {
            match &state.servers[n].running {
                None => actions.extend((0..state.todo[n].len()).map(|job| Action::Begin(n, job))),
                Some(_) => {
                    actions.extend(self.may_go_on(state, n));
                    if state.deaths > 0 {
                        actions.push(Action::Die(n));
                    }
                }
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        let database = &state.database;
        match action {
            Action::Begin(n, job) => {
                let job = next.todo[n].remove(job);
                let server = &mut next.servers[n];
                server.memory.get_or_insert_with(|| (database.version, database.document.clone()));
                server.running = Some(Running { job, locks: 0, read: None });
            }
            Action::Lock(n) => next.servers[n].running.as_mut()?.locks += 1,
            Action::Read(n) => {
                let server = &mut next.servers[n];
                let running = server.running.as_mut()?;
                let writes = matches!(running.job, Job::Revoke | Job::Hold);
                let is_behind =
                    server.memory.as_ref().is_none_or(|(version, _)| *version != database.version);
                if writes && is_behind && self.rules != Rules::WithoutVersions {
                    let job = running.job;
                    *server = Server::default();
                    next.todo[n].push(job);
                } else {
                    running.read = Some(database.clone());
                }
            }
            Action::Commit(n) => {
                let running = next.servers[n].running.take()?;
                next.database = self.commit(state, n, &running);
                if next.database.version != database.version {
                    let now = (next.database.version, next.database.document.clone());
                    next.servers[n].memory = Some(now);
                }
            }
            Action::Die(n) => {
                next.deaths -= 1;
                let running = next.servers[n].running.take()?;
                next.servers[n] = Server::default();
                next.todo[n].push(running.job);
            }
        }
        for todo in &mut next.todo {
            todo.sort_unstable_by_key(|job| *job as u8);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("I3: a lease rests on what holds at its commit", |_, state: &State| {
                state.database.truth.broken.is_none()
            }),
            Property::always("no generation is given twice", |_, state: &State| {
                let leases = &state.database.clinic.db.leases;
                let given: BTreeSet<_> =
                    leases.iter().map(|lease| (lease.device, lease.release, lease.generation)).collect();
                given.len() == leases.len()
            }),
            Property::always("what was acknowledged is in the document", |_, state: &State| {
                // What the server itself has written is brought into the document by the next settlement.
                let written = state.database.truth.entries.iter();
                let by_devices = written.filter(|(_, entry)| entry.by != Author::Server);
                by_devices.into_iter().all(|(id, _)| state.database.document.contains(id))
            }),
            Property::always("they never wait in a circle", |model: &Self, state: &State| {
                let waits =
                    |n: usize| state.servers[n].running.is_some() && model.may_go_on(state, n).is_none();
                !(waits(0) && waits(1))
            }),
            Property::sometimes("everything is done", |_, state: &State| {
                state.todo.iter().all(Vec::is_empty)
                    && state.servers.iter().all(|server| server.running.is_none())
                    && state.database.clinic.db.leases.len() == 2
            }),
        ]
    }
}

/// Visits every state.
#[must_use]
pub fn check(rules: Rules) -> Checked {
    let until = HasDiscoveries::AnyFailures;
    super::summary("replicas", Replicas::new(rules).checker(), until, |model| model.commits.len())
}

/// Visits states until each of these rules is found broken, as [`super::check_until`] does.
#[must_use]
pub fn check_until(rules: Rules, broken: &[&str]) -> Checked {
    let replicas = Replicas::new(rules);
    let until = super::all_of(&replicas, broken);
    super::summary("replicas", replicas.checker(), until, |model| model.commits.len())
}
