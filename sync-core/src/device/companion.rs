//! The companion: a client's device.
//!
//! ```text
//! ask ──► server ──► take_batch ──► OpenBatch ──► opened ──► Fetch ──► fetched ──► ReadBack ──► read_back ──► Sign(ready)
//! shelf, denial, time, the person ──► Erase ──► erased ──► Sign(wiped) ──► signed ──► SendReceipts ──► delivered
//! ```
//!
//! Erasing comes first, the receipt after it; the intent is saved before either, so that a device
//! that dies in between finishes at its next start. The shelf's word counts beside the lease, and
//! the stricter of the two wins: a lease that was under way while its release ended is not taken.

use std::collections::{BTreeMap, BTreeSet};

mod renewal;
mod wiping;

use self::{
    renewal::{Opening, Question},
    wiping::sign,
};
use super::{
    effect::Effect,
    holding::{Counted, Held, Phase, PlaysByDay, Tombstones},
};
use crate::{
    clock::{Clock, Now, Reading},
    documents::{PartOfDay, Shelf, ShelfState},
    id::{DeviceId, IncarnationId, PracticeId, ReleaseId},
    instant::{Instant, Span},
    lease::{PracticeKeys, ReceiptCause, RotationError, Signed, Step, VerifyingKey},
    policy::Access,
};

pub use self::{
    renewal::{MAX_HANDED_BACK, MAX_NAMED, MAX_RENEW_GAP, NEWS_A_MINUTE, NEWS_GAP, RENEW_GAP},
    wiping::MAX_RECEIPTS,
};

/// A clock that leaps this far ahead without contact locks what lapses by it instead of erasing it, for a day or until
/// contact.
const LEAP: Span = Span::from_days(2);
const LEAP_GRACE: Span = Span::from_hours(24);

/// Who a device is, since it was paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The device.
    pub device: DeviceId,
    /// The practice it is paired with.
    pub practice: PracticeId,
    /// Its public exchange key: 65 bytes, an uncompressed P-256 point.
    pub exchange_key: [u8; 65],
    /// The practice's key, pinned at pairing.
    pub authority: VerifyingKey,
    /// How many rotations had led to that key then.
    pub rotations: u64,
}

/// A companion.
#[derive(Debug, Clone)]
pub struct Companion {
    pub(super) identity: Identity,
    pub(super) keys: PracticeKeys,
    pub(super) clock: Clock,
    pub(super) held: BTreeMap<ReleaseId, Held>,
    pub(super) tombstones: Tombstones,
    /// What rests or has ended on the shelf that was read last.
    pub(super) resting: BTreeMap<ReleaseId, ShelfState>,
    /// What the person has removed from this device: it does not come back of itself.
    pub(super) removed: BTreeSet<ReleaseId>,
    /// Plays of today of releases that were wiped: a new lease does not begin the day anew.
    pub(super) played: BTreeMap<ReleaseId, PlaysByDay>,
    /// The denials behind the tombstones, to be given back to a server that was restored.
    pub(super) denials: BTreeMap<ReleaseId, Signed>,
    /// Whether the server has another life than the one that was heard before, and has not been given the denials.
    pub(super) hands_in: bool,
    pub(super) unpaired: bool,
    pub(super) incarnation: Option<IncarnationId>,
    pub(super) next_receipt: u64,
    /// Receipts that the server has not taken yet: unsigned bodies wait for the key store, signed ones for the network.
    pub(super) unsigned: BTreeMap<u64, Vec<u8>>,
    pub(super) unsent: BTreeMap<u64, Signed>,
    /// How often deliveries were halved in this run, because one was refused as too large.
    pub(super) deliveries_halved: u32,
    /// The step of the next question, as far as it is certainly on the disk.
    pub(super) step: Step,
    /// The step since the batch that was taken last, and the one that was written last.
    pub(super) stepped: Step,
    pub(super) writing: Step,
    /// Since when a suspicious leap of the clock keeps what lapsed by it from being erased.
    pub(super) leapt_at: Option<Instant>,
    /// What was asked, in this run.
    pub(super) question: Question,
    /// The batch that the key store is opening, in this run.
    pub(super) opening: Option<Opening>,
}

impl Companion {
    /// A device that was just paired.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self {
            keys: PracticeKeys::pinned(identity.authority, identity.rotations),
            identity,
            clock: Clock::default(),
            held: BTreeMap::new(),
            tombstones: BTreeMap::new(),
            resting: BTreeMap::new(),
            removed: BTreeSet::new(),
            played: BTreeMap::new(),
            denials: BTreeMap::new(),
            hands_in: false,
            unpaired: false,
            incarnation: None,
            next_receipt: 1,
            unsigned: BTreeMap::new(),
            unsent: BTreeMap::new(),
            deliveries_halved: 0,
            step: Step::FIRST,
            stepped: Step::FIRST,
            writing: Step::FIRST,
            leapt_at: None,
            question: Question::default(),
            opening: None,
        }
    }

    /// What [`Companion::save`] gave last is on the disk. Until then questions repeat the step from before: a device that
    /// forgot a step which the server has heard would be taken for a copy of itself.
    pub const fn saved(&mut self) {
        self.step = self.writing;
    }

    /// Takes up what an earlier run left half-done: to be called once at each start.
    ///
    /// Keys and ciphertext of a release that is not among [`Companion::releases`] were left by a run that died before it
    /// could save them: the platform erases them now.
    #[must_use]
    pub fn resume(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (release, held) in &self.held {
            match held.phase {
                Phase::Wiping { .. } => effects.push(Effect::Erase(*release)),
                Phase::Locked => effects.push(Effect::EraseKey(*release)),
                Phase::Fetching => effects.push(Effect::Fetch(*release)),
                Phase::Ready => {}
            }
        }
        effects.extend(self.unsigned.iter().map(|(n, body)| sign(*n, body)));
        if !self.receipts().is_empty() {
            effects.push(Effect::SendReceipts);
        }
        effects
    }

    /// The shelf was read anew: what has ended there is wiped at once, what rests there is locked.
    pub fn shelf_changed(&mut self, shelf: &Shelf) -> Vec<Effect> {
        let resting = shelf.0.iter().filter(|(_, item)| item.state != ShelfState::Live);
        let mut resting: BTreeMap<_, _> = resting.map(|(release, item)| (*release, item.state)).collect();
        // A shelf that was restored from a backup may not say any more what had ended, and an answer from before may
        // still be under way.
        let ended = self.resting.iter().filter(|(_, state)| **state == ShelfState::Ended);
        resting.extend(ended.map(|(release, state)| (*release, *state)));
        let mut effects = Vec::new();
        let before = std::mem::replace(&mut self.resting, resting);
        if before != self.resting {
            effects.push(Effect::Save);
        }
        // What has ended does not come back: that it was removed before says no more.
        self.removed.retain(|release| self.resting.get(release) != Some(&ShelfState::Ended));
        if let Some(opening) = &mut self.opening {
            let ended = self.resting.iter().filter(|(_, state)| **state == ShelfState::Ended);
            ended.for_each(|(release, _)| {
                opening.drop(*release);
            });
        }
        for (release, held) in &mut self.held {
            // The pause is over. The key has gone with it, and comes with the next lease: that is news, also where the shelf
            // says again what it said when it was asked for last.
            if before.get(release) == Some(&ShelfState::Paused) && !self.resting.contains_key(release) {
                held.paused = false;
                self.question.considered = None;
            }
        }
        let held: Vec<_> =
            self.held.iter().map(|(id, held)| (*id, held.lease.generation, held.paused)).collect();
        for (release, generation, paused) in held {
            match self.resting.get(&release) {
                Some(ShelfState::Ended) => effects.extend(self.wipe(release, ReceiptCause::Shelf)),
                Some(ShelfState::Paused) if !paused => effects.extend(self.pause(release, generation)),
                Some(ShelfState::Paused | ShelfState::Live) | None => {}
            }
        }
        effects
    }

    /// Time has passed: what has lapsed is wiped. What lapsed by a suspicious leap of the clock is locked, and wiped
    /// after a day.
    pub fn tick(&mut self, reading: Reading) -> Vec<Effect> {
        let Now::Trusted(now) = self.now(reading) else { return Vec::new() };
        let mut effects = Vec::new();
        if self.leapt_at.is_none_or(|at| now.since(at) >= LEAP_GRACE) {
            self.leapt_at = None;
            let lapsed = self.held.iter().filter(|(_, held)| now >= held.lease.valid_until);
            let lapsed: Vec<_> = lapsed.map(|(release, _)| *release).collect();
            effects.extend(lapsed.into_iter().flat_map(|release| self.wipe(release, ReceiptCause::Time)));
        }
        if effects.is_empty() && self.clock.wants_persisting() {
            effects.push(Effect::Save);
        }
        effects
    }

    /// The trusted instant. Every question of time in here goes this way, so that no leap is missed.
    pub(super) fn now(&mut self, reading: Reading) -> Now {
        let before = self.clock.floor();
        let now = self.clock.now(reading);
        if let (Some(before), Now::Trusted(now)) = (before, now)
            && now.since(before) > LEAP
        {
            self.leapt_at.get_or_insert(now);
        }
        now
    }

    /// The trusted instant: what a letter says of when it was written. None before the first contact.
    pub fn trusted(&mut self, reading: Reading) -> Option<Instant> {
        match self.now(reading) {
            Now::Trusted(now) => Some(now),
            Now::NeedsContact => None,
        }
    }

    /// How often a release may still be played on this local day; none where there is no limit.
    pub fn plays_left(&mut self, release: ReleaseId, reading: Reading) -> Option<u16> {
        let now = self.trusted(reading)?;
        let held = self.held.get(&release)?;
        let played = held.plays_today(now);
        Some(held.lease.daily_limit?.saturating_sub(played))
    }

    /// May this release play now?
    pub fn access(&mut self, release: ReleaseId, reading: Reading) -> Access {
        let now = self.now(reading);
        let rests = self.resting.get(&release);
        if self.unpaired || self.removed.contains(&release) || rests == Some(&ShelfState::Ended) {
            return Access::Ended;
        }
        match self.held.get(&release) {
            Some(held) => held.access(now, rests == Some(&ShelfState::Paused)),
            None if self.tombstones.contains_key(&release) => Access::Ended,
            None if rests == Some(&ShelfState::Paused) => Access::Held,
            None => Access::NeedsContact,
        }
    }

    /// Whether the server's signed word is kept that this release has ended.
    #[must_use]
    pub fn was_told_of_end(&self, release: ReleaseId) -> bool {
        self.denials.contains_key(&release)
    }

    /// Debits the budget for the next stretch of media time: to be called, and its effects carried out, before each
    /// [`DEBIT_STEP`](crate::lease::DEBIT_STEP) is decrypted.
    ///
    /// # Errors
    /// The [`Access`] that stands against it: then nothing more is decrypted. A stretch that is longer than what is left
    /// of the budget needs contact, though a shorter one may still be had.
    pub fn debit(
        &mut self,
        release: ReleaseId,
        stretch: Span,
        reading: Reading,
    ) -> Result<Vec<Effect>, Access> {
        match self.access(release, reading) {
            Access::Playable { .. } => self.spend(release, stretch),
            refused => Err(refused),
        }
    }

    /// Debits the budget for a play that has been counted: it may be the day's last, and is heard to its end.
    ///
    /// # Errors
    /// The [`Access`] that stands against it, as for [`Companion::debit`]; only that it is enough for today does not.
    pub fn debit_counted(
        &mut self,
        release: ReleaseId,
        stretch: Span,
        reading: Reading,
    ) -> Result<Vec<Effect>, Access> {
        match self.access(release, reading) {
            Access::Playable { .. } | Access::DoseReached { .. } => self.spend(release, stretch),
            refused => Err(refused),
        }
    }

    fn spend(&mut self, release: ReleaseId, stretch: Span) -> Result<Vec<Effect>, Access> {
        let Some(held) = self.held.get_mut(&release) else { return Err(Access::NeedsContact) };
        let spent = held.spent.saturating_add(stretch);
        if spent > held.lease.budget {
            return Err(Access::NeedsContact);
        }
        held.spent = spent;
        Ok(vec![Effect::Save])
    }

    /// A play has come as far as it counts from, or has ended or stopped before: to be called once for each play, as
    /// early as it counts, so that killing the app does not undo it. Gives what was counted, if it counted.
    pub fn played(
        &mut self,
        release: ReleaseId,
        heard: Span,
        duration: Span,
        to_the_end: bool,
        reading: Reading,
    ) -> (Vec<Effect>, Option<Counted>) {
        let Now::Trusted(now) = self.now(reading) else { return (Vec::new(), None) };
        let counted = self.held.get_mut(&release).and_then(|held| {
            let count = held.count(heard, duration, to_the_end, now)?;
            let day = held.day_of(now);
            Some(Counted { day, part: PartOfDay::of(now, day), count })
        });
        (counted.map(|_| Effect::Save).into_iter().collect(), counted)
    }

    /// The practice has said that other keys take the place of the one that is trusted: rotations, in their order. They
    /// are to be fetched when an answer is refused with [`BatchError::AnotherKey`](crate::lease::BatchError::AnotherKey).
    /// With a newer key the question that is out may still be answered, and leases are asked for anew.
    ///
    /// # Errors
    /// [`RotationError`]: nothing has changed.
    pub fn take_rotations(&mut self, chain: &[Signed]) -> Result<Vec<Effect>, RotationError> {
        if !self.keys.follow(self.identity.practice, chain)? {
            return Ok(Vec::new());
        }
        self.doubt_answer();
        Ok(vec![Effect::Save])
    }

    /// The practice's keys, as far as this device has followed them.
    #[must_use]
    pub const fn practice_keys(&self) -> &PracticeKeys {
        &self.keys
    }

    /// What this device holds of a release.
    #[must_use]
    pub fn held(&self, release: ReleaseId) -> Option<&Held> {
        self.held.get(&release)
    }

    /// Every release that this device holds something of.
    pub fn releases(&self) -> impl Iterator<Item = ReleaseId> + '_ {
        self.held.keys().copied()
    }

    /// Which life of the server was heard last. When it has changed, the platform throws its copy of the shelf away and
    /// fetches it anew: what the server has forgotten of it, a pause say, it can never take back in that copy.
    #[must_use]
    pub const fn incarnation(&self) -> Option<IncarnationId> {
        self.incarnation
    }

    /// The server's greeting named this storage id, which is its incarnation. Whether it is another than the one that was
    /// heard last: then leases are asked for at once, for the shelf of a server that was restored from a backup may never
    /// say what has ended since.
    pub fn greeted(&mut self, storage: &str) -> bool {
        let another = self.incarnation.is_some_and(|incarnation| incarnation.to_string() != storage);
        if another {
            self.ask_anew();
        }
        // Somebody is there again: what came to nothing before need not wait as long as it has learnt to.
        self.question.called |= self.question.unanswered > 0;
        another
    }

    /// Whether this device has heard that it is no longer paired.
    #[must_use]
    pub const fn is_unpaired(&self) -> bool {
        self.unpaired
    }
}
