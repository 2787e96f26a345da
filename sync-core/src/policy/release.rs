//! The standing of one release at one instant, by the folded orders.

use crate::{
    instant::Instant,
    orders::{Orders, Release},
};

/// Where a release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// May play until this instant, the first of denial.
    Live {
        /// The end of its terms.
        until: Instant,
    },
    /// Begins at this instant.
    Later {
        /// The first instant of its terms.
        from: Instant,
    },
    /// Paused, until this instant or until a therapist lifts it.
    Held {
        /// The end of the last hold that has one, if every hold has.
        until: Option<Instant>,
    },
    /// Made without knowledge of a revocation or a hold: waits for a therapist's confirmation.
    Unconfirmed,
    /// Its date has come.
    Expired,
    /// Taken back. Nothing undoes this.
    Revoked,
}

impl Standing {
    /// Whether the release is over for good, by its date or by a decision.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked)
    }
}

/// Judges a release of the orders. The strongest reason against it is told.
#[must_use]
pub fn standing(orders: &Orders, release: &Release, now: Instant) -> Standing {
    if release.revoked {
        return Standing::Revoked;
    }
    if orders.unreadable {
        return Standing::Held { until: None };
    }
    let Some(terms) = &release.terms else { return Standing::Unconfirmed };
    if now >= terms.expires_at {
        return Standing::Expired;
    }
    if !release.unseen.is_empty() {
        return Standing::Unconfirmed;
    }
    let mut held_until = None;
    for (_, until) in orders.holds_of(release) {
        match until {
            None => return Standing::Held { until: None },
            Some(until) if now < until => held_until = held_until.max(Some(until)),
            Some(_) => {}
        }
    }
    if held_until.is_some() {
        return Standing::Held { until: held_until };
    }
    match terms.not_before {
        Some(from) if now < from => Standing::Later { from },
        _ => Standing::Live { until: terms.expires_at },
    }
}
