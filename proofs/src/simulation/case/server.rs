//! The events of the server in a case: decisions of people, deaths, restores.

use anyhow::bail;
use rand::{RngExt, rngs::StdRng};
use sync_core::{
    documents::{append, entries_object},
    instant::Instant,
    orders::RevokeOn,
};

use super::Case;
use crate::{
    cast,
    clinic::{Clinic, ConsentEvent, Restriction},
    simulation::talk::Wire,
};

impl Case {
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

    /// A clip or its recording is taken back for another client, who was in the same session. Settled later.
    ///
    /// # Errors
    /// A violation.
    pub fn take_back_elsewhere(&mut self, clip: u16, whole: bool, now: Instant) -> anyhow::Result<()> {
        let on = if whole {
            RevokeOn::Recording(cast::recording(self.practice, clip / 2))
        } else {
            RevokeOn::Clip(cast::clip(self.practice, clip))
        };
        self.entries += 1;
        self.clinic.take_back_elsewhere(cast::entry(self.practice, self.entries), on);
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
        let (before, binder) = (self.clinic.clone(), self.binder.clone());
        let wire = Wire { breaks_after: rng.random_range(1..8), bends: 0 };
        let mut copy = self.desks[desk].orders.clone();
        if entries_object(&copy).is_some() {
            for new in self.desks[desk].console.to_append(&copy) {
                append(&mut copy, &[new])?;
            }
        }
        let device = self.desks[desk].device;
        self.binder.sync_orders(&mut copy, device, &mut self.clinic, now, wire, rng)?;
        self.desks[desk].orders = copy;
        // The ledger is on disk, and the transaction is not.
        let ledger = std::mem::take(&mut self.clinic.ledger);
        self.clinic = Clinic { ledger, ..before };
        self.binder = binder;
        self.binder.run_anew(rng);
        self.clinic.restart(now);
        self.changed(now)
    }

    /// A backup is made.
    pub fn back_up(&mut self) {
        self.backup = Some((self.clinic.db.clone(), self.binder.clone()));
    }

    /// The server goes back to its backup; without its ledger, it waits for a therapist, who enters again what was taken
    /// away, and until when people had consented.
    ///
    /// # Errors
    /// A violation.
    pub fn restore(&mut self, ledger_lost: bool, now: Instant, rng: &mut StdRng) -> anyhow::Result<bool> {
        let Some((db, binder)) = self.backup.clone() else { return Ok(false) };
        self.binder = binder;
        self.binder.run_anew(rng);
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
        for (id, (on, _)) in self.truth.elsewhere.clone() {
            self.clinic.take_back_elsewhere(id, on);
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
}
