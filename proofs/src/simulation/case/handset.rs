//! A client's device in a case.

use std::collections::BTreeSet;

use rand::{RngExt, rngs::StdRng};
use sync_core::{
    device::Documents,
    documents::{Letter, PlayKey, Plays},
    id::{EntryId, IncarnationId, ReleaseId},
    instant::{Instant, Span},
    lease::Signed,
};

use crate::{
    phone::{DiesAfter, Phone},
    simulation::{
        binder::{JOURNAL, SHELF, fresh_actor},
        talk::{Talk, Wire},
    },
};

use super::Binder;

/// Everybody here lives by UTC.
const DAY: i64 = 86_400_000;

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
    documents: Documents,
    /// The documents as they are on its disk.
    kept: Vec<u8>,
    /// The start of the process that holds `documents`, and whether its actor was drawn from the seed.
    start: u32,
    has_actor: bool,
    /// What the person has written and played; no rule of the product reads it.
    pub(super) letters: BTreeSet<EntryId>,
    pub(super) plays: Plays,
    pub(super) heard_life: Option<IncarnationId>,
    pub(super) told_ended: BTreeSet<ReleaseId>,
    pub(super) told_denied: BTreeSet<ReleaseId>,
    pub(super) wiped: BTreeSet<ReleaseId>,
}

impl Handset {
    pub(super) fn new(phone: Phone) -> Self {
        let documents = Documents::new(SHELF, JOURNAL);
        Self {
            start: phone.starts,
            phone,
            online: true,
            off_until: None,
            honest: true,
            kept: documents.save(),
            documents,
            has_actor: false,
            letters: BTreeSet::new(),
            plays: Plays::new(),
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

    pub(super) fn take(
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
            self.documents.forget_shelf();
            self.kept = self.documents.save();
        }
        self.heard_life = life;
        Ok(())
    }

    /// Its documents: after a death, those that were on its disk.
    ///
    /// # Errors
    /// When they do not read back, which is a violation.
    pub fn documents(&mut self, rng: &mut StdRng) -> anyhow::Result<&mut Documents> {
        if self.start != self.phone.starts {
            self.start = self.phone.starts;
            self.documents = Documents::restore(&self.kept)?;
            self.has_actor = false;
        }
        if !self.has_actor {
            self.documents.write_as(fresh_actor(rng));
            self.has_actor = true;
        }
        Ok(&mut self.documents)
    }

    /// Reads the shelf, and sends what was written.
    ///
    /// # Errors
    /// A violation.
    pub(super) fn sync(&mut self, binder: &mut Binder, wire: Wire, rng: &mut StdRng) -> anyhow::Result<Talk> {
        let device = self.phone.device;
        let talk = binder.sync_phone(self.documents(rng)?, device, wire, rng)?;
        // The journal may have been thrown away: it is begun anew by another actor.
        self.has_actor &= !matches!(talk, Talk::Refused(_));
        self.kept = self.documents.save();
        Ok(talk)
    }

    /// Writes that a release does not help.
    ///
    /// # Errors
    /// A violation.
    pub fn write(&mut self, release: ReleaseId, now: Instant, rng: &mut StdRng) -> anyhow::Result<()> {
        let id = EntryId::from_bytes(rng.random());
        self.documents(rng)?.write(id, &Letter::Return { release, at: now });
        self.kept = self.documents.save();
        self.letters.insert(id);
        Ok(())
    }

    /// Counts a play of today.
    ///
    /// # Errors
    /// A violation.
    pub fn count(&mut self, release: ReleaseId, now: Instant, rng: &mut StdRng) -> anyhow::Result<()> {
        let day = Instant::from_millis(now.as_millis().div_euclid(DAY) * DAY);
        let key = PlayKey { device: self.phone.device, release, day, part: None };
        self.documents(rng)?.count(key);
        self.kept = self.documents.save();
        *self.plays.entry(key).or_default() += 1;
        Ok(())
    }

    /// Whether something was wiped here.
    #[must_use]
    pub fn has_wiped(&self) -> bool {
        !self.wiped.is_empty()
    }
}
