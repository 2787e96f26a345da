//! A companion's knowledge of one release.

use std::collections::BTreeMap;

use crate::{
    clock::Now,
    documents::PartOfDay,
    id::ReleaseId,
    instant::{Instant, Span},
    lease::{LeaseHeader, ReceiptCause},
    media::MediaRecord,
    policy::{Access, Holding, access},
};

/// How far a clip is on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Key and words are held, the ciphertext is being fetched.
    Fetching,
    /// Ciphertext is here and a read-back has shown that it plays.
    Ready,
    /// The key is erased and the ciphertext kept, until contact.
    Locked,
    /// Erasing has been decided and may be half-done: it is finished at the next start.
    Wiping {
        /// Why.
        cause: ReceiptCause,
    },
}

/// One clip that this device holds a lease for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The newest lease.
    pub lease: LeaseHeader,
    /// What the ciphertext must be.
    pub media: MediaRecord,
    /// How far it is.
    pub phase: Phase,
    /// Media time decrypted under this lease.
    pub spent: Span,
    /// Plays counted by the start of their local day.
    pub plays: PlaysByDay,
    /// Whether a pause has been seen since this lease.
    pub paused: bool,
    /// How often the ciphertext could not be read back in this run.
    pub(super) failures: u8,
}

/// Plays of one release, by the start of their local day.
pub type PlaysByDay = BTreeMap<Instant, u16>;

/// A play that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// When its local day began.
    pub day: Instant,
    /// The part of that day, where the lease knows the day.
    pub part: Option<PartOfDay>,
    /// How many plays this device has counted on that day.
    pub count: u16,
}

/// A play counts from this much media time on.
const COUNTS_FROM: Span = Span::from_secs(30);

impl Held {
    pub(super) fn new(lease: LeaseHeader, media: MediaRecord, mut plays: PlaysByDay) -> Self {
        carry_over(&mut plays, &lease.days);
        Self { lease, media, phase: Phase::Fetching, spent: Span::ZERO, plays, paused: false, failures: 0 }
    }

    /// Takes a newer lease of the same release: its budget is fresh, its plays of the day are not.
    pub(super) fn renew(&mut self, lease: LeaseHeader, media: MediaRecord) {
        // A locked clip may never have been fetched whole, and its key was erased: it is read back first.
        self.phase = match self.phase {
            Phase::Ready if self.media == media => Phase::Ready,
            _ => Phase::Fetching,
        };
        carry_over(&mut self.plays, &lease.days);
        self.failures = 0;
        (self.lease, self.media) = (lease, media);
        self.spent = Span::ZERO;
        self.paused = false;
    }

    /// May it play now?
    pub(super) fn access(&self, now: Now, rests: bool) -> Access {
        if self.phase != Phase::Ready {
            return match self.phase {
                Phase::Wiping { .. } => Access::Ended,
                _ if self.paused || rests => Access::Held,
                _ => Access::NeedsContact,
            };
        }
        let plays_today = match now {
            Now::Trusted(now) => self.plays_today(now),
            Now::NeedsContact => 0,
        };
        let holding = Holding {
            lease: &self.lease,
            spent: self.spent,
            plays_today,
            ended: false,
            held: self.paused || rests,
        };
        access(&holding, now)
    }

    /// Whether half of the time without contact, or of the budget, is gone.
    pub(super) fn is_half_spent(&self, now: Instant) -> bool {
        let left = self.lease.valid_until.since(now).as_millis();
        let more_to_come = self.lease.valid_until < self.lease.ends_at;
        let spent = self.spent.as_millis() >= self.lease.budget.as_millis() / 2;
        spent || (more_to_come && left < self.lease.offline_for.as_millis() / 2)
    }

    /// The local day that an instant falls on, as far as the lease knows days.
    pub(super) fn day_of(&self, now: Instant) -> Instant {
        self.lease.days.iter().copied().rev().find(|day| *day <= now).unwrap_or(Instant::from_millis(0))
    }

    /// How many plays were counted on the local day that an instant falls on.
    pub(super) fn plays_today(&self, now: Instant) -> u16 {
        self.plays.get(&self.day_of(now)).copied().unwrap_or(0)
    }

    /// Counts a play, if enough was heard: half a minute, a quarter of the clip, or its end.
    pub(super) fn count(
        &mut self,
        heard: Span,
        duration: Span,
        to_the_end: bool,
        now: Instant,
    ) -> Option<u16> {
        let enough =
            heard >= COUNTS_FROM || heard.as_millis().saturating_mul(4) >= duration.as_millis() || to_the_end;
        if !enough {
            return None;
        }
        let plays = self.plays.entry(self.day_of(now)).or_insert(0);
        *plays = plays.saturating_add(1);
        Some(*plays)
    }
}

/// Takes plays over to the days of a newer lease. Its first day is the one in which it was issued. A journey begins days at
/// other instants: then the plays of each earlier day that reaches into the first one go over to it, since otherwise a limit
/// could be had anew by telling of another zone.
fn carry_over(plays: &mut PlaysByDay, days: &[Instant]) {
    let Some(first) = days.first() else { return };
    // The shortest day has 23 hours: yesterday does not reach into today.
    let reaches = |day: &Instant| !days.contains(day) && *day + Span::from_hours(23) > *first;
    let carried = plays.iter().filter(|(day, _)| reaches(day));
    let carried = carried.fold(0_u16, |all, (_, plays)| all.saturating_add(*plays));
    plays.retain(|day, _| days.contains(day));
    if carried > 0 {
        let today = plays.entry(*first).or_insert(0);
        *today = today.saturating_add(carried);
    }
}

/// Keeps the newest lease that was ended for each release, so that an older one is never taken again.
pub(super) type Tombstones = BTreeMap<ReleaseId, u64>;
