//! A client's device: sync-core's state machine, and a platform that carries out its effects until
//! it dies.
//!
//! The platform is a key store, files and two clocks. It also bears witness: the answers that it
//! heard, the media that it decrypted under each lease, and the receipts that it signed while a key
//! was still there.

mod effects;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::Context;
use sync_core::{
    clock::{MAX_ROUND_TRIP, Reading},
    device::{Companion, DEBIT_STEP, Effect, Identity, ToOpen},
    documents::Shelf,
    id::{DeviceId, ReleaseId},
    instant::{Instant, Span},
    lease::{Signed, Step},
    policy::Access,
};

use crate::{
    cast::{self, DeviceKeys, device_keys, sixteen},
    sealing,
};

/// A phone, tablet or browser.
#[derive(Clone)]
pub struct Phone {
    /// Which device.
    pub device: DeviceId,
    /// The state machine under test.
    pub machine: Companion,
    /// Its wall clock, which anybody can set.
    pub wall: Instant,
    /// Time since its run began.
    pub mono: Span,
    /// What is durable.
    pub disk: Disk,
    /// What is to be sent, and is lost with the process.
    pub out: Out,
    /// What it has seen of itself.
    pub witness: Witness,
    /// How often its process has started.
    pub starts: u32,
    /// A rule that its platform breaks on purpose.
    pub fault: Option<Fault>,
    identity: Identity,
    keys: Arc<DeviceKeys>,
    opening: Option<(Vec<u8>, Vec<u8>, Vec<ToOpen>)>,
    asked: Reading,
    nonces: u32,
    receipts: u32,
}

/// What outlives the process.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// The machine's own bytes.
    pub saved: Vec<u8>,
    /// Keys of clips, with the generation of the lease that brought them.
    pub keys: BTreeMap<ReleaseId, u64>,
    /// Ciphertexts.
    pub files: BTreeSet<ReleaseId>,
}

/// What the machine wants of the network.
#[derive(Debug, Clone, Default)]
pub struct Out {
    /// A question for leases.
    pub question: Option<Question>,
    /// Clips to fetch.
    pub fetches: BTreeSet<ReleaseId>,
    /// Whether receipts wait.
    pub receipts: bool,
}

/// A question for leases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The fresh nonce.
    pub nonce: [u8; 32],
    /// Which question it is.
    pub step: Step,
    /// An instant of the server's after which it was signed.
    pub signed_after: Option<Instant>,
    /// What is held.
    pub holding: Vec<(ReleaseId, u64)>,
    /// What its person has removed from it.
    pub removed: Vec<ReleaseId>,
    /// Denials that are handed back.
    pub denials: Vec<Signed>,
}

/// What a phone has seen of itself; no rule reads it.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    /// The newest generation that a receipt has called gone.
    pub gone: BTreeMap<ReleaseId, u64>,
    /// Media time that was decrypted under a lease, and its budget.
    pub heard: BTreeMap<(ReleaseId, u64), (Span, Span)>,
    /// Leases whose end was reached by trusted time, since the last contact.
    pub lapsed: BTreeMap<ReleaseId, u64>,
    /// The first rule that was seen broken.
    pub broken: Option<&'static str>,
}

/// A rule that a platform breaks, so that a test can show that the break is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Erasing is reported before it is done.
    ReceiptFirst,
    /// The budget is debited after decrypting.
    DebitLast,
    /// What time it has seen is not saved for its own sake.
    FloorNotSaved,
    /// Keys of releases that the saved state does not know are left alone.
    OrphansKept,
}

/// How many effects are carried out before the process dies; none for one that lives.
pub type DiesAfter = Option<usize>;

/// Whether a process has lived through what it was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lives {
    /// It has.
    Yes,
    /// It died, and was started again.
    No,
}

impl Phone {
    /// A device that was just paired.
    ///
    /// # Errors
    /// Never in practice: when a digest is no scalar.
    pub fn new(practice: u16, device: DeviceId, now: Instant) -> anyhow::Result<Self> {
        let identity = cast::identity(practice, device)?;
        let mut machine = Companion::new(identity.clone());
        let disk = Disk { saved: machine.save(), ..Disk::default() };
        Ok(Self {
            device,
            machine,
            wall: now,
            mono: Span::ZERO,
            disk,
            out: Out::default(),
            witness: Witness::default(),
            starts: 1,
            fault: None,
            identity,
            keys: device_keys(device)?,
            opening: None,
            asked: Reading { wall: now, mono: Span::ZERO },
            nonces: 0,
            receipts: 0,
        })
    }

    /// What its clocks say.
    #[must_use]
    pub const fn reading(&self) -> Reading {
        Reading { wall: self.wall, mono: self.mono }
    }

    /// Time passes on both clocks.
    pub fn pass(&mut self, time: Span) {
        self.wall = self.wall + time;
        self.mono = self.mono.saturating_add(time);
    }

    /// Time passes, and somebody holds the wall clock still.
    pub fn pass_unseen(&mut self, time: Span) {
        self.mono = self.mono.saturating_add(time);
    }

    /// Asks for leases.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn ask(&mut self, dies_after: DiesAfter) -> anyhow::Result<Lives> {
        self.nonces += 1;
        self.asked = self.reading();
        let half = sixteen("nonce", &[self.device.as_bytes(), &self.nonces.to_be_bytes()]);
        let mut nonce = [0; 32];
        nonce[..16].copy_from_slice(&half);
        let effects = self.machine.ask(nonce, self.reading());
        self.perform(effects, dies_after)
    }

    /// Takes an answer; none if it was no answer.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn take(&mut self, batch: &Signed, dies_after: DiesAfter) -> anyhow::Result<Option<Lives>> {
        let Ok(effects) = self.machine.take_batch(batch, self.reading()) else { return Ok(None) };
        if self.is_in_time() {
            self.witness.lapsed.clear();
        }
        self.perform(effects, dies_after).map(Some)
    }

    /// Whether an answer that comes now sets the clock. A late one brings denials, and says nothing of the time.
    #[must_use]
    pub fn is_in_time(&self) -> bool {
        let now = self.reading();
        now.mono.saturating_sub(self.asked.mono).max(now.wall.since(self.asked.wall)) <= MAX_ROUND_TRIP
    }

    /// Reads the shelf anew.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn see(&mut self, shelf: &Shelf, dies_after: DiesAfter) -> anyhow::Result<Lives> {
        let effects = self.machine.shelf_changed(shelf);
        self.perform(effects, dies_after)
    }

    /// Whether the key store is opening a batch.
    #[must_use]
    pub const fn is_opening(&self) -> bool {
        self.opening.is_some()
    }

    /// The key store has opened the batch that it was given.
    ///
    /// # Errors
    /// When an item does not open, which is a violation.
    pub fn open(&mut self, dies_after: DiesAfter) -> anyhow::Result<Lives> {
        let Some((enc, info, items)) = self.opening.take() else { return Ok(Lives::Yes) };
        let opened = sealing::open(&self.keys, &enc, &info, &items)?;
        let before: BTreeSet<_> = self.disk.keys.keys().copied().collect();
        for found in &opened {
            // What it is for is known to the machine; the key store notes the newest that it may be.
            self.disk.keys.insert(found.release, u64::MAX);
        }
        if dies_after == Some(0) {
            self.restart(None)?;
            return Ok(Lives::No);
        }
        let effects = self.machine.opened(&opened);
        for found in &opened {
            let held = self.machine.held(found.release).map(|held| held.lease.generation);
            match held {
                Some(generation) => self.disk.keys.insert(found.release, generation),
                // Dropped while it was being opened: an effect erases it.
                None if !before.contains(&found.release) => self.disk.keys.insert(found.release, 0),
                None => None,
            };
        }
        self.perform(effects, dies_after)
    }

    /// A clip's ciphertext has come.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn fetched(&mut self, release: ReleaseId, dies_after: DiesAfter) -> anyhow::Result<Lives> {
        if !self.out.fetches.remove(&release) {
            return Ok(Lives::Yes);
        }
        self.disk.files.insert(release);
        let effects = self.machine.fetched(release);
        self.perform(effects, dies_after)
    }

    /// The server has taken receipts.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn delivered(&mut self, upto: u64) -> anyhow::Result<Lives> {
        let effects = self.machine.delivered(upto);
        self.perform(effects, None)
    }

    /// The app looks at the time.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn tick(&mut self, dies_after: DiesAfter) -> anyhow::Result<Lives> {
        let mut effects = self.machine.tick(self.reading());
        if self.fault == Some(Fault::FloorNotSaved) && effects == [Effect::Save] {
            effects.clear();
        }
        self.perform(effects, dies_after)
    }

    /// The person presses play, and listens for one step of the budget; none if it may not play.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn play(&mut self, release: ReleaseId, dies_after: DiesAfter) -> anyhow::Result<Option<Lives>> {
        let Ok(effects) = self.machine.debit(release, DEBIT_STEP, self.reading()) else { return Ok(None) };
        if self.fault == Some(Fault::DebitLast) {
            self.hear(release);
        }
        if self.perform(effects, dies_after)? == Lives::No {
            return Ok(Some(Lives::No));
        }
        if self.fault != Some(Fault::DebitLast) {
            self.hear(release);
        }
        let (effects, _) = self.machine.played(release, DEBIT_STEP, DEBIT_STEP, true, self.reading());
        self.perform(effects, None).map(Some)
    }

    /// One step of media time is decrypted.
    fn hear(&mut self, release: ReleaseId) {
        let Some(held) = self.machine.held(release) else {
            self.broken("a clip plays that is not held");
            return;
        };
        let (generation, budget) = (held.lease.generation, held.lease.budget);
        if !self.disk.keys.contains_key(&release) || !self.disk.files.contains(&release) {
            self.broken("a clip plays without key or ciphertext");
        }
        let heard = self.witness.heard.entry((release, generation)).or_insert((Span::ZERO, budget));
        heard.0 = heard.0.saturating_add(DEBIT_STEP);
        if heard.0 > heard.1 {
            self.broken("I2: more was decrypted under a lease than its budget");
        }
    }

    /// The person removes a clip.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn put_away(&mut self, release: ReleaseId, dies_after: DiesAfter) -> anyhow::Result<Lives> {
        let effects = self.machine.remove(release);
        self.perform(effects, dies_after)
    }

    /// The person wants a clip back that they had removed.
    ///
    /// # Errors
    /// When the platform fails, which is a violation.
    pub fn bring_back(&mut self, release: ReleaseId) -> anyhow::Result<Lives> {
        let effects = self.machine.bring_back(release);
        self.perform(effects, None)
    }

    /// May it play, as the app asks?
    pub fn access(&mut self, release: ReleaseId) -> Access {
        let access = self.machine.access(release, self.reading());
        let generation = self.machine.held(release).map(|held| held.lease.generation);
        match (access, generation) {
            (Access::Lapsed, Some(generation)) => {
                self.witness.lapsed.insert(release, generation);
            }
            (Access::Playable { .. }, Some(generation)) => {
                if self.witness.lapsed.get(&release).is_some_and(|lapsed| *lapsed >= generation) {
                    self.broken("I10: what had lapsed plays again without contact");
                }
                if self.witness.gone.get(&release).is_some_and(|gone| *gone >= generation) {
                    self.broken("I7: a clip plays whose receipt says that it is gone");
                }
            }
            _ => {}
        }
        access
    }

    /// The process dies and starts again; the monotonic clock with it.
    ///
    /// # Errors
    /// When the saved state does not read back, or the platform fails: a violation.
    pub fn restart(&mut self, dies_after: DiesAfter) -> anyhow::Result<Lives> {
        self.machine = Companion::restore(self.identity.clone(), &self.disk.saved)
            .context("the saved state does not read back")?;
        self.starts += 1;
        self.mono = Span::ZERO;
        self.out = Out::default();
        self.opening = None;
        let known: BTreeSet<_> = self.machine.releases().collect();
        if self.fault != Some(Fault::OrphansKept) {
            self.disk.keys.retain(|release, _| known.contains(release));
            self.disk.files.retain(|release| known.contains(release));
        }
        let effects = self.machine.resume();
        self.perform(effects, dies_after)
    }

    /// Everything that makes a difference later, as text: two phones of one text behave alike.
    #[must_use]
    pub fn print(&self) -> String {
        let Self { machine, wall, mono, disk, out, witness, opening, asked, nonces, receipts, .. } = self;
        format!(
            "{machine:?}{wall:?}{mono:?}{disk:?}{out:?}{witness:?}{opening:?}{asked:?}{nonces}.{receipts}"
        )
    }

    fn broken(&mut self, rule: &'static str) {
        self.witness.broken.get_or_insert(rule);
    }
}
