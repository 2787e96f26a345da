//! Generations: which of two leases of one release on one device is newer.

use crate::instant::{Instant, Span};

/// How far a generation may lie ahead of the clock of the server that is told of it.
const AHEAD: Span = Span::from_days(1);

/// The generation of a lease that is issued now: greater than the newest that was `issued`, as far as the server knows,
/// and than the one that its device says to hold.
///
/// It is at least the instant in milliseconds. A server that was restored from a backup has forgotten what it issued
/// since; were it to count on from there, it would give a generation twice, and a receipt that speaks of the first would
/// speak of the second as well.
#[must_use]
pub fn next_generation(issued: Option<u64>, held: Option<u64>, now: Instant) -> u64 {
    let held = held.filter(|held| may_be_held(*held, issued, now));
    issued.max(held).map_or(0, |newest| newest.saturating_add(1)).max(millis(now))
}

/// Whether any life of a server can have issued a generation by now, though its clock may have been set back since. A
/// device that says to hold another one says nothing.
#[must_use]
pub fn may_be_held(generation: u64, issued: Option<u64>, now: Instant) -> bool {
    generation <= issued.unwrap_or(0).max(millis(now + AHEAD))
}

fn millis(instant: Instant) -> u64 {
    u64::try_from(instant.as_millis()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_millis(1_800_000_000_000);
    const NOW_MS: u64 = 1_800_000_000_000;

    #[test]
    fn a_server_that_has_forgotten_what_it_issued_gives_no_generation_twice() {
        let before_the_backup = next_generation(None, None, NOW);
        let forgotten = next_generation(Some(before_the_backup), None, NOW + Span::from_secs(1));
        let after_the_restore = next_generation(Some(before_the_backup), None, NOW + Span::from_secs(2));
        assert!(before_the_backup < forgotten && forgotten < after_the_restore);
    }

    #[test]
    fn it_counts_up_within_a_millisecond_and_with_a_clock_set_back() {
        assert_eq!(next_generation(Some(NOW_MS), None, NOW), NOW_MS + 1);
        assert_eq!(next_generation(Some(NOW_MS), None, NOW - Span::from_days(9)), NOW_MS + 1);
        assert_eq!(next_generation(Some(7), Some(NOW_MS + 5), NOW), NOW_MS + 6);
    }

    #[test]
    fn what_no_server_can_have_issued_says_nothing() {
        let tomorrow = NOW_MS + AHEAD.as_millis();
        assert!(may_be_held(tomorrow, None, NOW) && !may_be_held(tomorrow + 1, None, NOW));
        assert!(may_be_held(tomorrow + 1, Some(tomorrow + 1), NOW));
        assert_eq!(next_generation(None, Some(u64::MAX), NOW), NOW_MS);
        assert_eq!(next_generation(Some(u64::MAX), None, NOW), u64::MAX);
    }
}
