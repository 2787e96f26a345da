//! How a companion asks for leases, and which leases of the answer it takes.

use std::{
    collections::{BTreeSet, VecDeque},
    ops::Bound,
};

use super::{Companion, Identity};
use crate::device::{
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

/// A device asks for leases no more often than this where nothing is new.
pub const RENEW_GAP: Span = Span::from_secs(60);
/// While asking brings nothing, it waits twice as long each time, up to this.
pub const MAX_RENEW_GAP: Span = Span::from_hours(1);
/// News waits this long after the last question, so that what comes together is asked for together.
pub const NEWS_GAP: Span = Span::from_secs(1);
/// How many questions in a minute a shelf that changes again and again leads to.
pub const NEWS_A_MINUTE: usize = 6;
const MINUTE: Span = Span::from_secs(60);

/// How many releases a question names in a list, at most.
pub const MAX_NAMED: usize = 400;
/// How many denials a question hands in, at most.
pub const MAX_HANDED_BACK: usize = 256;

/// What was asked and answered in this run of the process.
#[derive(Debug, Clone, Default)]
pub(in crate::device) struct Question {
    /// The question that is out: its nonce, and what the clocks said when it was asked.
    asked: Option<([u8; 32], Reading)>,
    /// When anything was asked, the newest last, as far back as [`NEWS_A_MINUTE`] looks; and a byte of chance.
    lately: VecDeque<Span>,
    chance: u8,
    /// Somebody has called since: a push, say.
    pub(in crate::device) called: bool,
    /// How many questions in a row came to nothing.
    pub(in crate::device) unanswered: u32,
    /// How often what a question says was halved, because it was refused as too large.
    halved: u32,
    /// How often asking has brought nothing since it last brought something.
    fruitless: u32,
    /// Of the denials that a server of another life is told: up to which release they were sent, and answered.
    handing: Option<ReleaseId>,
    handed: Option<ReleaseId>,
    /// The shelf when it was asked last, and when it was answered last.
    pub(in crate::device) considered: Option<Shelf>,
    answered: Option<Shelf>,
}

/// A batch that the key store is opening.
#[derive(Debug, Clone)]
pub(in crate::device) struct Opening {
    batch: Batch,
    /// What is still to be kept of it: an end that comes in between takes its release out.
    wanted: BTreeSet<ReleaseId>,
}

impl Question {
    /// How long to wait since the last question; a little longer by chance, so that devices do not ask in step.
    fn gap(&self, first: Span, times: u32) -> Span {
        let doubled = first.as_millis() << times.saturating_sub(1).min(12);
        let gap = doubled.min(MAX_RENEW_GAP.as_millis());
        Span::from_millis(gap + gap / 4 * u64::from(self.chance) / 255)
    }

    /// How long news waits still; none where there is none.
    fn news_in(&self, shelf: &Shelf, mono: Span) -> Option<Span> {
        let left = |gap: Span, since: Option<&Span>| {
            since.map_or(Span::ZERO, |at| gap.saturating_sub(mono.saturating_sub(*at)))
        };
        let last = self.lately.back();
        // A push may bring an end: it waits for no minute.
        if self.called {
            return Some(left(NEWS_GAP, last));
        }
        if self.considered.as_ref() != Some(shelf) {
            let oldest = self.lately.front().filter(|_| self.lately.len() == NEWS_A_MINUTE);
            return Some(left(NEWS_GAP, last).max(left(MINUTE, oldest)));
        }
        // What was asked for is still news.
        (self.unanswered > 0).then(|| left(self.gap(NEWS_GAP, self.unanswered), last))
    }

    fn is_recent(&self, mono: Span) -> bool {
        let gap = self.gap(RENEW_GAP, self.fruitless);
        self.lately.back().is_some_and(|last| mono.saturating_sub(*last) < gap)
    }

    /// How many of these the next question says, where it may say so many.
    fn fits(&self, most: usize) -> usize {
        (most >> self.halved.min(usize::BITS - 1)).max(1)
    }
}

impl Opening {
    /// Takes a release out if its lease is no newer than this.
    pub(in crate::device) fn drop_upto(&mut self, release: ReleaseId, upto: u64) {
        if self.header(release).is_some_and(|header| header.generation <= upto) {
            self.wanted.remove(&release);
        }
    }

    /// Takes a release out; says whether it was wanted.
    pub(in crate::device) fn drop(&mut self, release: ReleaseId) -> bool {
        self.wanted.remove(&release)
    }

    /// Takes everything out.
    pub(in crate::device) fn drop_all(&mut self) {
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
    /// held, when half of a lease's time without contact or of its budget is gone, when time cannot be trusted, and when
    /// somebody calls. What is new waits for a second after the last question, and a shelf leads to no more than six
    /// questions in a minute. Everything else waits for a minute; while asking brings nothing, longer and longer.
    #[must_use]
    pub fn wants_leases(&mut self, shelf: &Shelf, reading: Reading) -> bool {
        if self.unpaired {
            return false;
        }
        let due = match self.question.news_in(shelf, reading.mono) {
            Some(wait) => wait == Span::ZERO,
            None => !self.question.is_recent(reading.mono) && self.is_due(shelf, reading),
        };
        if due {
            self.question.considered = Some(shelf.clone());
        }
        due
    }

    /// In how long to look again, where something is new and its question has to wait: nothing else may happen by which
    /// the platform would.
    #[must_use]
    pub fn news_in(&self, shelf: &Shelf, reading: Reading) -> Option<Span> {
        self.question.news_in(shelf, reading.mono).filter(|_| !self.unpaired)
    }

    /// Somebody calls: a push has come, or a therapist has said yes to this device. What the question that is out does not
    /// know of is asked for after it.
    pub fn call(&mut self) {
        self.question.called = true;
    }

    /// The question that was out came to nothing: no network, or an answer that was none. It is asked again after a second,
    /// and twice as long each time.
    pub fn no_answer(&mut self) {
        self.question.asked = None;
        self.question.unanswered = self.question.unanswered.saturating_add(1);
    }

    /// The question was refused as too large, by an older server or what stands before it: the next ones say half as much,
    /// from a second later on, and what there is to say is said by and by.
    pub fn shorten_question(&mut self) {
        if self.question.fits(MAX_NAMED) == 1 {
            return self.no_answer();
        }
        self.question.asked = None;
        (self.question.halved, self.question.called) = (self.question.halved + 1, true);
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
                Some(held) => held.phase == Phase::Locked,
                None => !self.tombstones.contains_key(release) && !self.removed.contains(release),
            }
        });
        missing || self.held.values().any(|held| held.is_half_spent(now))
    }

    /// Forgets that it was answered: the next question is due, as soon as news is.
    pub(in crate::device) fn ask_anew(&mut self) {
        self.question.answered = None;
        self.question.called = true;
    }

    /// The answer that is here may be taken after all, under another key. Should it not be, the next question is due.
    pub(in crate::device) fn doubt_answer(&mut self) {
        self.question.answered = None;
    }

    /// Asks. `nonce` must be fresh and random.
    pub fn ask(&mut self, nonce: [u8; 32], reading: Reading) -> Vec<Effect> {
        let question = &mut self.question;
        question.asked = Some((nonce, reading));
        question.lately.retain(|at| reading.mono.saturating_sub(*at) < MINUTE);
        if question.lately.len() == NEWS_A_MINUTE {
            question.lately.pop_front();
        }
        question.lately.push_back(reading.mono);
        (question.chance, question.called) = (nonce[0], false);
        question.fruitless = question.fruitless.saturating_add(1);
        let named = question.fits(MAX_NAMED);
        let holding = self.held.iter().map(|(release, held)| (*release, held.lease.generation));
        let holding = holding.take(named).collect();
        let denials = if self.hands_in { self.some_denials() } else { Vec::new() };
        let removed = self.removed.iter().copied().take(named).collect();
        vec![Effect::Ask { nonce, step: self.step, holding, removed, denials }]
    }

    /// The next denials to be handed in: a device that was denied more than one question may tell asks several times.
    fn some_denials(&mut self) -> Vec<Signed> {
        let after = self.question.handed.map_or(Bound::Unbounded, Bound::Excluded);
        let most = self.question.fits(MAX_HANDED_BACK);
        let some: Vec<_> = self.denials.range((after, Bound::Unbounded)).take(most).collect();
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
        (self.question.asked, self.question.unanswered) = (None, 0);
        self.question.answered = self.question.considered.clone();
        self.stepped = self.step.taking(signed);
        self.leapt_at = None;
        let another_life = self.incarnation.is_some_and(|before| before != batch.incarnation);
        self.incarnation = Some(batch.incarnation);
        let forgetful = self.may_have_forgotten(another_life);
        // Until it is told everything, some of what it offers is not taken.
        self.question.called |= self.hands_in;
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
