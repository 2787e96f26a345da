//! The world of one scope: the server, the desks and the phones, and their answers to each other.

use anyhow::Context;
use sync_core::{
    id::ReleaseId,
    instant::{Instant, Span},
};

use super::{
    handset::hand_in,
    part::{Memory, Part},
    scope::{DAY, NOON, PRACTICE, Scope},
    state::{Desk, Handset, Happens, Sent, Server, State},
};
use crate::{
    cast,
    clinic::{Clinic, Clip, ConsentEvent, Device, Lease},
    phone::Lives,
    sealing::Sealing,
    truth::Truth,
};

/// The model of one scope.
pub struct World {
    pub(super) scope: Scope,
    pub(super) desks: Memory<Part<Desk>>,
    servers: Memory<Part<Server>>,
    answers: Memory<(Part<Server>, Part<Sent>)>,
    pub(super) phones: Memory<Option<Part<Handset>>>,
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

    pub(super) fn first_server(&self) -> Server {
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
            let device = Device { confirmed: true, removed_at: None, heard: None };
            clinic.db.devices.insert(cast::phone(PRACTICE, n), device);
        }
        let mut truth = Truth::default();
        truth.learn(&clinic, NOON);
        Server { clinic, truth }
    }

    /// The first phone was given so many batches before that the next are counted.
    pub(super) fn spend_batches(&self, server: &mut Server) {
        let device = cast::phone(PRACTICE, 0);
        for batch in 1..=self.scope.batches_before {
            server.clinic.db.batches = batch;
            server.clinic.db.leases.push(Lease {
                device,
                release: cast::release(PRACTICE, 99),
                generation: batch,
                issued_at: NOON,
                batch,
                valid_until: NOON + DAY,
                voided_at: Some(NOON),
            });
            server.truth.given.push((device, NOON));
        }
    }

    pub(super) fn change(
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
    pub(super) fn push(&self, server: &Part<Server>, desk: &Part<Desk>, now: Instant) -> Part<Server> {
        self.change(server, ("push", desk), now, |clinic| {
            // Refused whole, and said so: the desk keeps what it has.
            let _ = clinic.enter(desk.unsent(), now);
        })
    }

    /// A therapist's device hears what the server has.
    pub(super) fn pull(&self, server: &Part<Server>, desk: &Part<Desk>) -> Part<Desk> {
        self.desks.of(("pull", desk, server), || {
            let mut desk = Desk::clone(desk);
            desk.replica.clone_from(&server.clinic.db.entries);
            desk.console.acknowledged(desk.replica.keys().copied());
            Part::of(desk)
        })
    }

    /// The phone's question is answered, as it stands.
    pub(super) fn answer(
        &self,
        server: &Part<Server>,
        phone: &Handset,
        now: Instant,
    ) -> Option<(Part<Server>, Part<Sent>)> {
        let question = phone.question.as_ref()?;
        let device = phone.phone.device;
        let made = self.answers.of((server, device, &question.nonce, format!("{question:?}"), now), || {
            let mut next = Server::clone(server);
            let answered = next.clinic.answer(device, question, Sealing::Open, now);
            next.truth.learn(&next.clinic, now);
            let ended = next.truth.releases().filter(|id| next.truth.is_over(*id)).collect();
            let denied =
                next.truth.releases().filter(|id| next.truth.denies(*id, device, now).is_some()).collect();
            let batch = match answered {
                Ok(Some(answer)) => {
                    next.truth.answered(&next.clinic, question, &answer.decided, now);
                    answer.batch
                }
                _ => sync_core::lease::Signed { body: Vec::new(), signature: [0; 64] },
            };
            (Part::of(next), Part::of(Sent { batch, ended, denied }))
        });
        Some(made)
    }

    pub(super) fn happens(
        &self,
        state: &State,
        n: usize,
        what: &Happens,
        dies_after: Option<usize>,
    ) -> Option<State> {
        let mut next = state.clone();
        if dies_after.is_some() {
            next.left.deaths = next.left.deaths.checked_sub(1)?;
        }
        match what {
            Happens::Asks => next.left.asks[n] = next.left.asks[n].checked_sub(1)?,
            Happens::Plays => next.left.plays = next.left.plays.checked_sub(1)?,
            Happens::PutsAway => next.left.put_away = next.left.put_away.checked_sub(1)?,
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
    pub(super) fn is_wiped_by_contact(&self, state: &State) -> bool {
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
    pub(super) fn first_contact(
        &self,
        server: &Part<Server>,
        phone: &mut Handset,
    ) -> anyhow::Result<Part<Server>> {
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
pub(super) fn said(withdrawn: bool, at: Instant) -> ConsentEvent {
    ConsentEvent { participant: 1, recording: cast::recording(PRACTICE, 1), withdrawn, at, valid_until: None }
}
