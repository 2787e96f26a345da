//! The steps that may happen in a state, and the states that they lead to.

use std::collections::BTreeSet;

use stateright::{Model, Property};
use sync_core::{device::Console, orders::RevokeOn};

use super::{
    part::Part,
    rules,
    scope::{DAY, Left, NOON, PRACTICE},
    state::{Action, Desk, Handset, Happens, State, Wide},
    world::{World, said},
};
use crate::{cast, clinic::ConsentEvent, phone::Phone};

/// How many effects one thing may have before a phone dies of it.
const MAX_EFFECTS: usize = 6;
/// How many answers the network keeps for one phone.
const MAX_ANSWERS: usize = 2;

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
        self.spend_batches(&mut server);
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
        if state.left.elsewhere > 0 {
            actions.extend([Wide::Clip, Wide::Recording].map(Action::TakeBackElsewhere));
        }
        if state.left.consents > 0 {
            actions.push(Action::Consent);
        }
        if self.scope.left.withdrawals + self.scope.left.elsewhere > 0 {
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
            if state.left.put_away > 0 {
                happens.push(Happens::PutsAway);
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
            Action::TakeBackElsewhere(wide) => {
                next.left.elsewhere -= 1;
                let on = match wide {
                    Wide::Clip => RevokeOn::Clip(cast::clip(PRACTICE, 1)),
                    Wide::Recording => RevokeOn::Recording(cast::recording(PRACTICE, 1)),
                };
                next.server = self.change(&state.server, ("elsewhere", wide), now, |clinic| {
                    clinic.take_back_elsewhere(rules::elsewhere(), on);
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
                    for (id, (on, _)) in &truth.elsewhere {
                        clinic.take_back_elsewhere(*id, *on);
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
        let Left { acts, withdrawals, destructions, removals, elsewhere, .. } = self.scope.left;
        let mut rules = rules::properties(acts + withdrawals + destructions + removals + elsewhere > 0);
        if elsewhere > 0 {
            rules.extend(rules::taken_back_elsewhere());
        }
        if self.scope.batches_before > 0 {
            rules.extend(rules::bounded());
        }
        if self.scope.left.put_away > 0 {
            rules.push(rules::named_as_put_away());
        }
        rules
    }
}
