//! How a companion asks for leases, and what it takes of the answer.

use std::{collections::BTreeSet, ops::Bound};

use super::{
    companion::{Companion, Identity},
    effect::{Effect, Invalid, Opened, ToOpen},
    holding::{Held, Phase},
};
use crate::{
    clock::{Now, Reading},
    documents::{Shelf, ShelfState},
    id::ReleaseId,
    instant::Span,
    lease::{Batch, Item, LeaseHeader, Signed},
};

/// A device asks for leases no more often than this, whatever has changed.
pub const RENEW_GAP: Span = Span::from_secs(60);
/// While asking brings nothing, it waits twice as long each time, up to this.
pub const MAX_RENEW_GAP: Span = Span::from_hours(1);

/// How many releases a question names in a list, at most.
pub const MAX_NAMED: usize = 400;
/// How many denials a question hands in, at most.
pub const MAX_HANDED_BACK: usize = 256;

/// What was asked and answered in this run of the process.
#[derive(Debug, Clone, Default)]
pub(super) struct Question {
    /// The question that is out: its nonce, and what the clocks said when it was asked.
    asked: Option<([u8; 32], Reading)>,
    /// When anything was asked last, and a byte of chance.
    last: Option<(Span, u8)>,
    /// How often asking has brought nothing since it last brought something.
    fruitless: u32,
    /// Of the denials that a server of another life is told: up to which release they were sent, and answered.
    handing: Option<ReleaseId>,
    handed: Option<ReleaseId>,
    /// The shelf when it was asked last, and when it was answered last.
    considered: Option<Shelf>,
    answered: Option<Shelf>,
}

/// A batch that the key store is opening.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    batch: Batch,
    /// What is still to be kept of it: an end that comes in between takes its release out.
    wanted: BTreeSet<ReleaseId>,
}

impl Question {
    /// How long to wait since the last question; a little longer by chance, so that devices do not ask in step.
    fn gap(&self, chance: u8) -> Span {
        let doubled = RENEW_GAP.as_millis() << self.fruitless.saturating_sub(1).min(6);
        let gap = doubled.min(MAX_RENEW_GAP.as_millis());
        Span::from_millis(gap + gap / 4 * u64::from(chance) / 255)
    }
}

impl Opening {
    /// Takes a release out if its lease is no newer than this.
    pub(super) fn drop_upto(&mut self, release: ReleaseId, upto: u64) {
        if self.header(release).is_some_and(|header| header.generation <= upto) {
            self.wanted.remove(&release);
        }
    }

    /// Takes a release out; says whether it was wanted.
    pub(super) fn drop(&mut self, release: ReleaseId) -> bool {
        self.wanted.remove(&release)
    }

    /// Takes everything out.
    pub(super) fn drop_all(&mut self) {
        self.wanted.clear();
    }

    fn header(&self, release: ReleaseId) -> Option<&LeaseHeader> {
        self.batch.items.iter().map(|item| &item.header).find(|header| header.release == release)
    }
}

impl Companion {
    /// Whether leases should be asked for now; if so, [`Companion::ask`] at once.
    ///
    /// They are at the start of a run, when the shelf has changed since the last answer or shows something that is not
    /// held, when half of a lease's time without contact or of its budget is gone, and when time cannot be trusted. Not
    /// twice within a minute; while asking brings nothing, less and less often.
    #[must_use]
    pub fn wants_leases(&mut self, shelf: &Shelf, reading: Reading) -> bool {
        if self.unpaired {
            return false;
        }
        let news = self.question.considered.as_ref() != Some(shelf);
        let recently = self.question.last.is_some_and(|(at, chance)| {
            let gap = if news { RENEW_GAP } else { self.question.gap(chance) };
            reading.mono.saturating_sub(at) < gap
        });
        let due = !recently && (news || self.is_due(shelf, reading));
        if due {
            self.question.considered = Some(shelf.clone());
        }
        due
    }

    fn is_due(&mut self, shelf: &Shelf, reading: Reading) -> bool {
        let Now::Trusted(now) = self.now(reading) else { return true };
        if self.hands_in || self.question.answered.as_ref() != Some(shelf) {
            return true;
        }
        let missing = shelf.0.iter().any(|(release, item)| {
            let ended = self.resting.get(release) == Some(&ShelfState::Ended);
            let live = item.state == ShelfState::Live && now < item.ends_at && !ended;
            live && match self.held.get(release) {
                Some(held) => held.paused,
                None => !self.tombstones.contains_key(release) && !self.removed.contains(release),
            }
        });
        missing || self.held.values().any(|held| held.is_half_spent(now))
    }

    /// Forgets that it was answered: the next question is due.
    pub(super) fn ask_anew(&mut self) {
        self.question.answered = None;
    }

    /// Asks. `nonce` must be fresh and random.
    pub fn ask(&mut self, nonce: [u8; 32], reading: Reading) -> Vec<Effect> {
        self.question.asked = Some((nonce, reading));
        self.question.last = Some((reading.mono, nonce[0]));
        self.question.fruitless = self.question.fruitless.saturating_add(1);
        let holding = self.held.iter().map(|(release, held)| (*release, held.lease.generation));
        let holding = holding.take(MAX_NAMED).collect();
        let denials = if self.hands_in { self.some_denials() } else { Vec::new() };
        let removed = self.removed.iter().copied().take(MAX_NAMED).collect();
        vec![Effect::Ask { nonce, holding, removed, denials }]
    }

    /// The next denials to be handed in: a device that was denied more than one question may tell asks several times.
    fn some_denials(&mut self) -> Vec<Signed> {
        let after = self.question.handed.map_or(Bound::Unbounded, Bound::Excluded);
        let some: Vec<_> = self.denials.range((after, Bound::Unbounded)).take(MAX_HANDED_BACK).collect();
        self.question.handing = some.last().map(|(release, _)| **release);
        some.into_iter().map(|(_, denial)| denial.clone()).collect()
    }

    /// An answer has come: whether the server's life is another than before, or has not been told of every denial yet.
    /// Then what it offers of a release that was buried may be what it has forgotten to end.
    fn may_have_forgotten(&mut self, another_life: bool) -> bool {
        let question = &mut self.question;
        if another_life {
            (question.handed, self.hands_in) = (None, !self.denials.is_empty());
            return true;
        }
        question.handed = question.handing.take().max(question.handed);
        let told = self.denials.last_key_value().is_none_or(|(last, _)| question.handed >= Some(*last));
        if self.hands_in && told {
            (question.handed, self.hands_in) = (None, false);
        }
        self.hands_in
    }

    /// Takes the server's answer. Anything unsigned is merely no contact.
    ///
    /// # Errors
    /// [`Invalid`]: nothing changed, and the clock was not set.
    pub fn take_batch(&mut self, signed: &Signed, reading: Reading) -> Result<Vec<Effect>, Invalid> {
        let (nonce, asked) = self.question.asked.ok_or(Invalid::NotAsked)?;
        let Identity { device, practice, exchange_key, .. } = &self.identity;
        let batch = Batch::read(signed, self.keys.newest(), *practice, *device, exchange_key, &nonce)?;
        // The monotonic clock of many a browser stands still while the device sleeps: an answer that waited for hours would
        // seem fresh, and trusted time would go back by as long.
        let round_trip = reading.mono.saturating_sub(asked.mono).max(reading.wall.since(asked.wall));
        let in_time = self.clock.contact(batch.issued_at, round_trip, reading);
        let mut effects = vec![Effect::Save];
        // Denials are signed each on its own, and hold however long they were under way.
        for denial in &batch.denials {
            effects.extend(self.take_denial(denial));
        }
        let denied = effects.len() > 1;
        if in_time.is_err() {
            return if denied { Ok(effects) } else { Err(Invalid::TooSlow) };
        }
        self.question.asked = None;
        self.question.answered = self.question.considered.clone();
        self.leapt_at = None;
        let another_life = self.incarnation.is_some_and(|before| before != batch.incarnation);
        self.incarnation = Some(batch.incarnation);
        let forgetful = self.may_have_forgotten(another_life);
        let items: Vec<_> =
            (0..).zip(&batch.items).map(|(i, item)| self.to_open(&batch, i, item, forgetful)).collect();
        let wanted: BTreeSet<_> = items.iter().filter(|item| item.wanted).map(|item| item.release).collect();
        if denied || !wanted.is_empty() {
            self.question.fruitless = 0;
        }
        if !wanted.is_empty() {
            effects.push(Effect::OpenBatch { enc: batch.enc.clone(), info: batch.info.clone(), items });
            self.opening = Some(Opening { batch, wanted });
        }
        Ok(effects)
    }

    fn to_open(&self, batch: &Batch, i: u32, item: &Item, forgetful: bool) -> ToOpen {
        let LeaseHeader { release, generation, .. } = item.header;
        let held = self.held.get(&release);
        let newest = held.map_or(0, |held| held.lease.generation);
        let wiping = held.is_some_and(|held| matches!(held.phase, Phase::Wiping { .. }));
        let buried = self.tombstones.get(&release);
        // A server that was restored may not know yet what it ended: it is told first.
        let is_newer = generation > newest && buried.is_none_or(|upto| generation > *upto && !forgetful);
        let ended = self.resting.get(&release) == Some(&ShelfState::Ended);
        let wanted = is_newer && !wiping && !ended && !self.unpaired && !self.removed.contains(&release);
        ToOpen { release, aad: batch.aad(i, item), ciphertext: item.ciphertext.clone(), wanted }
    }

    /// Takes what the key store opened and keeps. What has ended while it was being opened is erased again.
    pub fn opened(&mut self, opened: &[Opened]) -> Vec<Effect> {
        let Some(opening) = self.opening.take() else { return Vec::new() };
        let mut effects = vec![Effect::Save];
        for Opened { release, media } in opened {
            let Some(lease) = opening.header(*release).filter(|_| opening.wanted.contains(release)) else {
                // The key store has written its key by now, whatever was erased in between.
                match self.held.get(release).map(|held| &held.phase) {
                    None | Some(Phase::Wiping { .. }) => effects.push(Effect::Erase(*release)),
                    Some(Phase::Locked) => effects.push(Effect::EraseKey(*release)),
                    Some(Phase::Fetching | Phase::Ready) => {}
                }
                continue;
            };
            let generation = lease.generation;
            match self.held.get_mut(release) {
                Some(held) => held.renew(lease.clone(), media.clone()),
                None => {
                    let plays = self.played.remove(release).unwrap_or_default();
                    self.held.insert(*release, Held::new(lease.clone(), media.clone(), plays));
                }
            }
            if self.resting.get(release) == Some(&ShelfState::Paused) {
                effects.extend(self.pause(*release, generation));
            } else if self.held.get(release).is_some_and(|held| held.phase == Phase::Fetching) {
                effects.push(Effect::Fetch(*release));
            }
        }
        effects
    }
}
