//! One practice of a schedule: its server, its therapists' and its client's devices, and the mail between them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{bail, ensure};
use rand::{RngExt, rngs::StdRng};
use sync_core::{
    device::Console,
    documents::{Document, Shelf, append, entries, entries_object},
    id::{DeviceId, IncarnationId, ReleaseId},
    instant::{Instant, Span},
    lease::Signed,
    orders::Orders,
    policy::Access,
};

use super::papers::{Papers, Talk, Wire, fresh_actor};
use crate::{
    cast,
    clinic::{Clinic, Clip, ConsentEvent, Database, Device, Restriction},
    desk::Wish,
    phone::{DiesAfter, Phone, Question},
    sealing::Sealing,
    truth::Truth,
};

/// One practice.
pub struct Case {
    /// Which.
    pub practice: u16,
    /// Its server's rows.
    pub clinic: Clinic,
    /// What is true.
    pub truth: Truth,
    /// The therapists' devices.
    pub desks: Vec<Desk>,
    /// The client's devices.
    pub phones: Vec<Handset>,
    /// How batches are sealed.
    pub sealing: Sealing,
    papers: Papers,
    backup: Option<(Database, Papers)>,
    mail: Vec<Mail>,
    entries: u16,
    /// How many releases were made.
    pub releases: u16,
    /// Releases whose end was recorded.
    over: BTreeSet<ReleaseId>,
}

/// A therapist's device.
pub struct Desk {
    device: DeviceId,
    console: Console,
    orders: Document,
}

/// A client's device.
pub struct Handset {
    /// The device.
    pub phone: Phone,
    /// Whether it has a network.
    pub online: bool,
    /// Until when it is switched off.
    pub off_until: Option<Instant>,
    /// Whether its clock is what it was when it was last in contact.
    pub honest: bool,
    shelf: Document,
    heard_life: Option<IncarnationId>,
    told_ended: BTreeSet<ReleaseId>,
    told_denied: BTreeSet<ReleaseId>,
    wiped: BTreeSet<ReleaseId>,
}

/// Something under way.
struct Mail {
    due: Instant,
    phone: usize,
    what: Letter,
}

#[derive(Clone)]
enum Letter {
    Question(Question),
    Answer { batch: Signed, ended: BTreeSet<ReleaseId>, denied: BTreeSet<ReleaseId> },
    Receipts(Vec<Signed>),
    Taken(u64),
}

/// What the network does to mail.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// How often, of a thousand letters, one is lost.
    pub loses: u32,
    /// How often one is doubled.
    pub doubles: u32,
    /// How long one takes at most.
    pub delay: Span,
}

impl Case {
    /// A practice with clips that one or two people are heard in, all of whom have consented.
    ///
    /// # Errors
    /// When automerge or a key fails.
    pub fn new(
        practice: u16,
        (clips, desks, phones): (u16, u16, u16),
        sealing: Sealing,
        now: Instant,
        rng: &mut StdRng,
    ) -> anyhow::Result<Self> {
        let mut clinic = Clinic::new(practice);
        for n in 0..clips {
            let heard = if rng.random() { vec![1] } else { vec![1, 2] };
            let recording = cast::recording(practice, n / 2);
            let minutes = rng.random_range(1..4);
            let key = Some(cast::sixteen("key", &[&n.to_be_bytes()]));
            let row = Clip { recording, heard, duration: Span::from_mins(minutes), key, destroyed_at: None };
            clinic.db.clips.insert(cast::clip(practice, n), row);
            for participant in [1, 2] {
                let at = now - Span::from_days(1);
                clinic.consent(ConsentEvent {
                    participant,
                    recording,
                    withdrawn: false,
                    at,
                    valid_until: None,
                });
            }
        }
        let desks = (0..desks).map(|n| {
            let device = cast::desk(practice, n);
            Desk {
                device,
                console: Console::new(device),
                orders: Document::new().with_actor(fresh_actor(rng)),
            }
        });
        let desks = desks.collect();
        let mut handsets = Vec::new();
        for n in 0..phones {
            let device = cast::phone(practice, n);
            clinic.db.devices.insert(device, Device { confirmed: true, removed_at: None });
            handsets.push(Handset::new(Phone::new(practice, device, now)?));
        }
        let mut papers = Papers::new(rng)?;
        papers.level(&clinic)?;
        let mut truth = Truth::default();
        truth.learn(&clinic, now);
        Ok(Self {
            practice,
            clinic,
            truth,
            desks,
            phones: handsets,
            sealing,
            papers,
            backup: None,
            mail: Vec::new(),
            entries: 0,
            releases: 0,
            over: BTreeSet::new(),
        })
    }

    /// Something has changed on the server: documents are brought level, and the truth takes note.
    fn changed(&mut self, now: Instant) -> anyhow::Result<()> {
        self.papers.level(&self.clinic)?;
        self.truth.learn(&self.clinic, now);
        self.truth.check(&self.clinic);
        for (release, recorded) in &self.clinic.db.releases {
            if recorded.ended_at.is_some() && self.over.insert(*release) {
                let date = self.truth.had_date(*release, now);
                ensure!(
                    date || self.truth.is_over(*release) || self.truth.has_consent_ended(*release, now),
                    "{release:?} was recorded as ended, and nobody has ended it"
                );
            }
        }
        Ok(())
    }

    /// What a therapist's device shows.
    #[must_use]
    pub fn shown(&self, desk: usize) -> Orders {
        let desk = &self.desks[desk];
        let mut all: BTreeMap<_, _> = entries(&desk.orders).into_iter().collect();
        all.extend(desk.console.to_append(&desk.orders));
        Orders::fold_encoded(all.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
    }

    /// A therapist decides something, offline.
    pub fn write(&mut self, desk: usize, wish: &Wish, now: Instant) {
        let orders = self.shown(desk);
        self.entries += 1;
        if matches!(wish, Wish::Release(..)) {
            self.releases += 1;
        }
        let id = cast::entry(self.practice, self.entries);
        wish.write(&mut self.desks[desk].console, &orders, id, now);
    }

    /// A therapist's device comes online.
    ///
    /// # Errors
    /// A violation.
    pub fn sync_desk(
        &mut self,
        n: usize,
        now: Instant,
        wire: Wire,
        rng: &mut StdRng,
    ) -> anyhow::Result<Talk> {
        let desk = &mut self.desks[n];
        let mut talk = Talk::Done;
        for writes in [false, true] {
            if writes {
                let unsent = desk.console.to_append(&desk.orders);
                if unsent.is_empty() {
                    break;
                }
                for new in unsent {
                    append(&mut desk.orders, &[new])?;
                }
            }
            talk =
                self.papers.sync_orders(&mut desk.orders, desk.device, &mut self.clinic, now, wire, rng)?;
            match talk {
                Talk::Done => {}
                Talk::Broken => break,
                Talk::Refused(_) => {
                    desk.orders = Document::new().with_actor(fresh_actor(rng));
                    break;
                }
            }
        }
        if talk == Talk::Done {
            let there: Vec<_> = entries(&desk.orders).into_iter().map(|(id, _)| id).collect();
            desk.console.acknowledged(there.iter().copied());
            for id in there {
                ensure!(
                    self.clinic.db.entries.contains_key(&id),
                    "an entry was acknowledged and is not there"
                );
            }
        }
        self.changed(now)?;
        Ok(talk)
    }

    /// A phone's app runs: it looks at the time, at the shelf if there is a network, and asks for what is due.
    ///
    /// # Errors
    /// A violation.
    pub fn wake(
        &mut self,
        n: usize,
        now: Instant,
        (wire, post): (Wire, Post),
        dies_after: DiesAfter,
        rng: &mut StdRng,
    ) -> anyhow::Result<()> {
        let handset = &mut self.phones[n];
        handset.phone.tick(dies_after)?;
        handset.phone.open(None)?;
        if handset.online {
            let talk = self.papers.read_shelf(&mut handset.shelf, wire, rng)?;
            if talk == Talk::Done && self.papers.is_shelf_in(&handset.shelf) {
                // A shelf that was restored from before a release says nothing of it: its end is told with the
                // next answer, by the denial of what is held.
                let is_shown = |id: &ReleaseId| self.clinic.db.shelf.0.contains_key(id);
                let tells = |id: &ReleaseId| self.clinic.lives == 1 || is_shown(id);
                let revoked = self.truth.releases().filter(|id| self.truth.is_revoked(*id) && tells(id));
                handset.told_ended.extend(revoked.collect::<Vec<_>>());
            }
            let shelf = Shelf::read(&handset.shelf);
            handset.phone.see(&shelf, None)?;
            for release in handset.phone.out.fetches.clone() {
                let clip = handset.phone.machine.held(release).map(|held| held.lease.clip);
                let is_there = |clip| self.clinic.db.clips.get(&clip).is_some_and(|clip| clip.key.is_some());
                if clip.is_some_and(is_there) {
                    handset.phone.fetched(release, None)?;
                }
            }
            if handset.phone.machine.wants_leases(&shelf, handset.phone.reading()) {
                handset.phone.ask(None)?;
            }
            if let Some(question) = handset.phone.out.question.take() {
                self.post(n, Letter::Question(question), now, post, rng);
            }
            let receipts = self.phones[n].phone.machine.receipts();
            if !receipts.is_empty() {
                self.post(n, Letter::Receipts(receipts), now, post, rng);
            }
        }
        self.check(n, now)
    }

    fn post(&mut self, phone: usize, what: Letter, now: Instant, post: Post, rng: &mut StdRng) {
        let copies = if rng.random_range(0..1_000) < post.doubles { 2 } else { 1 };
        for _ in 0..copies {
            if rng.random_range(0..1_000) < post.loses {
                continue;
            }
            let delay = Span::from_millis(rng.random_range(0..=post.delay.as_millis()));
            self.mail.push(Mail { due: now + delay, phone, what: what.clone() });
        }
    }

    /// When the next letter is due.
    #[must_use]
    pub fn next_mail(&self) -> Option<Instant> {
        self.mail.iter().map(|mail| mail.due).min()
    }

    /// Delivers what is due.
    ///
    /// # Errors
    /// A violation.
    pub fn deliver(
        &mut self,
        now: Instant,
        post: Post,
        dies_after: DiesAfter,
        rng: &mut StdRng,
    ) -> anyhow::Result<()> {
        while let Some(i) = self.mail.iter().position(|mail| mail.due <= now) {
            let Mail { phone, what, .. } = self.mail.swap_remove(i);
            if self.phones[phone].off_until.is_some() {
                continue;
            }
            match what {
                Letter::Question(question) => self.answer(phone, &question, now, post, rng)?,
                Letter::Receipts(receipts) => {
                    let device = self.phones[phone].phone.device;
                    if self.clinic.db.devices.contains_key(&device) {
                        let upto = self.clinic.take_receipts(device, &receipts, now)?;
                        self.post(phone, Letter::Taken(upto), now, post, rng);
                    }
                }
                Letter::Taken(upto) => drop(self.phones[phone].phone.delivered(upto)?),
                Letter::Answer { batch, ended, denied } => {
                    self.phones[phone].take(&batch, ended, denied, dies_after)?;
                    self.check(phone, now)?;
                }
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        phone: usize,
        question: &Question,
        now: Instant,
        post: Post,
        rng: &mut StdRng,
    ) -> anyhow::Result<()> {
        let device = self.phones[phone].phone.device;
        let Question { nonce, holding, denials } = question;
        let answer = self.clinic.answer(device, *nonce, holding, denials, self.sealing, now)?;
        self.changed(now)?;
        let Some(answer) = answer else { return Ok(()) };
        self.truth.answered(&self.clinic, &answer.decided, now);
        let ended = self.truth.releases().filter(|id| self.truth.is_over(*id)).collect();
        let denied =
            self.truth.releases().filter(|id| self.truth.denies(*id, device, now).is_some()).collect();
        self.post(phone, Letter::Answer { batch: answer.batch, ended, denied }, now, post, rng);
        Ok(())
    }

    /// Somebody heard in a clip withdraws: one row, and the gate denies. The settlement comes later.
    ///
    /// # Errors
    /// A violation.
    pub fn withdraw(&mut self, participant: u8, clip: u16, now: Instant) -> anyhow::Result<()> {
        let recording = cast::recording(self.practice, clip / 2);
        self.clinic.withdraw(ConsentEvent {
            participant,
            recording,
            withdrawn: true,
            at: now,
            valid_until: None,
        });
        self.changed(now)
    }

    /// They consent again, until some day: for new releases.
    ///
    /// # Errors
    /// A violation.
    pub fn consent(
        &mut self,
        participant: u8,
        clip: u16,
        valid_until: Option<Instant>,
        now: Instant,
    ) -> anyhow::Result<()> {
        let recording = cast::recording(self.practice, clip / 2);
        self.clinic.consent(ConsentEvent { participant, recording, withdrawn: false, at: now, valid_until });
        self.changed(now)
    }

    /// The server settles what is left to do.
    ///
    /// # Errors
    /// A violation.
    pub fn settle(&mut self, now: Instant) -> anyhow::Result<()> {
        self.clinic.settle(now);
        self.changed(now)
    }

    /// A clip is destroyed.
    ///
    /// # Errors
    /// A violation.
    pub fn destroy(&mut self, clip: u16, now: Instant) -> anyhow::Result<()> {
        self.clinic.destroy(cast::clip(self.practice, clip), now);
        self.changed(now)
    }

    /// A phone is removed.
    ///
    /// # Errors
    /// A violation.
    pub fn unpair(&mut self, phone: usize, now: Instant) -> anyhow::Result<()> {
        self.clinic.unpair(self.phones[phone].phone.device, now);
        self.changed(now)
    }

    /// The server dies between its ledger and its commit, while a therapist's device is talking to it; and starts again.
    ///
    /// # Errors
    /// A violation.
    pub fn die_while_syncing(&mut self, desk: usize, now: Instant, rng: &mut StdRng) -> anyhow::Result<()> {
        let (before, papers) = (self.clinic.clone(), self.papers.clone());
        let wire = Wire { breaks_after: rng.random_range(1..8), bends: 0 };
        let mut copy = self.desks[desk].orders.clone();
        if entries_object(&copy).is_some() {
            for new in self.desks[desk].console.to_append(&copy) {
                append(&mut copy, &[new])?;
            }
        }
        let device = self.desks[desk].device;
        self.papers.sync_orders(&mut copy, device, &mut self.clinic, now, wire, rng)?;
        self.desks[desk].orders = copy;
        // The ledger is on disk, and the transaction is not.
        let ledger = std::mem::take(&mut self.clinic.ledger);
        self.clinic = Clinic { ledger, ..before };
        self.papers = papers;
        self.papers.run_anew(rng);
        self.clinic.restart(now);
        self.changed(now)
    }

    /// A backup is made.
    pub fn back_up(&mut self) {
        self.backup = Some((self.clinic.db.clone(), self.papers.clone()));
    }

    /// The server goes back to its backup; without its ledger, it waits for a therapist, who enters again what was taken
    /// away, and until when people had consented.
    ///
    /// # Errors
    /// A violation.
    pub fn restore(&mut self, ledger_lost: bool, now: Instant, rng: &mut StdRng) -> anyhow::Result<bool> {
        let Some((db, papers)) = self.backup.clone() else { return Ok(false) };
        self.papers = papers;
        self.papers.run_anew(rng);
        self.clinic.restore(db, ledger_lost, now);
        self.changed(now)?;
        Ok(true)
    }

    /// A therapist has looked at what is released after a restore whose ledger was lost, and takes away again what was.
    ///
    /// # Errors
    /// A violation.
    pub fn confirm_restore(&mut self, now: Instant) -> anyhow::Result<()> {
        let all: Vec<_> = self.truth.entries.iter().map(|(id, entry)| (*id, entry.encode())).collect();
        if self.clinic.enter(&all, now).is_err() {
            bail!("what was committed once is refused now");
        }
        // With the ledger it is lost when they were said: they are entered as of now, and end all that is there now.
        for event in self.truth.consents.clone().into_iter().filter(|event| event.withdrawn) {
            if !self.clinic.db.consents.contains(&event) {
                self.clinic.withdraw(ConsentEvent { at: now, ..event });
            }
        }
        for event in self.truth.consents.clone().into_iter().filter(|event| !event.withdrawn) {
            if self.clinic.narrow(event) {
                self.clinic.ledger.push(Restriction::ConsentEnd(event));
            }
        }
        for clip in self.truth.destroyed.clone() {
            self.clinic.destroy(clip, now);
        }
        for device in self.truth.removed.clone() {
            self.clinic.unpair(device, now);
        }
        self.clinic.confirm_restore(now);
        self.changed(now)
    }

    /// What must hold on a phone, at any moment.
    ///
    /// # Errors
    /// The rule that does not.
    pub fn check(&mut self, n: usize, now: Instant) -> anyhow::Result<()> {
        if let Some(broken) = &self.truth.broken {
            bail!("{broken}");
        }
        let Handset { phone, honest, told_ended, told_denied, wiped, .. } = &mut self.phones[n];
        let held: Vec<_> = phone.machine.releases().collect();
        for release in held {
            let access = phone.access(release);
            let plays = matches!(access, Access::Playable { .. });
            if plays {
                ensure!(!told_ended.contains(&release), "I1: {release:?} plays, and its end was heard");
                ensure!(
                    !told_denied.contains(&release),
                    "I2: {release:?} plays, and was denied at the last contact"
                );
                let bound = self.truth.bounds.get(&(phone.device, release));
                let within = bound.is_some_and(|bound| now < *bound);
                ensure!(!*honest || within, "I2: {release:?} plays beyond its last lease");
            }
            if access == Access::Ended && *honest {
                let lease = phone.machine.held(release).map(|held| held.lease.ends_at);
                let by_date = lease.is_some_and(|ends_at| now + Span::from_mins(2) >= ends_at);
                let justified = by_date
                    || self.over.contains(&release)
                    || self.truth.is_over(release)
                    || self.truth.has_consent_ended(release, now)
                    || self.truth.removed.contains(&phone.device);
                ensure!(justified, "a client who is entitled to {release:?} is told that it has ended");
            }
        }
        if let Some(broken) = phone.witness.broken {
            bail!("{broken}");
        }
        for release in phone.witness.gone.keys() {
            wiped.insert(*release);
        }
        Ok(())
    }

    /// At the end, every phone comes online once: what is over must be gone from it.
    ///
    /// # Errors
    /// The rule that does not hold.
    pub fn settle_up(&mut self, now: Instant, rng: &mut StdRng) -> anyhow::Result<()> {
        let (wire, post) =
            (Wire { breaks_after: 400, bends: 0 }, Post { loses: 0, doubles: 0, delay: Span::ZERO });
        if self.clinic.db.awaits_confirmation {
            self.confirm_restore(now)?;
        }
        self.mail.clear();
        let mut waited = Span::ZERO;
        for desk in 0..self.desks.len() {
            // A refused document is fetched afresh, and what was unsent goes with the next.
            let mut talk = Talk::Done;
            for _ in 0..3 {
                talk = self.sync_desk(desk, now, wire, rng)?;
            }
            // What names a release that a restore has forgotten waits; nothing else does.
            let waits = self.desks[desk].console.to_append(&self.desks[desk].orders).len();
            ensure!(waits == 0, "a desk does not get rid of what it has written: {talk:?}");
        }
        for n in 0..self.phones.len() {
            self.phones[n].switch_on()?;
            self.phones[n].online = true;
            let device = self.phones[n].phone.device;
            if !self.clinic.db.devices.contains_key(&device) {
                continue;
            }
            // Twice: what a restored server has forgotten is handed back at the second question.
            for _ in 0..3 {
                for handset in &mut self.phones {
                    handset.phone.pass(Span::from_hours(2));
                }
                waited = waited.saturating_add(Span::from_hours(2));
                self.wake(n, now + waited, (wire, post), None, rng)?;
                self.phones[n].phone.ask(None)?;
                if let Some(question) = self.phones[n].phone.out.question.take() {
                    self.post(n, Letter::Question(question), now + waited, post, rng);
                }
                self.deliver(now + waited, post, None, rng)?;
            }
            let over = |release: &ReleaseId| self.truth.is_over(*release);
            let phone = &self.phones[n].phone;
            ensure!(!phone.disk.keys.keys().any(over), "a key of what is over is still there after contact");
            ensure!(!phone.disk.files.iter().any(over), "a clip that is over is still there after contact");
        }
        Ok(())
    }
}

impl Handset {
    fn new(phone: Phone) -> Self {
        Self {
            phone,
            online: true,
            off_until: None,
            honest: true,
            shelf: Document::new(),
            heard_life: None,
            told_ended: BTreeSet::new(),
            told_denied: BTreeSet::new(),
            wiped: BTreeSet::new(),
        }
    }

    /// Time passes; a phone that is switched off keeps its wall clock only.
    pub fn pass(&mut self, time: Span) {
        if self.off_until.is_some() {
            self.phone.wall = self.phone.wall + time;
        } else {
            self.phone.pass(time);
        }
    }

    /// It is switched on, if it was off.
    ///
    /// # Errors
    /// A violation.
    pub fn switch_on(&mut self) -> anyhow::Result<()> {
        if self.off_until.take().is_some() {
            self.phone.restart(None)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        batch: &Signed,
        ended: BTreeSet<ReleaseId>,
        denied: BTreeSet<ReleaseId>,
        dies_after: DiesAfter,
    ) -> anyhow::Result<()> {
        let in_time = self.phone.is_in_time();
        if self.phone.take(batch, dies_after)?.is_none() {
            return Ok(());
        }
        if dies_after != Some(0) {
            self.honest |= in_time;
            self.told_ended.extend(ended);
            self.told_denied = denied;
        }
        self.phone.open(None)?;
        let life = self.phone.machine.incarnation();
        if self.heard_life.is_some() && self.heard_life != life {
            // What a restored server has forgotten of the shelf it cannot take back in this copy.
            self.shelf = Document::new();
        }
        self.heard_life = life;
        Ok(())
    }

    /// Whether something was wiped here.
    #[must_use]
    pub fn has_wiped(&self) -> bool {
        !self.wiped.is_empty()
    }
}
