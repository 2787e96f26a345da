//! A state of the model, and its parts.

use std::{collections::BTreeSet, fmt, sync::Arc};

use sync_core::{
    device::Console,
    id::{EntryId, ReleaseId},
    instant::{Instant, Span},
    lease::Signed,
    orders::Orders,
    policy::Access,
};

use super::{part::Part, scope::Left};
use crate::{
    clinic::Clinic,
    phone::{Phone, Question},
    truth::Truth,
};

/// One state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// How many days have passed, by the clock that nobody can set.
    pub day: u8,
    /// The server.
    pub server: Part<Server>,
    /// A backup of its database.
    pub backup: Option<Part<Server>>,
    /// The therapists' devices.
    pub desks: [Part<Desk>; 2],
    /// The client's devices.
    pub phones: Vec<Part<Handset>>,
    /// What may still happen.
    pub left: Left,
}

/// The server, and what is true.
#[derive(Debug, Clone)]
pub struct Server {
    /// The rows.
    pub clinic: Clinic,
    /// Everything that it ever committed.
    pub truth: Truth,
}

/// A therapist's device: the real console, and the entries that it has pulled.
#[derive(Debug, Clone)]
pub struct Desk {
    /// What it has written and not yet heard of.
    pub console: Console,
    /// What it has pulled.
    pub replica: std::collections::BTreeMap<EntryId, Vec<u8>>,
    /// How much it has written.
    pub count: u16,
}

/// A client's device, and what is under way to it.
#[derive(Clone)]
pub struct Handset {
    /// The device.
    pub phone: Phone,
    /// The question that the network has.
    pub question: Option<Arc<Question>>,
    /// How often that was answered.
    pub answered: u8,
    /// Answers that the network has.
    pub answers: Vec<Part<Sent>>,
    /// Whether its clock is what it was when it was last in contact.
    pub honest: bool,
    /// What had ended when it was last told anything: never to play again.
    pub told_ended: BTreeSet<ReleaseId>,
    /// What was denied when it was last answered: not to play before it is answered again.
    pub told_denied: BTreeSet<ReleaseId>,
    /// What would play now, by its clocks.
    pub plays: BTreeSet<ReleaseId>,
    /// What would play if its wall clock were set to some other time.
    pub could_play: BTreeSet<ReleaseId>,
}

/// An answer under way, and what was true when it was decided.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The batch.
    pub batch: Signed,
    /// What was over.
    pub ended: BTreeSet<ReleaseId>,
    /// What was denied.
    pub denied: BTreeSet<ReleaseId>,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// A therapist decides something, offline.
    Write(usize, usize),
    /// A therapist's device sends what it has written; the answer is lost.
    Push(usize),
    /// The same, and the server dies between its ledger and its commit.
    PushTorn(usize),
    /// A therapist's device hears what the server has.
    Pull(usize),
    /// Somebody heard in the clip withdraws.
    Withdraw,
    /// The clip, or its recording, is taken back on another client's shelf.
    TakeBackElsewhere(Wide),
    /// They consent again.
    Consent,
    /// The server settles what a withdrawal has left to do.
    Settle,
    /// The clip is destroyed.
    Destroy,
    /// A phone is removed.
    Remove(usize),
    /// A backup is made.
    Backup,
    /// The server goes back to the backup.
    Restore,
    /// The same, and the ledger is lost.
    RestoreUnproved,
    /// A therapist confirms after that.
    ConfirmRestore,
    /// The network brings a phone's question to the server.
    Answer(usize),
    /// Something happens on a phone; it dies after as many effects.
    Phone(usize, Happens, Option<usize>),
    /// A day passes everywhere.
    Day,
}

/// What is taken back on another client's shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wide {
    /// The clip.
    Clip,
    /// Everything that was cut from its recording.
    Recording,
}

/// Something that happens on a phone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Happens {
    /// It asks for leases.
    Asks,
    /// It takes an answer that the network has.
    Takes(usize),
    /// It sees the shelf.
    Sees,
    /// Its key store opens a batch.
    Opens,
    /// A clip has come.
    Fetches,
    /// Its receipts reach the server.
    HandsIn,
    /// Its app looks at the time, and at what may play.
    Looks,
    /// Its person plays on.
    Plays,
    /// Its person removes a clip from it.
    PutsAway,
    /// Its wall clock is set, by so many days.
    ClockSet(i8),
}

impl Handset {
    /// Notes what plays, and shares it.
    #[must_use]
    pub fn share(mut self) -> Part<Self> {
        let releases: Vec<_> = self.phone.machine.releases().collect();
        let plays = |wall: Instant| {
            let mut machine = self.phone.machine.clone();
            let reading = sync_core::clock::Reading { wall, mono: self.phone.mono };
            let playable =
                |release: &ReleaseId| matches!(machine.access(*release, reading), Access::Playable { .. });
            releases.clone().into_iter().filter(playable).collect::<BTreeSet<_>>()
        };
        let wall = self.phone.wall;
        let now = plays(wall);
        let mut ever = now.clone();
        for days in [1, 30] {
            ever.extend(plays(wall - Span::from_days(days)));
            ever.extend(plays(wall + Span::from_days(days)));
        }
        (self.plays, self.could_play) = (now, ever);
        let text = format!(
            "{}{:?}{}{:?}{}{:?}{:?}",
            self.phone.print(),
            self.question,
            self.answered,
            self.answers,
            self.honest,
            self.told_ended,
            self.told_denied
        );
        Part::new(self, &text)
    }
}

impl Desk {
    /// What its screen shows: what it has pulled, and what it has written.
    #[must_use]
    pub fn shown(&self) -> Orders {
        let mut all = self.replica.clone();
        all.extend(self.unsent().iter().cloned());
        Orders::fold_encoded(all.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
    }

    /// What it has written and not yet heard of.
    #[must_use]
    pub fn unsent(&self) -> &[(EntryId, Vec<u8>)] {
        self.console.written()
    }
}

impl fmt::Debug for Handset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handset")
            .field("plays", &self.plays)
            .field("told_ended", &self.told_ended)
            .field("told_denied", &self.told_denied)
            .field("witness", &self.phone.witness)
            .finish_non_exhaustive()
    }
}
