//! Which of several values of a term counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::EntryId,
    terms::{QuietHours, Terms, TermsChange},
};

/// An amendment: its id, what it sets, what it names as seen.
pub(super) type Amendment<'a> = (EntryId, &'a TermsChange, &'a [EntryId]);

/// The strictest value of every term that still stands, and the entries whose values they are.
pub(super) fn strictest_terms(
    own: EntryId,
    made: &Terms,
    amendments: &[Amendment<'_>],
) -> (Option<Terms>, BTreeSet<EntryId>) {
    let mut from = BTreeSet::new();
    let not_before = standing(own, made.not_before, amendments, |set| set.not_before, &mut from);
    let expires_at = standing(own, made.expires_at, amendments, |set| set.expires_at, &mut from);
    let offline_for = standing(own, made.offline_for, amendments, |set| set.offline_for, &mut from);
    let daily_limit = standing(own, made.daily_limit, amendments, |set| set.daily_limit, &mut from);
    let quiet_hours =
        standing(own, made.quiet_hours.clone(), amendments, |set| set.quiet_hours.clone(), &mut from);
    let planned_daily = standing(own, made.planned_daily, amendments, |set| set.planned_daily, &mut from);
    if has_circle(amendments) {
        // Each would relax the other, and no value would be left to say no.
        return (None, from);
    }
    let terms = expires_at.into_iter().min().zip(offline_for.into_iter().min());
    let terms = terms.map(|(expires_at, offline_for)| Terms {
        not_before: not_before.into_iter().flatten().max(),
        expires_at,
        offline_for,
        daily_limit: daily_limit.into_iter().flatten().min(),
        quiet_hours: quiet_hours.iter().fold(QuietHours::NONE, |all, hours| all.union(hours)),
        planned_daily: planned_daily.into_iter().flatten().min(),
    });
    (terms.map(Terms::within_bounds), from)
}

/// The values of one field that no amendment setting the same field has named as seen; notes whose they are.
fn standing<T>(
    own: EntryId,
    made: T,
    amendments: &[Amendment<'_>],
    field: impl Fn(&TermsChange) -> Option<T>,
    from: &mut BTreeSet<EntryId>,
) -> Vec<T> {
    let setters: Vec<_> =
        amendments.iter().filter_map(|(id, set, over)| field(set).map(|value| (*id, value, *over))).collect();
    let over: BTreeSet<EntryId> = setters.iter().flat_map(|(_, _, over)| over.iter().copied()).collect();
    let all = std::iter::once((own, made)).chain(setters.into_iter().map(|(id, value, _)| (id, value)));
    let standing = all.filter(|(id, _)| !over.contains(id));
    standing
        .map(|(id, value)| {
            from.insert(id);
            value
        })
        .collect()
}

/// Whether amendments name one another, or themselves, in a circle.
///
/// One that names nothing can close no circle, so adding it changes nothing here: this too is monotone.
fn has_circle(amendments: &[Amendment<'_>]) -> bool {
    let mut named: BTreeMap<EntryId, BTreeSet<EntryId>> = BTreeMap::new();
    for (id, _, over) in amendments {
        named.entry(*id).or_default().extend(over.iter());
    }
    let ids: BTreeSet<EntryId> = named.keys().copied().collect();
    let mut times_named: BTreeMap<EntryId, usize> = BTreeMap::new();
    for over in named.values() {
        for id in over.intersection(&ids) {
            *times_named.entry(*id).or_default() += 1;
        }
    }
    // Those that nobody names are taken away, again and again; what is in a circle stays.
    let mut free: Vec<EntryId> = ids.iter().filter(|id| !times_named.contains_key(*id)).copied().collect();
    let mut taken = 0;
    while let Some(id) = free.pop() {
        taken += 1;
        for over in named.get(&id).into_iter().flatten() {
            if let Some(times) = times_named.get_mut(over) {
                *times -= 1;
                if *times == 0 {
                    free.push(*over);
                }
            }
        }
    }
    taken < ids.len()
}
