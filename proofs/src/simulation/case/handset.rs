//! A client's device in a case.

use std::collections::BTreeSet;

use sync_core::{
    documents::Document,
    id::{IncarnationId, ReleaseId},
    instant::{Instant, Span},
    lease::Signed,
};

use crate::phone::{DiesAfter, Phone};

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
    pub(super) shelf: Document,
    pub(super) heard_life: Option<IncarnationId>,
    pub(super) told_ended: BTreeSet<ReleaseId>,
    pub(super) told_denied: BTreeSet<ReleaseId>,
    pub(super) wiped: BTreeSet<ReleaseId>,
}

impl Handset {
    pub(super) fn new(phone: Phone) -> Self {
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
