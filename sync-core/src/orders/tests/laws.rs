//! The laws of the fold, over random sets of entries.

use proptest::{prelude::*, sample::subsequence};

use super::*;
use crate::{
    policy::{ConsentFact, GateFacts, Grant, gate},
    terms::{QuietHours, TermsChange},
};

fn some_entries() -> impl Strategy<Value = Vec<EntryId>> {
    subsequence((0..12).map(entry).collect::<Vec<_>>(), 0..5)
}

fn some_releases() -> impl Strategy<Value = Vec<ReleaseId>> {
    subsequence((0..4).map(release).collect::<Vec<_>>(), 0..3)
}

pub(super) fn instants() -> impl Strategy<Value = Instant> {
    (0..6_u64).prop_map(|days| NOON - Span::from_days(2) + Span::from_days(days))
}

pub(super) fn changes() -> impl Strategy<Value = TermsChange> {
    let quiet = proptest::option::of((0..24_u16, 1..24_u16))
        .prop_map(|hours| hours.and_then(|(from, to)| QuietHours::between(from * 60, to * 60)));
    (
        proptest::option::of(proptest::option::of(instants())),
        proptest::option::of(instants()),
        proptest::option::of((1..5_u64).prop_map(Span::from_days)),
        proptest::option::of(proptest::option::of(0..5_u16)),
        quiet,
    )
        .prop_map(|(not_before, expires_at, offline_for, daily_limit, quiet_hours)| TermsChange {
            not_before,
            expires_at,
            offline_for,
            daily_limit,
            quiet_hours,
            planned_daily: None,
        })
}

fn subjects() -> impl Strategy<Value = RevokeOn> {
    prop_oneof![
        (0..4_u8).prop_map(|n| RevokeOn::Release(release(n))),
        (0..2_u8).prop_map(|n| RevokeOn::Clip(clip(n))),
        (0..2_u8).prop_map(|n| RevokeOn::Recording(recording(n))),
        Just(RevokeOn::Shelf),
    ]
}

fn revocations() -> impl Strategy<Value = Act> {
    (subjects(), some_releases()).prop_map(|(on, hits)| Act::Revoke { on, hits })
}

fn holds() -> impl Strategy<Value = Act> {
    let on = prop_oneof![(0..4_u8).prop_map(|n| HoldOn::Release(release(n))), Just(HoldOn::Shelf)];
    (on, proptest::option::of(instants()), some_releases()).prop_map(|(on, until, hits)| Act::Hold {
        on,
        until,
        hits,
    })
}

pub(super) fn restrictions() -> impl Strategy<Value = Act> {
    let tightening =
        (0..4_u8, changes()).prop_map(|(r, set)| Act::Amend { release: release(r), set, over: Vec::new() });
    prop_oneof![revocations(), holds(), tightening]
}

pub(super) fn acts() -> impl Strategy<Value = Act> {
    let releases = (0..4_u8, 0..2_u8, some_entries(), changes()).prop_map(|(r, c, seen, change)| {
        let mut made = terms();
        made.expires_at = change.expires_at.unwrap_or(made.expires_at);
        made.daily_limit = change.daily_limit.unwrap_or(made.daily_limit);
        Act::Release { release: release(r), clip: clip(c), recording: recording(c), terms: made, seen }
    });
    prop_oneof![
        4 => releases,
        3 => (0..4_u8, changes(), some_entries()).prop_map(|(r, set, over)| Act::Amend { release: release(r), set, over }),
        2 => restrictions(),
        1 => some_entries().prop_map(|holds| Act::Lift { holds }),
        1 => (0..4_u8, some_entries()).prop_map(|(r, seen)| Act::Confirm { release: release(r), seen }),
    ]
}

/// Entries under ids that may coincide; `None` cannot be read.
pub(super) fn sets() -> impl Strategy<Value = Vec<(EntryId, Option<Entry>)>> {
    let one = prop_oneof![20 => acts().prop_map(|act| Some(by(device(1), act))), 1 => Just(None)];
    proptest::collection::vec(((0..12_u8).prop_map(entry), one), 0..14)
}

pub(super) fn fold_all(set: &[(EntryId, Option<Entry>)]) -> Orders {
    Orders::fold(set.iter().map(|(id, entry)| (*id, entry.as_ref())))
}

fn granted(orders: &Orders, release: &Release) -> Option<Grant> {
    let consents = [ConsentFact::Given { until: None }];
    let facts = GateFacts {
        orders,
        release,
        ended: false,
        practice_active: true,
        practice_held: false,
        client_active: true,
        device_active: true,
        device_confirmed: true,
        clip_available: true,
        consents: &consents,
        ends: &[],
    };
    gate(&facts, NOON).ok()
}

/// Whether everything that `after` allows, `before` allowed too.
pub(super) fn is_no_looser(before: &Orders, after: &Orders) -> Result<(), TestCaseError> {
    for (id, release) in &after.releases {
        let Some(earlier) = before.releases.get(id) else { continue };
        let Some(grant) = granted(after, release) else { continue };
        let Some(allowed) = granted(before, earlier) else {
            return Err(TestCaseError::fail(format!("{id} came to life")));
        };
        prop_assert!(grant.valid_until <= allowed.valid_until && grant.ends_at <= allowed.ends_at);
        prop_assert!(grant.not_before >= allowed.not_before);
        let (now, then) = (release.terms.as_ref().unwrap(), earlier.terms.as_ref().unwrap());
        let limit = |terms: &crate::terms::Terms| terms.daily_limit.unwrap_or(u16::MAX);
        prop_assert!(limit(now) <= limit(then));
        prop_assert_eq!(now.quiet_hours.union(&then.quiet_hours), now.quiet_hours.clone());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn i1_the_fold_knows_no_order_and_no_duplicates(
        (set, shuffled) in sets().prop_flat_map(|set| (Just(set.clone()), Just(set).prop_shuffle())),
        again in any::<prop::sample::Index>(),
    ) {
        let mut with_duplicate = shuffled.clone();
        if !shuffled.is_empty() {
            with_duplicate.push(again.get(&shuffled).clone());
        }
        prop_assert_eq!(fold_all(&set), fold_all(&shuffled));
        prop_assert_eq!(fold_all(&set), fold_all(&with_duplicate));
    }

    #[test]
    fn i1_a_restriction_never_loosens_anything(set in sets(), id in 0..14_u8, restriction in restrictions()) {
        prop_assert!(restriction.is_restriction());
        let mut more = set.clone();
        more.push((entry(id), Some(by(device(2), restriction))));
        is_no_looser(&fold_all(&set), &fold_all(&more))?;
    }

    #[test]
    fn i1_an_unreadable_entry_never_loosens_anything(set in sets(), id in 0..14_u8) {
        let mut more = set.clone();
        more.push((entry(id), None));
        is_no_looser(&fold_all(&set), &fold_all(&more))?;
    }

    #[test]
    fn i1_revoked_is_never_lost_in_a_superset(set in sets(), more in sets()) {
        let before = fold_all(&set);
        let mut all = set;
        all.extend(more);
        let after = fold_all(&all);
        for (id, release) in before.releases {
            prop_assert!(!release.revoked || after.releases[&id].revoked);
        }
        prop_assert!(!before.unreadable || after.unreadable);
    }

    #[test]
    fn an_entry_reads_back_what_it_wrote(act in acts()) {
        let mut written = by(device(1), act);
        if let Act::Amend { set, .. } = &written.act && set.is_empty() {
            return Ok(());
        }
        if let Act::Hold { on: HoldOn::Release(_), hits, .. } = &mut written.act {
            hits.clear();
        }
        prop_assert_eq!(Entry::decode(&written.encode()), Ok(written));
    }

    #[test]
    fn random_bytes_are_no_entry_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Entry::decode(&bytes);
    }

    #[test]
    fn i1_a_revocation_that_hits_all_it_would_end_ends_exactly_that(set in sets(), on in subjects()) {
        let before = fold_all(&set);
        let hits = before.not_revoked(on);
        let mut more = set.clone();
        more.push((entry(99), Some(by(device(2), Act::Revoke { on, hits: hits.clone() }))));
        let after = fold_all(&more);
        for (id, release) in &after.releases {
            let is_meant = match on {
                RevokeOn::Release(only) => only == *id,
                RevokeOn::Clip(clip) => release.clip == clip,
                RevokeOn::Recording(recording) => release.recording == recording,
                RevokeOn::Shelf => true,
            };
            let was_revoked = before.releases[id].revoked;
            prop_assert_eq!(release.revoked, was_revoked || is_meant);
            prop_assert_eq!(hits.contains(id), is_meant && !was_revoked);
            prop_assert!(!hits.contains(id) || !release.unseen.contains(&entry(99)), "it waits for nothing");
        }
    }
}
