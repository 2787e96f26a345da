//! The rules that must hold in every state, and the states that must be possible.

use stateright::Property;
use sync_core::id::EntryId;

use super::{
    scope::PRACTICE,
    state::{Handset, State},
    world::World,
};
use crate::cast;

fn every(state: &State, holds: impl Fn(&Handset) -> bool) -> bool {
    state.phones.iter().all(|phone| holds(phone))
}

fn no_phone_says(state: &State, invariant: &str) -> bool {
    every(state, |phone| !phone.phone.witness.broken.is_some_and(|rule| rule.starts_with(invariant)))
}

fn truth_allows(state: &State, invariant: &str) -> bool {
    !state.server.truth.broken.as_ref().is_some_and(|rule| rule.starts_with(invariant))
}

/// In a scope in which a person may remove a clip.
pub(super) fn named_as_put_away() -> Property<World> {
    Property::sometimes("a phone is answered that names a clip as removed", |_, state: &State| {
        let names = |phone: &Handset| phone.question.as_ref().is_some_and(|asked| !asked.removed.is_empty());
        state.phones.iter().any(|phone| phone.answered > 0 && names(phone))
    })
}

/// The revocation that is written for another client.
pub(super) fn elsewhere() -> EntryId {
    cast::entry(PRACTICE, 98)
}

/// In a scope in which the clip may be taken back on another client's shelf.
pub(super) fn taken_back_elsewhere() -> [Property<World>; 2] {
    [
        Property::sometimes(
            "what was taken back elsewhere is denied before these orders have it",
            |_, state: &State| {
                let orders_have = state.server.clinic.db.entries.contains_key(&elsewhere());
                let denied = |phone: &Handset| !phone.told_denied.is_empty();
                !orders_have && state.phones.iter().any(|phone| denied(phone))
            },
        ),
        Property::sometimes(
            "a release that has not seen it waits, and plays once it is confirmed",
            |_, state: &State| {
                let later = cast::release(PRACTICE, 2);
                let orders_have = state.server.clinic.db.entries.contains_key(&elsewhere());
                orders_have && state.phones.iter().any(|phone| phone.phone.machine.held(later).is_some())
            },
        ),
    ]
}

/// In a scope in which a phone asks for more leases than any is given.
pub(super) fn bounded() -> [Property<World>; 2] {
    [
        Property::sometimes("a phone is given no more leases for now", |_, state: &State| {
            !state.server.truth.bounded.is_empty()
        }),
        Property::sometimes("a phone that was given no more is given leases later", |_, state: &State| {
            state.server.truth.bounded.values().any(|later| *later)
        }),
    ]
}

/// The rules; in a scope in which nothing can end, nothing is wiped.
pub(super) fn properties(has_ends: bool) -> Vec<Property<World>> {
    let mut rules = vec![
        Property::always("I1: what was taken back stays so", |_, state: &State| truth_allows(state, "I1")),
        Property::always("I1: what a phone has heard the end of never plays again", |_, state: &State| {
            every(state, |phone| phone.told_ended.is_disjoint(&phone.could_play))
        }),
        Property::always("I2: nothing plays after contact that was denied then", |_, state: &State| {
            every(state, |phone| phone.told_denied.is_disjoint(&phone.could_play))
        }),
        Property::always(
            "I2: by an honest clock nothing plays beyond its last lease",
            |world: &World, state: &State| {
                let now = world.now(state);
                every(state, |phone| {
                    let bound = |release| state.server.truth.bounds.get(&(phone.phone.device, release));
                    !phone.honest
                        || phone.plays.iter().all(|release| bound(*release).is_some_and(|bound| now < *bound))
                })
            },
        ),
        Property::always("I2: by any clock nothing plays beyond its budget", |_, state: &State| {
            no_phone_says(state, "I2")
        }),
        Property::always("I3: no lease is issued that a rule denies", |_, state: &State| {
            truth_allows(state, "I3")
        }),
        Property::always("I7: what a receipt calls gone is gone", |_, state| no_phone_says(state, "I7")),
        Property::always(
            "I7: what was destroyed stays so, and a restore forgets nothing",
            |_, state: &State| truth_allows(state, "I7"),
        ),
        Property::always("I10: what lapsed does not play again without contact", |_, state: &State| {
            no_phone_says(state, "I10")
        }),
        Property::always("a platform never fails", |_, state: &State| {
            every(state, |phone| phone.phone.witness.broken.is_none_or(|rule| rule.starts_with('I')))
        }),
        Property::always(
            "one contact is enough: what is over is gone from a phone",
            World::is_wiped_by_contact,
        ),
        Property::sometimes("a released clip becomes playable", |_, state: &State| {
            state.phones.iter().any(|phone| !phone.plays.is_empty())
        }),
    ];
    if has_ends {
        rules.push(Property::sometimes(
            "a clip that was taken back is wiped, and the server knows",
            |_, state: &State| {
                let gone = |phone: &Handset| phone.phone.witness.gone.keys().copied().collect::<Vec<_>>();
                state.phones.iter().flat_map(|phone| gone(phone)).any(|release| {
                    state.server.truth.is_over(release) && !state.server.clinic.db.receipts.is_empty()
                })
            },
        ));
    }
    rules
}
