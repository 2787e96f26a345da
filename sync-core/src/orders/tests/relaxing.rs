//! An amendment relaxes only the terms that it names.

use proptest::{prelude::*, sample::subsequence};

use super::{laws::changes, *};
use crate::terms::{QuietHours, Terms, TermsChange};

/// The strictest of what the release and those of its amendments say that are not among `but`.
fn strictest(made: &Terms, amendments: &[(EntryId, TermsChange)], but: &[EntryId]) -> Terms {
    let mut all = made.clone();
    let no_limit = Terms {
        not_before: None,
        expires_at: NOON + Span::from_days(999),
        offline_for: Span::from_days(999),
        daily_limit: None,
        quiet_hours: QuietHours::NONE,
        planned_daily: None,
    };
    if but.contains(&entry(0)) {
        all = no_limit;
    }
    for (_, set) in amendments.iter().filter(|(id, _)| !but.contains(id)) {
        let tighter =
            |own: Option<u16>, other: Option<Option<u16>>| own.into_iter().chain(other.flatten()).min();
        all.not_before = all.not_before.max(set.not_before.flatten());
        all.expires_at = all.expires_at.min(set.expires_at.unwrap_or(all.expires_at));
        all.offline_for = all.offline_for.min(set.offline_for.unwrap_or(all.offline_for));
        all.daily_limit = tighter(all.daily_limit, set.daily_limit);
        all.quiet_hours = all.quiet_hours.union(set.quiet_hours.as_ref().unwrap_or(&QuietHours::NONE));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn i1_whatever_an_amendment_says_the_terms_stay_as_strict_as_all_that_it_does_not_name(
        sets in proptest::collection::vec(changes(), 0..6),
        last in changes(),
        over in subsequence((0..6_u8).map(entry).collect::<Vec<_>>(), 0..6),
    ) {
        let made = released(1, &[]);
        let Act::Release { terms: made_terms, .. } = &made.act else { unreachable!("a release") };
        let amendments: Vec<_> = (1..).map(entry).zip(sets).collect();
        let amend = |set: &TermsChange, over: &[EntryId]| {
            by(device(2), Act::Amend { release: release(1), set: set.clone(), over: over.to_vec() })
        };
        let mut entries = vec![(entry(0), made.clone())];
        entries.extend(amendments.iter().map(|(id, set)| (*id, amend(set, &[]))));
        let orders = {
            entries.push((entry(9), amend(&last, &over)));
            fold(&entries)
        };
        let terms = orders.releases[&release(1)].terms.clone().unwrap();
        let floor = strictest(made_terms, &amendments, &over);
        prop_assert!(terms.expires_at <= floor.expires_at && terms.offline_for <= floor.offline_for);
        prop_assert!(terms.not_before >= floor.not_before);
        let limit = |limit: Option<u16>| limit.unwrap_or(u16::MAX);
        prop_assert!(limit(terms.daily_limit) <= limit(floor.daily_limit));
        prop_assert_eq!(terms.quiet_hours.union(&floor.quiet_hours), terms.quiet_hours.clone());
        // A field that it does not set it leaves as strict as it was, whatever it names.
        let before = fold(&entries[..entries.len() - 1]).releases[&release(1)].terms.clone().unwrap();
        prop_assert!(last.expires_at.is_some() || terms.expires_at == before.expires_at);
        prop_assert!(last.daily_limit.is_some() || terms.daily_limit == before.daily_limit);
        prop_assert!(last.not_before.is_some() || terms.not_before == before.not_before);
        prop_assert!(last.offline_for.is_some() || terms.offline_for == before.offline_for);
    }
}
