//! The mail between phones and server: lost, doubled and late.

use std::collections::BTreeSet;

use rand::{RngExt, rngs::StdRng};
use sync_core::{
    id::ReleaseId,
    instant::{Instant, Span},
    lease::Signed,
};

use super::Case;
use crate::{
    phone::{DiesAfter, Question},
    simulation::talk::{Talk, Wire},
};

/// Something under way.
pub(super) struct Mail {
    due: Instant,
    phone: usize,
    what: Letter,
}

#[derive(Clone)]
pub(super) enum Letter {
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
            // The server opens no connection to a device that was removed.
            let row = self.clinic.db.devices.get(&handset.phone.device);
            let is_paired = row.is_some_and(|row| row.removed_at.is_none());
            let talk = if is_paired { handset.sync(&mut self.binder, wire, rng)? } else { Talk::Broken };
            if talk == Talk::Done && self.binder.is_shelf_in(handset.documents(rng)?) {
                // A shelf that was restored from before a release says nothing of it: its end is told with the
                // next answer, by the denial of what is held.
                let is_shown = |id: &ReleaseId| self.clinic.db.shelf.0.contains_key(id);
                let tells = |id: &ReleaseId| self.clinic.lives == 1 || is_shown(id);
                let revoked = self.truth.releases().filter(|id| self.truth.is_revoked_here(*id) && tells(id));
                handset.told_ended.extend(revoked.collect::<Vec<_>>());
            }
            let shelf = handset.documents(rng)?.shelf();
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
            if let Some(mut question) = handset.phone.out.question.take() {
                // Signed over a challenge that the server has made a moment ago.
                question.signed_after = Some(now);
                self.post(n, Letter::Question(question), now, post, rng);
            }
            let receipts = self.phones[n].phone.machine.receipts();
            if !receipts.is_empty() {
                self.post(n, Letter::Receipts(receipts), now, post, rng);
            }
        }
        self.check(n, now)
    }

    pub(super) fn post(&mut self, phone: usize, what: Letter, now: Instant, post: Post, rng: &mut StdRng) {
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
        let answer = self.clinic.answer(device, question, self.sealing, now)?;
        self.changed(now)?;
        let Some(answer) = answer else { return Ok(()) };
        self.truth.answered(&self.clinic, question, &answer.decided, now);
        let ended = self.truth.releases().filter(|id| self.truth.is_over(*id)).collect();
        let denied =
            self.truth.releases().filter(|id| self.truth.denies(*id, device, now).is_some()).collect();
        self.post(phone, Letter::Answer { batch: answer.batch, ended, denied }, now, post, rng);
        Ok(())
    }
}
