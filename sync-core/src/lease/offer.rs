//! The lease that a device is offered for a release that the gate allows.

use std::collections::BTreeSet;

use super::LeaseHeader;
use crate::{
    id::{ClipId, DeviceId, ReleaseId},
    instant::{Instant, Span},
    policy::Grant,
    terms::Terms,
};

/// The longest that a lease lasts, whatever the terms say: a device reads no more local days than fit in its header, and
/// a lease that it cannot read would keep it from reading the denials beside it.
pub const LONGEST: Span = Span::from_days(31);
/// Budget is debited in steps of this much media time, before it is decrypted. So each play may cost up to one step more
/// than it lasts.
pub const DEBIT_STEP: Span = Span::from_secs(60);
/// Plays a day that the budget allows for where no daily limit is set: generous, and still an end.
pub const GENEROUS_PLAYS: u16 = *Terms::PLAYS_A_DAY.end();

/// One release that the gate allows, for one device, at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The only device it is for.
    pub device: DeviceId,
    /// The release.
    pub release: ReleaseId,
    /// The clip whose key the lease carries.
    pub clip: ClipId,
    /// The release's terms.
    pub terms: &'a Terms,
    /// What the gate has said.
    pub grant: Grant,
    /// Of the lease, by [`next_generation`](super::next_generation).
    pub generation: u64,
    /// How long the clip plays.
    pub duration: Span,
    /// Plays a day where the terms set no limit: [`GENEROUS_PLAYS`], or fewer in a small world.
    pub generous_plays: u16,
    /// The instant of the offer.
    pub now: Instant,
}

impl Offer<'_> {
    /// The first instant of denial of the lease.
    #[must_use]
    pub fn valid_until(&self) -> Instant {
        self.grant.valid_until.min(self.now + LONGEST)
    }

    /// The open part of the lease. `days` says when each local day begins that the lease touches, `quiet` when it rests,
    /// both as instants, sorted and apart.
    ///
    /// None where no device could read it: that would make its whole batch unreadable, the denials in it included.
    #[must_use]
    pub fn header(&self, days: Vec<Instant>, quiet: Vec<(Instant, Instant)>) -> Option<LeaseHeader> {
        let header = LeaseHeader {
            release: self.release,
            clip: self.clip,
            device: self.device,
            generation: self.generation,
            not_before: self.grant.not_before,
            valid_until: self.valid_until(),
            ends_at: self.grant.ends_at,
            offline_for: self.terms.offline_for,
            daily_limit: self.terms.daily_limit,
            budget: self.budget(days.len()),
            days,
            quiet,
        };
        LeaseHeader::decode(&header.encode()).is_ok_and(|read| read == header).then_some(header)
    }

    /// Media time under the lease: what the daily limit allows on each of its days, or a generous default.
    fn budget(&self, days: usize) -> Span {
        let plays_a_day = u64::from(self.terms.daily_limit.unwrap_or(self.generous_plays));
        let steps = self.duration.as_millis().div_ceil(DEBIT_STEP.as_millis()).max(1);
        let days = u64::try_from(days).unwrap_or(u64::MAX).max(1);
        let play = steps.saturating_mul(DEBIT_STEP.as_millis());
        Span::from_millis(play.saturating_mul(plays_a_day).saturating_mul(days))
    }
}

/// The releases that a device is offered, in their turn: those whose newest lease is the oldest come first, so that what
/// does not fit into one batch of [`MAX_LEASES`](super::MAX_LEASES) comes first in the next, and no release is passed over
/// for ever. What its person has `removed` from the device is left out.
#[must_use]
pub fn in_turn(
    granted: impl IntoIterator<Item = (ReleaseId, Grant)>,
    removed: &BTreeSet<ReleaseId>,
    issued_at: impl Fn(ReleaseId) -> Option<Instant>,
) -> Vec<(ReleaseId, Grant)> {
    let mut offered: Vec<_> = granted.into_iter().filter(|(release, _)| !removed.contains(release)).collect();
    offered.sort_by_key(|(release, _)| (issued_at(*release), *release));
    offered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::QuietHours;

    const NOON: Instant = Instant::from_millis(1_800_000_000_000);

    fn terms(daily_limit: Option<u16>) -> Terms {
        Terms {
            not_before: None,
            expires_at: NOON + Span::from_days(60),
            offline_for: Span::from_hours(72),
            daily_limit,
            quiet_hours: QuietHours::NONE,
            planned_daily: None,
        }
    }

    fn grant(days: u64) -> Grant {
        let until = NOON + Span::from_days(days);
        Grant { not_before: None, valid_until: until, ends_at: until }
    }

    fn offer(terms: &Terms, grant: Grant) -> Offer<'_> {
        Offer {
            device: DeviceId::from_bytes([3; 16]),
            release: ReleaseId::from_bytes([1; 16]),
            clip: ClipId::from_bytes([2; 16]),
            terms,
            grant,
            generation: 1,
            duration: Span::from_secs(61),
            generous_plays: GENEROUS_PLAYS,
            now: NOON,
        }
    }

    #[test]
    fn a_header_that_no_phone_could_read_is_found_out() {
        let terms = terms(None);
        let one = offer(&terms, grant(2));
        assert!(one.header(vec![NOON], Vec::new()).is_some());
        let many = (0..=LeaseHeader::MAX_DAYS as u64).map(|day| NOON + Span::from_days(day)).collect();
        assert_eq!(one.header(many, Vec::new()), None);
        assert_eq!(one.header(vec![NOON], vec![(NOON, NOON)]), None);
        let ends_before = Grant { ends_at: NOON - Span::from_secs(1), ..grant(2) };
        assert_eq!(offer(&terms, ends_before).header(vec![NOON], Vec::new()), None);
    }

    #[test]
    fn no_lease_lasts_longer_than_the_longest() {
        let terms = terms(None);
        assert_eq!(offer(&terms, grant(2)).valid_until(), NOON + Span::from_days(2));
        assert_eq!(offer(&terms, grant(400)).valid_until(), NOON + LONGEST);
    }

    #[test]
    fn a_budget_is_whole_steps_for_each_play_of_each_day() {
        let days = vec![NOON, NOON + Span::from_days(1), NOON + Span::from_days(2)];
        let budget = |limit| {
            let terms = terms(limit);
            offer(&terms, grant(2)).header(days.clone(), Vec::new()).unwrap().budget
        };
        assert_eq!(budget(Some(2)), Span::from_mins(2 * 2 * 3));
        assert_eq!(budget(None), Span::from_mins(2 * 48 * 3));
        assert_eq!(budget(Some(0)), Span::ZERO);
    }

    #[test]
    fn what_waited_longest_comes_first_and_what_was_removed_not_at_all() {
        let [new, recent, old, removed] = [1, 2, 3, 4].map(|n| ReleaseId::from_bytes([n; 16]));
        let issued = |release| match release {
            id if id == recent => Some(NOON),
            id if id == old => Some(NOON - Span::from_days(1)),
            _ => None,
        };
        let granted = [recent, removed, old, new].map(|release| (release, grant(2)));
        let offered = in_turn(granted, &BTreeSet::from([removed]), issued);
        assert_eq!(offered.iter().map(|(release, _)| *release).collect::<Vec<_>>(), [new, old, recent]);
    }
}
