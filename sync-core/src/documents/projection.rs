//! The projection: how a client's shelf shows the orders.
//!
//! A release in doubt appears only once it is out of doubt. A release that was seen never vanishes,
//! and every kind of ending looks the same: as it was last seen, and over. So a shelf shows no more
//! than a lease would allow, and never takes an end back.

use super::{ShelfItem, ShelfState};
use crate::{
    instant::Instant,
    policy::{GateFacts, Reason, gate},
};

/// How a release looks to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// On the shelf as such.
    Shown(ShelfState),
    /// As such only if it was on the shelf before.
    InDoubt(ShelfState),
}

impl Look {
    /// Looks at a release, on any device on which nothing fails.
    #[must_use]
    pub fn of(facts: &GateFacts<'_>, now: Instant) -> Self {
        match gate(facts, now) {
            Ok(_) => Self::Shown(ShelfState::Live),
            // A pause may hide another doubt, and nothing in doubt is shown for the first time.
            Err(Reason::Held) if is_out_of_doubt(facts, now) => Self::Shown(ShelfState::Paused),
            Err(reason) if reason.ends() => Self::InDoubt(ShelfState::Ended),
            Err(_) => Self::InDoubt(ShelfState::Paused),
        }
    }

    /// Where the release stands, in doubt or not.
    #[must_use]
    pub const fn state(self) -> ShelfState {
        match self {
            Self::Shown(state) | Self::InDoubt(state) => state,
        }
    }

    /// Whether it is over.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self.state(), ShelfState::Ended)
    }
}

/// What a shelf shows of a release from now on; none while there is nothing to show. `shown` is what it showed before.
#[must_use]
pub fn project(facts: &GateFacts<'_>, shown: Option<&ShelfItem>, now: Instant) -> Option<ShelfItem> {
    let look = Look::of(facts, now);
    let state = look.state();
    match shown {
        Some(item) if item.state == ShelfState::Ended => return Some(item.clone()),
        Some(item) if state == ShelfState::Ended => return Some(ShelfItem { state, ..item.clone() }),
        None if matches!(look, Look::InDoubt(_)) => return None,
        Some(_) | None => {}
    }
    match (&facts.release.terms, facts.ends_at()) {
        (Some(terms), Some(ends_at)) => Some(ShelfItem {
            clip: facts.release.clip,
            state,
            not_before: terms.not_before,
            // As in the lease: a device that saw another end here would ask for leases again and again.
            ends_at,
            offline_for: terms.offline_for,
            daily_limit: terms.daily_limit,
        }),
        _ => shown.map(|item| ShelfItem { state, ..item.clone() }),
    }
}

/// Whether nothing but the pause keeps the release from being leased: the gate names one reason, and a pause before the
/// others that wait.
fn is_out_of_doubt(facts: &GateFacts<'_>, now: Instant) -> bool {
    let is_confirmed = !facts.orders.unreadable && facts.release.unseen.is_empty();
    is_confirmed && facts.is_consented(now) && !facts.practice_held && facts.device_confirmed
}
