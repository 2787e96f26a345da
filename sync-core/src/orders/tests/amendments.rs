//! Concurrent amendments, and the terms that each of them may relax.

use super::*;
use crate::terms::{QuietHours, Terms, TermsChange};

fn amended(set: TermsChange, over: &[EntryId]) -> Entry {
    by(device(2), Act::Amend { release: release(1), set, over: over.to_vec() })
}

fn limit(limit: Option<u16>) -> TermsChange {
    TermsChange { daily_limit: Some(limit), ..TermsChange::default() }
}

fn end(days: u64) -> TermsChange {
    TermsChange { expires_at: Some(NOON + Span::from_days(days)), ..TermsChange::default() }
}

fn terms_of(entries: &[(EntryId, Entry)]) -> Option<Terms> {
    fold(entries).releases[&release(1)].terms.clone()
}

#[test]
fn i1_concurrent_amendments_resolve_to_the_stricter_value_of_each_field() {
    let made = (entry(1), released(1, &[]));
    let quiet = |from, to| QuietHours::between(from, to).unwrap();
    let one = TermsChange {
        not_before: Some(Some(NOON + Span::from_hours(1))),
        offline_for: Some(Span::from_days(2)),
        quiet_hours: Some(quiet(0, 360)),
        daily_limit: Some(None),
        ..end(40)
    };
    let other = TermsChange {
        not_before: Some(None),
        offline_for: Some(Span::from_days(5)),
        quiet_hours: Some(quiet(1_320, 1_400)),
        daily_limit: Some(Some(9)),
        ..end(35)
    };
    let over = [entry(1)];
    let terms =
        terms_of(&[made, (entry(2), amended(one, &over)), (entry(3), amended(other, &over))]).unwrap();
    assert_eq!(terms.not_before, Some(NOON + Span::from_hours(1)));
    assert_eq!(terms.expires_at, NOON + Span::from_days(35));
    assert_eq!(terms.offline_for, Span::from_days(2));
    assert_eq!(terms.daily_limit, Some(9), "no limit is the weakest");
    assert_eq!(terms.quiet_hours.ranges(), [(0, 360), (1_320, 1_400)]);
}

#[test]
fn i1_of_two_concurrent_beginnings_the_later_counts() {
    let begin = |hours| TermsChange {
        not_before: Some(Some(NOON + Span::from_hours(hours))),
        ..TermsChange::default()
    };
    for (one, other) in [(1, 2), (2, 1)] {
        let entries = [
            (entry(1), released(1, &[])),
            (entry(2), amended(begin(one), &[])),
            (entry(3), amended(begin(other), &[])),
        ];
        assert_eq!(terms_of(&entries).unwrap().not_before, Some(NOON + Span::from_hours(2)));
    }
}

#[test]
fn i1_an_amendment_relaxes_only_what_it_names() {
    let made = (entry(1), released(1, &[]));
    let unseen = [made.clone(), (entry(2), amended(limit(Some(9)), &[]))];
    assert_eq!(terms_of(&unseen).unwrap().daily_limit, Some(3), "it named nothing");
    let seen = [made.clone(), (entry(2), amended(limit(Some(9)), &[entry(1)]))];
    assert_eq!(terms_of(&seen).unwrap().daily_limit, Some(9));
    let stricter_meanwhile = [
        made.clone(),
        (entry(2), amended(limit(Some(1)), &[entry(1)])),
        (entry(3), amended(limit(Some(9)), &[entry(1)])),
    ];
    assert_eq!(
        terms_of(&stricter_meanwhile).unwrap().daily_limit,
        Some(1),
        "it had not seen the stricter one"
    );
    let both_seen = [
        made,
        (entry(2), amended(limit(Some(1)), &[entry(1)])),
        (entry(3), amended(limit(None), &[entry(1), entry(2)])),
    ];
    assert_eq!(terms_of(&both_seen).unwrap().daily_limit, None);
}

#[test]
fn i1_naming_an_entry_relaxes_only_the_fields_that_are_set() {
    let entries = [
        (entry(1), released(1, &[])),
        (entry(2), amended(TermsChange { daily_limit: Some(Some(1)), ..end(7) }, &[entry(1)])),
        (entry(3), amended(limit(Some(5)), &[entry(1), entry(2)])),
    ];
    let terms = terms_of(&entries).unwrap();
    assert_eq!((terms.daily_limit, terms.expires_at), (Some(5), NOON + Span::from_days(7)));
}

#[test]
fn i1_a_reaffirmed_stricter_end_survives_a_concurrent_extension() {
    let entries = [
        (entry(1), released(1, &[])),
        (entry(2), amended(end(28), &[entry(1)])),
        (entry(3), amended(end(90), &[entry(1)])),
    ];
    assert_eq!(terms_of(&entries).unwrap().expires_at, NOON + Span::from_days(28));
}

#[test]
fn i1_amendments_that_name_one_another_in_a_circle_deny() {
    let made = (entry(1), released(1, &[]));
    let selfish = [made.clone(), (entry(2), amended(limit(None), &[entry(1), entry(2)]))];
    assert_eq!(terms_of(&selfish), None);
    let mut circle = vec![
        made,
        (entry(2), amended(limit(Some(9)), &[entry(1), entry(3)])),
        (entry(3), amended(limit(Some(8)), &[entry(1), entry(2)])),
    ];
    assert_eq!(terms_of(&circle), None);
    circle.push((entry(4), amended(limit(Some(1)), &[])));
    assert_eq!(terms_of(&circle), None, "a restriction closes and opens no circle");
}

#[test]
fn a_form_needs_to_name_only_what_still_stands() {
    let mut entries = vec![(entry(1), released(1, &[]))];
    for n in 2..=90 {
        let before = fold(&entries).releases[&release(1)].standing.iter().copied().collect::<Vec<_>>();
        assert!(before.len() <= 2, "the release's own entry and the newest amendment");
        entries.push((entry(n), amended(limit(Some(u16::from(n % 48) + 1)), &before)));
    }
    assert_eq!(terms_of(&entries).unwrap().daily_limit, Some(90 % 48 + 1));
    assert_eq!(fold(&entries).releases[&release(1)].entries.len(), 90);
}
