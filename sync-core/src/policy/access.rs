//! How a device may use a lease that it holds.

use crate::{
    clock::Now,
    instant::{Instant, Span},
    lease::LeaseHeader,
};

/// May this play now?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Yes, until this instant at the latest.
    Playable {
        /// The first instant of denial.
        until: Instant,
    },
    /// Not yet.
    Later {
        /// When it begins.
        from: Instant,
    },
    /// Enough for today.
    DoseReached {
        /// When the next day begins, as far as this lease knows.
        again_at: Option<Instant>,
    },
    /// It rests at this time of day.
    QuietHours {
        /// When it is back.
        again_at: Instant,
    },
    /// The clock or the play budget cannot be trusted further without contact.
    NeedsContact,
    /// Paused.
    Held,
    /// The lease's end has come. Contact may bring another.
    Lapsed,
    /// Over: taken back, or its date has come.
    Ended,
}

/// What a device knows of one release when it is asked to play.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    /// The lease it holds.
    pub lease: &'a LeaseHeader,
    /// Media time decrypted under this lease.
    pub spent: Span,
    /// Plays counted on this device on the local day that it is.
    pub plays_today: u16,
    /// Whether the end of this release has been seen: on the shelf, in a denial, by a local return.
    pub ended: bool,
    /// Whether a pause has been seen.
    pub held: bool,
}

/// Decides. Every doubt is a no.
#[must_use]
pub fn access(holding: &Holding<'_>, now: Now) -> Access {
    let lease = holding.lease;
    if holding.ended {
        return Access::Ended;
    }
    let Now::Trusted(now) = now else { return Access::NeedsContact };
    if now >= lease.ends_at {
        return Access::Ended;
    }
    if now >= lease.valid_until {
        return Access::Lapsed;
    }
    if holding.held {
        return Access::Held;
    }
    if let Some(from) = lease.not_before
        && now < from
    {
        return Access::Later { from };
    }
    if let Some(&(_, again_at)) = lease.quiet.iter().find(|(from, to)| (*from..*to).contains(&now)) {
        return Access::QuietHours { again_at };
    }
    if lease.daily_limit.is_some_and(|limit| holding.plays_today >= limit) {
        return Access::DoseReached { again_at: lease.days.iter().copied().find(|day| *day > now) };
    }
    if holding.spent >= lease.budget {
        return Access::NeedsContact;
    }
    // Rest may begin before the lease ends.
    let rests_at = lease.quiet.iter().map(|(from, _)| *from).filter(|from| *from > now).min();
    Access::Playable { until: rests_at.map_or(lease.valid_until, |rests_at| rests_at.min(lease.valid_until)) }
}
