//! No late entry misses an entry that a successor has left out.

use proptest::{prelude::*, sample::subsequence};

use super::{
    laws::{is_no_looser, sets},
    *,
};
use crate::{documents::succeeding, orders::Orders};

type Encoded = Vec<(EntryId, Vec<u8>)>;

const HORIZON: Instant = Instant::from_millis(NOON.as_millis() - 24 * 3_600_000);

fn encoded(set: Vec<(EntryId, Option<Entry>)>) -> Encoded {
    set.into_iter().map(|(id, entry)| (id, entry.map_or(vec![0xff], |entry| entry.encode()))).collect()
}

fn fold_of(entries: &[&Encoded]) -> Orders {
    let all = entries.iter().flat_map(|entries| entries.iter());
    Orders::fold_encoded(all.map(|(id, bytes)| (*id, bytes.as_slice())))
}

/// A set, and what comes late: new entries, and some of the old ones again.
fn with_late() -> impl Strategy<Value = (Encoded, Encoded)> {
    (sets(), sets()).prop_flat_map(|(set, new)| {
        let (set, new) = (encoded(set), encoded(new));
        let again = subsequence(set.clone(), 0..=set.len());
        (Just(set), again.prop_map(move |again| [new.clone(), again].concat()))
    })
}

fn keeps_every_no(whole: &Orders, rotated: &Orders) -> Result<(), TestCaseError> {
    is_no_looser(whole, rotated)?;
    for (id, release) in &whole.releases {
        let lost = release.revoked && rotated.releases.get(id).is_some_and(|release| !release.revoked);
        prop_assert!(!lost, "{} is no longer revoked", id);
        let held = |orders: &Orders| {
            orders.releases.get(id).is_some_and(|release| standing(orders, release, NOON) == live())
        };
        prop_assert!(!held(rotated) || held(whole), "{} plays again", id);
    }
    prop_assert!(!whole.unreadable || rotated.unreadable);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn i1_a_late_entry_revives_nothing_that_a_successor_left_out((set, late) in with_late()) {
        for horizon in [HORIZON, NOON] {
            let kept = succeeding(&set, horizon, NOON);
            keeps_every_no(&fold_of(&[&set]), &fold_of(&[&kept]))?;
            keeps_every_no(&fold_of(&[&set, &late]), &fold_of(&[&kept, &late]))?;
        }
    }

    #[test]
    fn i1_nor_does_one_after_several_successors((set, late) in with_late(), (more, later) in with_late()) {
        for horizon in [HORIZON, NOON] {
            let first = succeeding(&set, horizon, NOON);
            let second = succeeding(&[first, late.clone(), more.clone()].concat(), NOON, NOON);
            keeps_every_no(&fold_of(&[&set, &late, &more, &later]), &fold_of(&[&second, &later]))?;
        }
    }

    #[test]
    fn what_is_not_over_is_in_the_successor_as_it_was(set in sets()) {
        let set = encoded(set);
        let (whole, kept) = (fold_of(&[&set]), fold_of(&[&succeeding(&set, HORIZON, NOON)]));
        for (id, release) in &whole.releases {
            // Everything here is written at noon: taken back since the horizon, and so to be told.
            let is_over = matches!(standing(&whole, release, HORIZON), Standing::Expired)
                || release.terms.as_ref().is_some_and(|terms| terms.expires_at <= HORIZON);
            if !is_over {
                prop_assert_eq!(kept.releases.get(id), Some(release));
            }
        }
        prop_assert_eq!(kept.wide_revocations, whole.wide_revocations);
        prop_assert_eq!(kept.shelf_holds, whole.shelf_holds);
        prop_assert_eq!(kept.shelf_holds_ever, whole.shelf_holds_ever);
        prop_assert_eq!(kept.unreadable, whole.unreadable);
    }
}

#[test]
fn i1_a_late_copy_of_an_ended_release_stays_ended() {
    let ended = revoked(RevokeOn::Release(release(1)), &[]);
    let mut short = released(2, &[]);
    let Act::Release { terms, .. } = &mut short.act else { unreachable!("a release") };
    terms.expires_at = NOON - Span::from_days(9);
    let set = encoded(vec![
        (entry(1), Some(released(1, &[]))),
        (entry(2), Some(ended)),
        (entry(3), Some(short)),
        (entry(4), Some(released(4, &[]))),
    ]);
    let kept = succeeding(&set, NOON, NOON);
    assert_eq!(kept.len(), 2, "one release, and one revocation of the two others");
    assert_eq!(succeeding(&kept, NOON, NOON), kept, "nothing more to leave out");
    let again = fold_of(&[&kept, &set]);
    assert_eq!(standing(&again, &again.releases[&release(1)], NOON), Standing::Revoked);
    assert_eq!(standing(&again, &again.releases[&release(2)], NOON), Standing::Revoked);
    assert_eq!(standing(&again, &again.releases[&release(4)], NOON), live());
}
