//! The steps that may happen in a state, and the states that they lead to.

use std::collections::BTreeSet;

use anyhow::Context;
use stateright::{Model, Property};
use sync_core::{
    device::Console,
    id::ReleaseId,
    instant::{Instant, Span},
};

use super::{
    part::{Memory, Part},
    rules,
    scope::{Left, NOON, PRACTICE, Scope},
    state::{Action, Desk, Handset, Happens, Sent, Server, State},
};
use crate::{
    cast,
    clinic::{Clinic, Clip, ConsentEvent, Device},
    phone::{Lives, Phone},
    sealing::Sealing,
    truth::Truth,
};

const DAY: Span = Span::from_days(1);
/// How many effects one thing may have before a phone dies of it.
const MAX_EFFECTS: usize = 6;
/// How many answers the network keeps for one phone.
const MAX_ANSWERS: usize = 2;

/// The model of one scope.
pub struct World {
    scope: Scope,
    desks: Memory<Part<Desk>>,
    servers: Memory<Part<Server>>,
    answers: Memory<(Part<Server>, Part<Sent>)>,
    phones: Memory<Option<Part<Handset>>>,
    deliveries: Memory<Option<(Part<Server>, Part<Handset>)>>,
    contacts: Memory<bool>,
}

impl World {
    /// A world of this scope.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            desks: Memory::default(),
            servers: Memory::default(),
            answers: Memory::default(),
            phones: Memory::default(),
            deliveries: Memory::default(),
            contacts: Memory::default(),
        }
    }

    /// How often the code under test ran.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.desks.len()
            + self.servers.len()
            + self.answers.len()
            + self.phones.len()
            + self.deliveries.len()
            + self.contacts.len()
    }

    /// What time it is, by the clock that nobody can set.
    #[must_use]
    pub fn now(&self, state: &State) -> Instant {
        NOON + Span::from_days(u64::from(state.day))
    }

    fn first_server(&self) -> Server {
        let mut clinic = Clinic::new(PRACTICE);
        clinic.fault = self.scope.clinic_fault;
        clinic.generous_plays = self.scope.generous_plays;
        let recording = cast::recording(PRACTICE, 1);
        clinic.db.clips.insert(
            cast::clip(PRACTICE, 1),
            Clip {
                recording,
                heard: vec![1],
                duration: Span::from_secs(60),
                key: Some([9; 16]),
                destroyed_at: None,
            },
        );
        clinic.consent(said(false, NOON - DAY));
        for n in 0..2 {
            let device = Device { confirmed: true, removed_at: None };
            clinic.db.devices.insert(cast::phone(PRACTICE, n), device);
        }
        let mut truth = Truth::default();
        truth.learn(&clinic, NOON);
        Server { clinic, truth }
    }

    fn change(
        &self,
        server: &Part<Server>,
        what: impl std::hash::Hash,
        now: Instant,
        change: impl FnOnce(&mut Clinic),
    ) -> Part<Server> {
        self.servers.of((server, what, now), || {
            let mut next = Server::clone(server);
            change(&mut next.clinic);
            next.truth.learn(&next.clinic, now);
            next.truth.check(&next.clinic);
            Part::of(next)
        })
    }

    /// A therapist's device sends what it has written.
    fn push(&self, server: &Part<Server>, desk: &Part<Desk>, now: Instant) -> Part<Server> {
        self.change(server, ("push", desk), now, |clinic| {
            // Refused whole, and said so: the desk keeps what it has.
            let _ = clinic.enter(desk.unsent(), now);
        })
    }

    /// A therapist's device hears what the server has.
    fn pull(&self, server: &Part<Server>, desk: &Part<Desk>) -> Part<Desk> {
        self.desks.of(("pull", desk, server), || {
            let mut desk = Desk::clone(desk);
            desk.replica.clone_from(&server.clinic.db.entries);
            desk.console.acknowledged(desk.replica.keys().copied());
            Part::of(desk)
        })
    }

    /// The phone's question is answered, as it stands.
    fn answer(
        &self,
        server: &Part<Server>,
        phone: &Handset,
        now: Instant,
    ) -> Option<(Part<Server>, Part<Sent>)> {
        let question = phone.question.as_ref()?;
        let device = phone.phone.device;
        let made = self.answers.of((server, device, &question.nonce, format!("{question:?}"), now), || {
            let mut next = Server::clone(server);
            let answered = next.clinic.answer(
                device,
                question.nonce,
                &question.holding,
                &question.denials,
                Sealing::Open,
                now,
            );
            next.truth.learn(&next.clinic, now);
            let ended = next.truth.releases().filter(|id| next.truth.is_over(*id)).collect();
            let denied =
                next.truth.releases().filter(|id| next.truth.denies(*id, device, now).is_some()).collect();
            let batch = match answered {
                Ok(Some(answer)) => {
                    next.truth.answered(&next.clinic, &answer.decided, now);
                    answer.batch
                }
                _ => sync_core::lease::Signed { body: Vec::new(), signature: [0; 64] },
            };
            (Part::of(next), Part::of(Sent { batch, ended, denied }))
        });
        Some(made)
    }

    fn happens(&self, state: &State, n: usize, what: &Happens, dies_after: Option<usize>) -> Option<State> {
        let mut next = state.clone();
        if dies_after.is_some() {
            next.left.deaths = next.left.deaths.checked_sub(1)?;
        }
        match what {
            Happens::Asks => next.left.asks[n] = next.left.asks[n].checked_sub(1)?,
            Happens::Plays => next.left.plays = next.left.plays.checked_sub(1)?,
            Happens::ClockSet(_) => next.left.clocks = next.left.clocks.checked_sub(1)?,
            Happens::HandsIn => {
                let now = self.now(state);
                let (server, phone) = self.deliveries.of((&state.server, &state.phones[n], now), || {
                    hand_in(&state.server, &state.phones[n], now)
                })?;
                (next.server, next.phones[n]) = (server, phone);
                return Some(next);
            }
            _ => {}
        }
        // Only what is looked at must be the same for the outcome to be.
        let shelf = (*what == Happens::Sees).then_some(&state.server);
        next.phones[n] = self.phones.of((&state.phones[n], what, dies_after, shelf), || {
            let mut phone = Handset::clone(&state.phones[n]);
            let lives = phone.on(what, &state.server, dies_after, self.scope.slow);
            match lives {
                Ok(Some(lives)) if (lives == Lives::No) == dies_after.is_some() => Some(phone.share()),
                Ok(_) => None,
                Err(_) => {
                    phone.phone.witness.broken.get_or_insert("the platform failed");
                    Some(phone.share())
                }
            }
        })?;
        if next == *state { None } else { Some(next) }
    }

    /// Whether one contact, from here, takes everything that is over from every phone.
    pub fn is_wiped_by_contact(&self, state: &State) -> bool {
        let now = self.now(state);
        state.phones.iter().all(|phone| {
            let holds_over = phone.phone.machine.releases().any(|id| state.server.truth.is_over(id));
            !holds_over
                || self
                    .contacts
                    .of((&state.server, phone.phone.print(), now), || self.contact(&state.server, phone, now))
        })
    }

    /// A phone gets its first lease, and the clip.
    fn first_contact(&self, server: &Part<Server>, phone: &mut Handset) -> anyhow::Result<Part<Server>> {
        phone.on(&Happens::Sees, server, None, false)?;
        phone.on(&Happens::Asks, server, None, false)?;
        let (server, sent) = self.answer(server, phone, NOON).context("no question")?;
        phone.answers.push(sent);
        phone.on(&Happens::Takes(0), &server, None, false)?;
        phone.answers.clear();
        phone.question = None;
        let (server, handed_in) = hand_in(&server, phone, NOON).context("no receipt")?;
        *phone = Handset::clone(&handed_in);
        Ok(server)
    }

    fn contact(&self, server: &Part<Server>, phone: &Part<Handset>, now: Instant) -> bool {
        let mut phone = Handset::clone(phone);
        let mut contact = || -> anyhow::Result<bool> {
            phone.on(&Happens::Opens, server, None, false)?;
            phone.on(&Happens::Asks, server, None, false)?;
            let Some((_, sent)) = self.answer(server, &phone, now) else { return Ok(false) };
            phone.phone.take(&sent.batch, None)?;
            phone.on(&Happens::Opens, server, None, false)?;
            let over = |id: &ReleaseId| server.truth.is_over(*id);
            let keys = phone.phone.disk.keys.keys().any(over);
            // Until a restore is confirmed it all rests, and so does what a restored server has forgotten until it comes
            // back: the keys are gone, and nothing more is known.
            let orders = server.clinic.orders();
            let rests =
                |id: &ReleaseId| server.clinic.db.awaits_confirmation || !orders.releases.contains_key(id);
            Ok(!keys && !phone.phone.disk.files.iter().any(|id| over(id) && !rests(id)))
        };
        contact().unwrap_or(false)
    }
}

/// The one who is heard says no, or yes again.
fn said(withdrawn: bool, at: Instant) -> ConsentEvent {
    ConsentEvent { participant: 1, recording: cast::recording(PRACTICE, 1), withdrawn, at, valid_until: None }
}

/// The receipts of a phone reach the server, and it hears of that.
fn hand_in(server: &Server, phone: &Handset, now: Instant) -> Option<(Part<Server>, Part<Handset>)> {
    let receipts = phone.phone.machine.receipts();
    if receipts.is_empty() {
        return None;
    }
    let (mut server, mut phone) = (server.clone(), phone.clone());
    match server.clinic.take_receipts(phone.phone.device, &receipts, now) {
        Ok(upto) => {
            if phone.phone.delivered(upto).is_err() {
                phone.phone.witness.broken.get_or_insert("the platform failed");
            }
        }
        Err(error) => server.truth.broken(format!("I7: {error:#}")),
    }
    Some((Part::of(server), phone.share()))
}

impl Handset {
    /// Something happens; none if it changes nothing.
    fn on(
        &mut self,
        what: &Happens,
        server: &Server,
        dies_after: Option<usize>,
        slow: bool,
    ) -> anyhow::Result<Option<Lives>> {
        let phone = &mut self.phone;
        let lives = match what {
            Happens::Asks => {
                let lives = phone.ask(dies_after)?;
                self.question = phone.out.question.take().map(std::sync::Arc::new);
                self.answered = 0;
                lives
            }
            Happens::Takes(i) => {
                let Some(sent) = self.answers.get(*i).cloned() else { return Ok(None) };
                let in_time = phone.is_in_time();
                let Some(lives) = phone.take(&sent.batch, dies_after)? else { return Ok(None) };
                self.honest |= in_time;
                // Who dies before anything is durable has heard nothing.
                if dies_after != Some(0) {
                    self.told_ended.extend(&sent.ended);
                    self.told_denied.clone_from(&sent.denied);
                }
                lives
            }
            Happens::Sees => {
                let truth = &server.truth;
                let lives = phone.see(&server.clinic.db.shelf, dies_after)?;
                if dies_after != Some(0) {
                    // A shelf that was restored from before a release says nothing of it.
                    let clinic = &server.clinic;
                    let tells = |id: &ReleaseId| clinic.lives == 1 || clinic.db.shelf.0.contains_key(id);
                    self.told_ended.extend(truth.releases().filter(|id| truth.is_revoked(*id) && tells(id)));
                }
                lives
            }
            Happens::Opens if phone.is_opening() => phone.open(dies_after)?,
            Happens::Fetches => {
                let Some(release) = phone.out.fetches.first().copied() else { return Ok(None) };
                phone.fetched(release, dies_after)?
            }
            Happens::Looks => {
                let lives = phone.tick(dies_after)?;
                for release in phone.machine.releases().collect::<Vec<_>>() {
                    phone.access(release);
                }
                lives
            }
            Happens::Plays => {
                let Some(release) = self.could_play.first().copied() else { return Ok(None) };
                phone.access(release);
                match phone.play(release, dies_after)? {
                    Some(lives) => lives,
                    None => return Ok(None),
                }
            }
            Happens::ClockSet(days) => {
                let by = Span::from_days(u64::from(days.unsigned_abs()));
                phone.wall = if *days < 0 { phone.wall - by } else { phone.wall + by };
                self.honest = false;
                Lives::Yes
            }
            Happens::Opens | Happens::HandsIn => return Ok(None),
        };
        if !slow && lives == Lives::Yes && !matches!(what, Happens::Opens | Happens::Fetches) {
            // A quick key store and a quick network: nothing else happens in between.
            self.phone.open(None)?;
            for release in self.phone.out.fetches.clone() {
                self.phone.fetched(release, None)?;
            }
        }
        Ok(Some(lives))
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let desk = |n: u16| Desk {
            console: Console::new(cast::desk(PRACTICE, n)),
            replica: std::collections::BTreeMap::new(),
            count: 0,
        };
        let mut desks = [desk(0), desk(1)];
        let mut server = self.first_server();
        if self.scope.begins_released {
            let orders = desks[0].shown();
            self.scope.first.write(&mut desks[0].console, &orders, cast::entry(PRACTICE, 99), NOON);
            if server.clinic.enter(desks[0].unsent(), NOON).is_err() {
                return Vec::new();
            }
            server.truth.learn(&server.clinic, NOON);
            for desk in &mut desks {
                desk.replica.clone_from(&server.clinic.db.entries);
                desk.console.acknowledged(desk.replica.keys().copied());
            }
        }
        let phones = (0..self.scope.phones).filter_map(|n| {
            let device = cast::phone(PRACTICE, u16::try_from(n).ok()?);
            let phone = Phone::new(PRACTICE, device, NOON).ok()?;
            let handset = Handset {
                phone,
                question: None,
                answered: 0,
                answers: Vec::new(),
                honest: true,
                told_ended: BTreeSet::new(),
                told_denied: BTreeSet::new(),
                plays: BTreeSet::new(),
                could_play: BTreeSet::new(),
            };
            Some(handset)
        });
        let mut phones: Vec<_> = phones.collect();
        let mut server = Part::of(server);
        if self.scope.begins_playing {
            for phone in &mut phones {
                match self.first_contact(&server, phone) {
                    Ok(next) => server = next,
                    Err(_) => return Vec::new(),
                }
            }
        }
        for handset in &mut phones {
            handset.phone.fault = self.scope.phone_fault;
        }
        vec![State {
            day: 0,
            server,
            backup: None,
            desks: desks.map(Part::of),
            phones: phones.into_iter().map(Handset::share).collect(),
            left: self.scope.left,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let Left {
            acts, asks, duplicates, days, deaths, torn, restores, ledgers_lost, clocks, plays, ..
        } = state.left;
        for (n, desk) in state.desks.iter().enumerate().take(self.scope.desks) {
            if acts > 0 {
                let orders = desk.shown();
                let sensible = self.scope.wishes.iter().enumerate();
                let sensible = sensible.filter(|(_, wish)| wish.makes_sense(&orders, self.now(state)));
                actions.extend(sensible.map(|(wish, _)| Action::Write(n, wish)));
            }
            if self.scope.online && state.server.clinic.lives == 1 {
                continue;
            }
            let unsent = desk.unsent();
            if !unsent.iter().all(|(id, _)| state.server.clinic.db.entries.contains_key(id)) {
                actions.push(Action::Push(n));
                if torn > 0 {
                    actions.push(Action::PushTorn(n));
                }
            }
            if desk.replica != state.server.clinic.db.entries {
                actions.push(Action::Pull(n));
            }
        }
        if state.left.withdrawals > 0 {
            actions.push(Action::Withdraw);
        }
        if state.left.consents > 0 {
            actions.push(Action::Consent);
        }
        if self.scope.left.withdrawals > 0 {
            actions.push(Action::Settle);
        }
        if state.left.destructions > 0 {
            actions.push(Action::Destroy);
        }
        if restores > 0 {
            match state.backup {
                None => actions.push(Action::Backup),
                Some(_) => {
                    actions.push(Action::Restore);
                    if ledgers_lost > 0 {
                        actions.push(Action::RestoreUnproved);
                    }
                }
            }
        }
        if state.server.clinic.db.awaits_confirmation {
            actions.push(Action::ConfirmRestore);
        }
        if days > 0 {
            actions.push(Action::Day);
        }
        for (n, phone) in state.phones.iter().enumerate() {
            if state.left.removals > 0 {
                actions.push(Action::Remove(n));
            }
            let again = phone.answered == 0 || duplicates > 0;
            if phone.question.is_some() && again && phone.answers.len() < MAX_ANSWERS {
                actions.push(Action::Answer(n));
            }
            let mut happens = Vec::new();
            if asks[n] > 0 {
                happens.push(Happens::Asks);
            }
            happens.extend((0..phone.answers.len()).map(Happens::Takes));
            happens.push(Happens::Sees);
            if phone.phone.is_opening() {
                happens.push(Happens::Opens);
            }
            if !phone.phone.out.fetches.is_empty() {
                happens.push(Happens::Fetches);
            }
            if self.scope.left.days > 0 {
                happens.push(Happens::Looks);
            }
            if plays > 0 && !phone.could_play.is_empty() {
                happens.push(Happens::Plays);
            }
            for happens in happens {
                let dying = if deaths > 0 { MAX_EFFECTS } else { 0 };
                actions.push(Action::Phone(n, happens.clone(), None));
                actions.extend((0..dying).map(|after| Action::Phone(n, happens.clone(), Some(after))));
            }
            if clocks > 0 {
                actions.extend([-5, -1, 5].map(|days| Action::Phone(n, Happens::ClockSet(days), None)));
            }
            if !phone.phone.machine.receipts().is_empty() {
                actions.push(Action::Phone(n, Happens::HandsIn, None));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let now = self.now(state);
        let mut next = state.clone();
        match action {
            Action::Write(n, wish) => {
                next.left.acts -= 1;
                next.desks[n] = self.desks.of(("write", &state.desks[n], n, wish, now), || {
                    let mut desk = Desk::clone(&state.desks[n]);
                    let id = cast::entry(PRACTICE, u16::try_from(n).unwrap_or(0) * 10 + desk.count);
                    let orders = desk.shown();
                    desk.count += 1;
                    self.scope.wishes[wish].write(&mut desk.console, &orders, id, now);
                    Part::of(desk)
                });
                if self.scope.online {
                    let desk = next.desks[n].clone();
                    next.server = self.push(&next.server, &desk, now);
                    next.desks[n] = self.pull(&next.server, &desk);
                }
            }
            Action::Push(n) => next.server = self.push(&state.server, &state.desks[n], now),
            Action::PushTorn(n) => {
                next.left.torn -= 1;
                next.server = self.change(&state.server, ("torn", &state.desks[n]), now, |clinic| {
                    let mut torn = clinic.clone();
                    if torn.enter(state.desks[n].unsent(), now).is_ok() {
                        clinic.ledger = torn.ledger;
                    }
                    clinic.restart(now);
                });
            }
            Action::Pull(n) => next.desks[n] = self.pull(&state.server, &state.desks[n]),
            Action::Withdraw => {
                next.left.withdrawals -= 1;
                next.server = self.change(&state.server, "withdraw", now, |clinic| {
                    clinic.withdraw(said(true, now));
                });
            }
            Action::Consent => {
                next.left.consents -= 1;
                next.server = self.change(&state.server, "consent", now, |clinic| {
                    clinic.consent(said(false, now));
                });
            }
            Action::Settle => {
                next.server = self.change(&state.server, "settle", now, |clinic| clinic.settle(now));
            }
            Action::Destroy => {
                next.left.destructions -= 1;
                next.server = self.change(&state.server, "destroy", now, |clinic| {
                    clinic.destroy(cast::clip(PRACTICE, 1), now);
                });
            }
            Action::Remove(n) => {
                next.left.removals -= 1;
                let device = state.phones[n].phone.device;
                next.server =
                    self.change(&state.server, ("remove", n), now, |clinic| clinic.unpair(device, now));
            }
            Action::Backup => next.backup = Some(state.server.clone()),
            Action::Restore | Action::RestoreUnproved => {
                next.left.restores -= 1;
                let backup = next.backup.take()?;
                let lost = action == Action::RestoreUnproved;
                if lost {
                    next.left.ledgers_lost -= 1;
                }
                next.server = self.change(&state.server, ("restore", &backup, lost), now, |clinic| {
                    clinic.restore(backup.clinic.db.clone(), lost, now);
                });
            }
            Action::ConfirmRestore => {
                // Whoever confirms has looked at what is released, and takes back again what was lost.
                let lost: Vec<_> =
                    state.server.truth.entries.iter().map(|(id, entry)| (*id, entry.encode())).collect();
                let truth = &state.server.truth;
                next.server = self.change(&state.server, "confirm", now, |clinic| {
                    let _ = clinic.enter(&lost, now);
                    for event in truth.consents.iter().filter(|event| event.withdrawn) {
                        // When they were said is lost with the ledger: they end all that is there now.
                        clinic.withdraw(ConsentEvent { at: now, ..*event });
                    }
                    for clip in &truth.destroyed {
                        clinic.destroy(*clip, now);
                    }
                    for device in &truth.removed {
                        clinic.unpair(*device, now);
                    }
                    clinic.confirm_restore(now);
                });
            }
            Action::Answer(n) => {
                let (server, sent) = self.answer(&state.server, &state.phones[n], now)?;
                if state.phones[n].answered > 0 {
                    next.left.duplicates -= 1;
                }
                next.server = server;
                next.phones[n] = self.phones.of(("sent", &state.phones[n], &sent), || {
                    let mut phone = Handset::clone(&state.phones[n]);
                    phone.answered += 1;
                    phone.answers.push(sent.clone());
                    Some(phone.share())
                })?;
            }
            Action::Phone(n, happens, dies_after) => return self.happens(state, n, &happens, dies_after),
            Action::Day => {
                next.left.days -= 1;
                next.day += 1;
                for phone in &mut next.phones {
                    *phone = self.phones.of(("day", &*phone), || {
                        let mut later = Handset::clone(phone);
                        later.phone.pass(DAY);
                        Some(later.share())
                    })?;
                }
            }
        }
        if next == *state { None } else { Some(next) }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let Left { acts, withdrawals, destructions, removals, .. } = self.scope.left;
        rules::properties(acts + withdrawals + destructions + removals > 0)
    }
}
