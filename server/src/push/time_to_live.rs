//! How long a push service keeps a push for a device that it cannot reach.

use sync_core::instant::{Instant, Span};

/// A TTL (RFC 8030 section 5.2): never longer than push services take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeToLive(Span);

impl TimeToLive {
    /// Four weeks. Push services of browsers refuse more, and refuse it again each time that it comes.
    pub const MAX: Span = Span::from_days(28);

    /// From now until an instant, or as long as push services keep anything.
    #[must_use]
    pub fn until(end: Instant, now: Instant) -> Self {
        Self(end.since(now).min(Self::MAX))
    }

    /// For the header.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0.as_millis() / 1_000
    }

    /// When it is over.
    #[must_use]
    pub fn ends_at(self, now: Instant) -> Instant {
        now + self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Instant = Instant::from_millis(1_900_000_000_000);

    #[test]
    fn no_time_to_live_is_longer_than_push_services_take() {
        let secs = |span: Span| TimeToLive::until(NOON + span, NOON).as_secs();
        assert_eq!(secs(Span::from_hours(6)), 21_600);
        for longer in [28, 31, 744, 1 << 40] {
            assert_eq!(secs(Span::from_days(longer)), 2_419_200);
        }
        assert_eq!(TimeToLive::until(Instant::NEVER, NOON).as_secs(), 2_419_200);
        assert_eq!(TimeToLive::until(NOON, NOON + Span::from_secs(1)).as_secs(), 0);
    }
}
