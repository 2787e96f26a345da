//! The laws of the projection: a shelf shows no more than the fold and the facts allow, over random sets of entries.

use proptest::prelude::*;

use super::{
    laws::{fold_all, instants, restrictions, sets},
    *,
};
use crate::{
    documents::{Look, ShelfItem, ShelfState, project},
    policy::{ConsentFact, GateFacts, Standing, gate, standing},
};

/// What else a lease rests on.
#[derive(Debug, Clone)]
struct Rest {
    ended: bool,
    active: [bool; 3],
    held: bool,
    available: bool,
    consents: Vec<ConsentFact>,
    ends: Vec<Instant>,
}

fn rests() -> impl Strategy<Value = Rest> {
    let mostly = || prop::bool::weighted(0.9);
    let consent = prop_oneof![
        6 => proptest::option::of(instants()).prop_map(|until| ConsentFact::Given { until }),
        1 => Just(ConsentFact::NotAsked),
        1 => Just(ConsentFact::Withdrawn),
    ];
    (
        prop::bool::weighted(0.1),
        [mostly(), mostly(), mostly()],
        prop::bool::weighted(0.1),
        mostly(),
        proptest::collection::vec(consent, 0..3),
        proptest::collection::vec(instants(), 0..2),
    )
        .prop_map(|(ended, active, held, available, consents, ends)| Rest {
            ended,
            active,
            held,
            available,
            consents,
            ends,
        })
}

fn facts<'a>(orders: &'a Orders, release: &'a Release, rest: &'a Rest) -> GateFacts<'a> {
    GateFacts {
        orders,
        release,
        ended: rest.ended,
        practice_active: rest.active[0],
        practice_held: rest.held,
        client_active: rest.active[1],
        device_active: rest.active[2],
        device_confirmed: true,
        clip_available: rest.available,
        consents: &rest.consents,
        ends: &rest.ends,
    }
}

fn items() -> impl Strategy<Value = Option<ShelfItem>> {
    let state = prop_oneof![Just(ShelfState::Live), Just(ShelfState::Paused), Just(ShelfState::Ended)];
    let item = (state, instants()).prop_map(|(state, ends_at)| ShelfItem {
        clip: clip(0),
        state,
        not_before: None,
        ends_at,
        offline_for: Span::from_days(1),
        daily_limit: None,
    });
    proptest::option::of(item)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn i1_a_shelf_shows_no_more_than_a_lease_would_allow(
        set in sets(), rest in rests(), shown in items(), now in instants(),
    ) {
        let orders = fold_all(&set);
        for release in orders.releases.values() {
            let facts = facts(&orders, release, &rest);
            let Some(item) = project(&facts, shown.as_ref(), now) else { continue };
            if item.state != ShelfState::Live {
                continue;
            }
            let grant = gate(&facts, now);
            prop_assert!(grant.is_ok(), "live, and a lease is denied: {grant:?}");
            let alive = matches!(standing(&orders, release, now), Standing::Live { .. } | Standing::Later { .. });
            let terms = release.terms.as_ref().unwrap();
            prop_assert!(alive);
            prop_assert_eq!(Ok(item.ends_at), grant.map(|grant| grant.ends_at));
            prop_assert!(item.ends_at <= terms.expires_at && item.clip == release.clip);
            prop_assert_eq!(
                (item.not_before, item.offline_for, item.daily_limit),
                (terms.not_before, terms.offline_for, terms.daily_limit)
            );
        }
    }

    #[test]
    fn i1_a_shelf_never_takes_an_end_back_and_forgets_nothing_that_it_has_shown(
        set in sets(), rest in rests(), shown in items(), now in instants(),
    ) {
        let orders = fold_all(&set);
        for release in orders.releases.values() {
            let facts = facts(&orders, release, &rest);
            let item = project(&facts, shown.as_ref(), now);
            match &shown {
                Some(before) if before.state == ShelfState::Ended => prop_assert_eq!(&item, &shown),
                Some(_) => prop_assert!(item.is_some()),
                // What is in doubt, or over before anybody saw it, is not shown.
                None => prop_assert_eq!(item.is_some(), matches!(Look::of(&facts, now), Look::Shown(_))),
            }
        }
    }

    #[test]
    fn i1_a_restriction_never_makes_a_shelf_laxer(
        set in sets(), id in 0..14_u8, restriction in restrictions(), rest in rests(), shown in items(), now in instants(),
    ) {
        let mut more = set.clone();
        more.push((entry(id), Some(by(device(2), restriction))));
        let (before, after) = (fold_all(&set), fold_all(&more));
        for (id, release) in &before.releases {
            let stricter = after.releases.get(id);
            let item = project(&facts(&before, release, &rest), shown.as_ref(), now);
            let then = stricter.and_then(|release| project(&facts(&after, release, &rest), shown.as_ref(), now));
            let Some(then) = then else { continue };
            let Some(item) = item else {
                return Err(TestCaseError::fail("what was in doubt is shown"));
            };
            prop_assert!(then.state >= item.state);
            if then.state == ShelfState::Live {
                prop_assert!(then.ends_at <= item.ends_at && then.not_before >= item.not_before);
                prop_assert!(then.offline_for <= item.offline_for);
            }
        }
    }
}

#[test]
fn i1_a_pause_shows_nothing_that_was_in_doubt_for_another_reason() {
    let made = Act::Release {
        release: release(0),
        clip: clip(0),
        recording: recording(0),
        terms: terms(),
        seen: vec![],
    };
    let hold = Act::Hold { on: HoldOn::Release(release(0)), until: None, hits: vec![] };
    let orders = fold_all(&[(entry(0), Some(by(device(1), made))), (entry(1), Some(by(device(1), hold)))]);
    let held = &orders.releases[&release(0)];
    let shows = |facts: GateFacts<'_>| project(&facts, None, NOON).map(|item| item.state);
    let clear = Rest {
        ended: false,
        active: [true; 3],
        held: false,
        available: true,
        consents: vec![ConsentFact::Given { until: None }],
        ends: vec![],
    };
    let restored = Rest { held: true, ..clear.clone() };
    let unasked = Rest { consents: vec![ConsentFact::NotAsked], ..clear.clone() };
    let unconfirmed = GateFacts { device_confirmed: false, ..facts(&orders, held, &clear) };

    assert_eq!(shows(facts(&orders, held, &clear)), Some(ShelfState::Paused));
    assert_eq!(shows(facts(&orders, held, &restored)), None);
    assert_eq!(shows(facts(&orders, held, &unasked)), None);
    assert_eq!(shows(unconfirmed), None);
}
