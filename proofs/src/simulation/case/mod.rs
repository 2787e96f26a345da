//! One practice of a schedule: its server, its therapists' and its client's devices, and the mail between them.

mod desk;
mod handset;
mod mail;
mod server;

use std::collections::BTreeSet;

use anyhow::{bail, ensure};
use rand::{RngExt, rngs::StdRng};
use sync_core::{
    device::Console,
    documents::Document,
    id::ReleaseId,
    instant::{Instant, Span},
    policy::Access,
};

use self::mail::{Letter, Mail};
use super::{
    binder::{Binder, fresh_actor},
    talk::{Talk, Wire},
};
use crate::{
    cast,
    clinic::{Clinic, Clip, ConsentEvent, Database, Device},
    phone::Phone,
    sealing::Sealing,
    truth::Truth,
};

pub use self::{desk::Desk, handset::Handset, mail::Post};

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
    binder: Binder,
    backup: Option<(Database, Binder)>,
    mail: Vec<Mail>,
    entries: u16,
    /// How many releases were made.
    pub releases: u16,
    /// Releases whose end was recorded.
    over: BTreeSet<ReleaseId>,
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
            clinic.db.devices.insert(device, Device { confirmed: true, removed_at: None, heard: None });
            handsets.push(Handset::new(Phone::new(practice, device, now)?));
        }
        let mut binder = Binder::new(rng)?;
        binder.level(&clinic)?;
        let mut truth = Truth::default();
        truth.learn(&clinic, now);
        Ok(Self {
            practice,
            clinic,
            truth,
            desks,
            phones: handsets,
            sealing,
            binder,
            backup: None,
            mail: Vec::new(),
            entries: 0,
            releases: 0,
            over: BTreeSet::new(),
        })
    }

    /// Something has changed on the server: documents are brought level, and the truth takes note.
    fn changed(&mut self, now: Instant) -> anyhow::Result<()> {
        self.binder.level(&self.clinic)?;
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

    /// What a person wrote has arrived, each letter once and no play more than there were. A restored server may have
    /// forgotten what it had acknowledged.
    fn all_has_arrived(&mut self, n: usize, rng: &mut StdRng) -> anyhow::Result<()> {
        let handset = &mut self.phones[n];
        let row = self.clinic.db.devices.get(&handset.phone.device);
        if row.is_none_or(|row| row.removed_at.is_some()) {
            return Ok(());
        }
        ensure!(handset.documents(rng)?.is_all_sent(), "a phone does not get rid of what it has written");
        let (letters, plays) = (self.binder.letters(), self.binder.plays());
        for (key, played) in &handset.plays {
            let told = plays.get(key).copied().unwrap_or(0);
            ensure!(told <= *played, "I4: {told} plays are told of, and there were {played}");
            ensure!(told == *played || self.clinic.lives > 1, "{told} plays have arrived of {played}");
        }
        let has_all = handset.letters.iter().all(|id| letters.contains(id));
        ensure!(has_all || self.clinic.lives > 1, "a letter that was written has not arrived");
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
            self.all_has_arrived(n, rng)?;
            let over = |release: &ReleaseId| self.truth.is_over(*release);
            let phone = &self.phones[n].phone;
            ensure!(!phone.disk.keys.keys().any(over), "a key of what is over is still there after contact");
            ensure!(!phone.disk.files.iter().any(over), "a clip that is over is still there after contact");
        }
        Ok(())
    }
}
