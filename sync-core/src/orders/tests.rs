//! Invariant I1: deny wins.

mod amendments;
mod encoding;
mod laws;
mod projection;
mod relaxing;
mod successors;

use super::*;
use crate::{
    fixtures::*,
    id::{EntryId, ReleaseId},
    instant::{Instant, Span},
    policy::{Standing, standing},
    terms::{Terms, TermsChange},
};

fn fold(entries: &[(EntryId, Entry)]) -> Orders {
    Orders::fold(entries.iter().map(|(id, entry)| (*id, Some(entry))))
}

fn stands(entries: &[(EntryId, Entry)], r: u8) -> Standing {
    let orders = fold(entries);
    standing(&orders, &orders.releases[&release(r)], NOON)
}

fn live() -> Standing {
    Standing::Live { until: terms().expires_at }
}

#[test]
fn i1_a_revoked_release_stays_revoked_whatever_is_lifted_confirmed_or_amended() {
    let mut entries = vec![
        (entry(1), released(1, &[])),
        (entry(2), revoked(RevokeOn::Release(release(1)), &[])),
        (entry(3), confirmed(1, &[entry(2)])),
        (entry(4), by(device(1), Act::Lift { holds: vec![entry(2)] })),
    ];
    assert_eq!(stands(&entries, 1), Standing::Revoked);
    entries.push((entry(5), revoked(RevokeOn::Clip(clip(9)), &[])));
    assert_eq!(stands(&entries, 1), Standing::Revoked);
}

#[test]
fn i1_a_revocation_that_names_a_release_ends_it_wherever_else_it_points() {
    let hit = |on| [(entry(1), released(1, &[])), (entry(2), revoked(on, &[release(1)]))];
    for on in [
        RevokeOn::Release(release(9)),
        RevokeOn::Clip(clip(1)),
        RevokeOn::Recording(recording(1)),
        RevokeOn::Shelf,
    ] {
        assert_eq!(stands(&hit(on), 1), Standing::Revoked);
    }
}

#[test]
fn i1_a_release_whose_author_had_not_seen_a_revocation_waits_until_it_is_confirmed() {
    for on in [RevokeOn::Clip(clip(1)), RevokeOn::Recording(recording(1)), RevokeOn::Shelf] {
        let mut entries = vec![(entry(1), released(1, &[])), (entry(2), revoked(on, &[]))];
        assert_eq!(stands(&entries, 1), Standing::Unconfirmed);
        entries.push((entry(3), confirmed(1, &[])));
        assert_eq!(
            stands(&entries, 1),
            Standing::Unconfirmed,
            "a confirmation that saw nothing confirms nothing"
        );
        entries.push((entry(4), confirmed(1, &[entry(2)])));
        assert_eq!(stands(&entries, 1), live());
    }
}

#[test]
fn i1_a_release_that_names_the_revocation_as_seen_plays() {
    let entries = [(entry(1), revoked(RevokeOn::Clip(clip(1)), &[])), (entry(2), released(1, &[entry(1)]))];
    assert_eq!(stands(&entries, 1), live());
    let another = [(entry(1), revoked(RevokeOn::Clip(clip(2)), &[])), (entry(2), released(1, &[]))];
    assert_eq!(stands(&another, 1), live(), "another clip's revocation is no concern of this one");
}

#[test]
fn i1_a_release_whose_author_had_not_seen_a_shelf_hold_waits_even_after_the_hold_is_lifted() {
    let mut entries = vec![(entry(1), released(1, &[])), (entry(2), held(HoldOn::Shelf, None, &[]))];
    assert_eq!(stands(&entries, 1), Standing::Unconfirmed);
    entries.push((entry(3), by(device(1), Act::Lift { holds: vec![entry(2)] })));
    assert_eq!(stands(&entries, 1), Standing::Unconfirmed);
    entries.push((entry(4), confirmed(1, &[entry(2)])));
    assert_eq!(stands(&entries, 1), live());
}

#[test]
fn a_release_that_the_hold_named_comes_back_when_it_is_lifted_or_over() {
    let mut entries =
        vec![(entry(1), released(1, &[])), (entry(2), held(HoldOn::Shelf, None, &[release(1)]))];
    assert_eq!(stands(&entries, 1), Standing::Held { until: None });
    entries.push((entry(3), by(device(1), Act::Lift { holds: vec![entry(2)] })));
    assert_eq!(stands(&entries, 1), live());
    let until = NOON + Span::from_hours(1);
    let timed =
        [(entry(1), released(1, &[])), (entry(2), held(HoldOn::Release(release(1)), Some(until), &[]))];
    assert_eq!(stands(&timed, 1), Standing::Held { until: Some(until) });
    let orders = fold(&timed);
    assert_eq!(standing(&orders, &orders.releases[&release(1)], until), live());
}

#[test]
fn i1_of_one_hold_with_two_ends_the_later_counts() {
    let hours = |n| Some(NOON + Span::from_hours(n));
    for (one, other, expected) in
        [(hours(1), hours(2), hours(2)), (hours(1), None, None), (None, hours(1), None)]
    {
        let hold = |until| (entry(2), held(HoldOn::Release(release(1)), until, &[]));
        let entries = [(entry(1), released(1, &[])), hold(one), hold(other)];
        assert_eq!(stands(&entries, 1), Standing::Held { until: expected });
    }
}

#[test]
fn i1_an_unreadable_entry_holds_the_whole_shelf() {
    let made = released(1, &[]);
    let ended = revoked(RevokeOn::Release(release(2)), &[]);
    let second = released(2, &[]);
    let entries =
        [(entry(1), Some(&made)), (entry(2), Some(&second)), (entry(3), Some(&ended)), (entry(4), None)];
    let orders = Orders::fold(entries);
    assert_eq!(standing(&orders, &orders.releases[&release(1)], NOON), Standing::Held { until: None });
    assert_eq!(
        standing(&orders, &orders.releases[&release(2)], NOON),
        Standing::Revoked,
        "the end is not hidden"
    );
}

#[test]
fn i1_an_entry_of_an_unknown_kind_is_unreadable() {
    let newer = crate::cbor::Map::new().with("k", "taper").with("by", device(1)).with("at", NOON).to_bytes();
    let made = released(1, &[]).encode();
    let orders = Orders::fold_encoded([(entry(1), made.as_slice()), (entry(2), newer.as_slice())]);
    assert!(orders.unreadable);
}

#[test]
fn two_entries_that_claim_one_release_leave_it_without_terms() {
    let entries = [(entry(1), released(1, &[])), (entry(2), released(1, &[]))];
    assert_eq!(stands(&entries, 1), Standing::Unconfirmed);
    let orders = fold(&entries);
    assert_eq!(orders.releases[&release(1)].terms, None);
    let with_confirmation =
        [entries[0].clone(), entries[1].clone(), (entry(3), confirmed(1, &[entry(1), entry(2)]))];
    assert_eq!(stands(&with_confirmation, 1), Standing::Unconfirmed);
}

/// One id with two contents, which a stricter amendment makes alike: they are two claims all the same.
#[test]
fn i1_an_amendment_does_not_unite_two_claims_to_one_release() {
    let made = |daily_limit| {
        let terms = Terms { daily_limit, ..terms() };
        by(
            device(1),
            Act::Release { release: release(1), clip: clip(1), recording: recording(1), terms, seen: vec![] },
        )
    };
    let set = TermsChange { daily_limit: Some(Some(0)), ..TermsChange::default() };
    let amended = by(device(1), Act::Amend { release: release(1), set, over: vec![] });
    let entries = [(entry(1), made(Some(3))), (entry(1), made(None)), (entry(2), amended)];
    assert_eq!(stands(&entries, 1), Standing::Unconfirmed);
    assert_eq!(
        stands(&[entries[1].clone(), entries[2].clone(), entries[0].clone()], 1),
        Standing::Unconfirmed
    );
    let twice = [entries[0].clone(), entries[0].clone()];
    assert!(matches!(stands(&twice, 1), Standing::Live { .. }), "the same entry twice is one claim");
}

#[test]
fn a_new_release_must_name_every_shelf_hold_and_the_revocations_of_its_clip() {
    let orders = fold(&[
        (entry(1), held(HoldOn::Shelf, None, &[])),
        (entry(2), by(device(1), Act::Lift { holds: vec![entry(1)] })),
        (entry(3), revoked(RevokeOn::Clip(clip(1)), &[])),
        (entry(4), revoked(RevokeOn::Recording(recording(2)), &[])),
        (entry(5), revoked(RevokeOn::Release(release(1)), &[])),
    ]);
    assert_eq!(orders.to_be_seen(clip(1), recording(1)), [entry(1), entry(3)].into());
    assert_eq!(orders.to_be_seen(clip(2), recording(2)), [entry(1), entry(4)].into());
}
