//! How a release looks to the client: what of the orders their shelf shows.

use sync_core::{
    documents::{Shelf, ShelfItem, ShelfState},
    id::ReleaseId,
    orders::{Orders, Release},
    policy::Reason,
};

use super::Settlement;
use crate::domain::facts::{DeviceFacts, Facts};

/// How a release looks to the client: on the shelf as such, or only if it was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Shown(ShelfState),
    InDoubt(ShelfState),
}

impl State {
    pub(super) const fn has_ended(self) -> bool {
        matches!(self, Self::Shown(ShelfState::Ended) | Self::InDoubt(ShelfState::Ended))
    }
}

impl Settlement<'_> {
    /// What the client may see. A release in doubt appears only once it is out of doubt; one that was seen never
    /// vanishes, and every kind of ending looks the same: as it was last seen, and over.
    pub(super) fn project(self, orders: &Orders, facts: &Facts, shown: &Shelf) -> Shelf {
        let mut shelf = Shelf::default();
        for (id, release) in &orders.releases {
            let item = match (self.state(orders, facts, (*id, release)), shown.0.get(id)) {
                // Over is over: a shelf never takes an end back.
                (_, Some(item @ ShelfItem { state: ShelfState::Ended, .. })) => item.clone(),
                (State::Shown(ShelfState::Ended) | State::InDoubt(ShelfState::Ended), Some(item)) => {
                    ShelfItem { state: ShelfState::Ended, ..item.clone() }
                }
                (State::InDoubt(_), None) => continue,
                (State::Shown(state) | State::InDoubt(state), shown) => {
                    match (&release.terms, facts.ends_at(*id, release), shown) {
                        (Some(terms), Some(ends_at), _) => ShelfItem {
                            clip: release.clip,
                            state,
                            not_before: terms.not_before,
                            // As in the lease: a device that saw another end here would ask for leases again and again.
                            ends_at,
                            offline_for: terms.offline_for,
                            daily_limit: terms.daily_limit,
                        },
                        (_, _, Some(shown)) => ShelfItem { state, ..shown.clone() },
                        (_, _, None) => continue,
                    }
                }
            };
            shelf.0.insert(*id, item);
        }
        shelf
    }

    pub(super) fn state(self, orders: &Orders, facts: &Facts, (id, release): (ReleaseId, &Release)) -> State {
        match facts.gate(orders, (id, release), DeviceFacts::ANY, self.now) {
            Ok(_) => State::Shown(ShelfState::Live),
            // A pause may hide another doubt, and nothing in doubt is shown for the first time.
            Err(Reason::Held) => {
                let is_out_of_doubt = !orders.unreadable
                    && release.unseen.is_empty()
                    && facts.is_consented(id, release, self.now);
                if is_out_of_doubt {
                    State::Shown(ShelfState::Paused)
                } else {
                    State::InDoubt(ShelfState::Paused)
                }
            }
            Err(Reason::Ended | Reason::ConsentEnded | Reason::ClipUnavailable | Reason::Inactive) => {
                State::InDoubt(ShelfState::Ended)
            }
            Err(
                Reason::Unconfirmed
                | Reason::ConsentMissing
                | Reason::DeviceUnconfirmed
                | Reason::AwaitsRestoreConfirmation,
            ) => State::InDoubt(ShelfState::Paused),
        }
    }
}
