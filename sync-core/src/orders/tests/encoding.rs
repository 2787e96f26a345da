//! The one encoding, its bounds, and acts that are cut to fit.

use super::*;
use crate::terms::{QuietHours, TermsChange};

#[test]
fn an_entry_longer_than_it_may_be_is_refused() {
    assert_eq!(Entry::decode(&[0; MAX_ENTRY_BYTES + 1]), Err(EntryError::TooLong));
    assert_ne!(Entry::decode(&[0; MAX_ENTRY_BYTES]), Err(EntryError::TooLong));
    let many: Vec<_> = (0..=MAX_IDS).map(|n| release(n as u8)).collect();
    let wide = revoked(RevokeOn::Shelf, &many);
    assert_eq!(Entry::decode(&wide.encode()), Err(EntryError::TooManyIds));
    let full = revoked(RevokeOn::Shelf, &many[1..]);
    assert_eq!(Entry::decode(&full.encode()), Ok(full));
}

#[test]
fn an_entry_with_an_unknown_key_is_refused() {
    let bytes = Entry { by: Author::Server, at: NOON, act: Act::Lift { holds: vec![] } }.encode();
    let mut map = crate::cbor::Map::read(&bytes).unwrap();
    assert_eq!(map.text("k"), Ok("lift".into()));
    let more = crate::cbor::Map::read(&bytes).unwrap().with("zz", 1).to_bytes();
    assert!(matches!(Entry::decode(&more), Err(EntryError::Encoding(_))));
}

#[test]
fn of_those_who_are_no_device_only_the_server_writes() {
    let bytes = Entry { by: Author::Server, at: NOON, act: Act::Lift { holds: vec![] } }.encode();
    let somebody = crate::cbor::Map::read(&bytes).unwrap().with("by", "somebody").to_bytes();
    assert!(matches!(Entry::decode(&somebody), Err(EntryError::Encoding(_))));
}

#[test]
fn the_largest_entry_of_every_kind_fits() {
    let ids: Vec<_> = (0..MAX_IDS).map(|n| entry(n as u8)).collect();
    let releases: Vec<_> = (0..MAX_IDS).map(|n| release(n as u8)).collect();
    let every_other = (0..12).map(|n| QuietHours::between(n * 120, n * 120 + 60).unwrap());
    let quiet_hours = every_other.fold(QuietHours::NONE, |all, hours| all.union(&hours));
    let mut widest = terms();
    widest.not_before = Some(NOON);
    widest.quiet_hours = quiet_hours.clone();
    let set = TermsChange {
        not_before: Some(Some(NOON)),
        expires_at: Some(NOON),
        offline_for: Some(Span::from_days(1)),
        daily_limit: Some(None),
        quiet_hours: Some(quiet_hours),
        planned_daily: Some(Some(9)),
    };
    let acts = [
        Act::Release {
            release: release(1),
            clip: clip(1),
            recording: recording(1),
            terms: widest,
            seen: ids.clone(),
        },
        Act::Amend { release: release(1), set, over: ids.clone() },
        Act::Hold { on: HoldOn::Shelf, until: Some(NOON), hits: releases.clone() },
        Act::Lift { holds: ids.clone() },
        Act::Revoke { on: RevokeOn::Recording(recording(1)), hits: releases },
        Act::Confirm { release: release(1), seen: ids },
    ];
    for act in acts {
        assert!(Entry::decode(&by(device(1), act).encode()).is_ok());
    }
}

#[test]
fn quiet_hours_in_more_ranges_than_an_entry_writes_become_stricter() {
    let hours = (0..12).map(|n| QuietHours::between(n * 120, n * 120 + 60 + n).unwrap());
    let quiet_hours = hours.fold(QuietHours::NONE, |all, hours| all.union(&hours));
    let mut made = terms();
    made.quiet_hours = quiet_hours.clone();
    let act = Act::Release {
        release: release(1),
        clip: clip(1),
        recording: recording(1),
        terms: made,
        seen: vec![],
    };
    let Act::Release { terms, .. } = Entry::decode(&by(device(1), act).encode()).unwrap().act else {
        panic!()
    };
    assert_eq!(terms.quiet_hours.ranges().len(), QuietHours::MAX_RANGES);
    assert_eq!(terms.quiet_hours.union(&quiet_hours), terms.quiet_hours);
}

#[test]
fn i1_a_revocation_of_more_releases_than_one_entry_names_reaches_them_all() {
    let mut entries: Vec<_> = (0..100).map(|n| (entry(n), released(n, &[]))).collect();
    let hits: Vec<_> = (0..100).map(release).collect();
    let parts = Act::Revoke { on: RevokeOn::Shelf, hits }.into_parts(entry(200));
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].0, entry(200));
    for (id, act) in parts {
        let part = by(device(1), act);
        assert_eq!(Entry::decode(&part.encode()), Ok(part.clone()));
        entries.push((id, part));
    }
    assert!(fold(&entries).releases.values().all(|release| release.revoked));
}

#[test]
fn a_release_and_an_amendment_that_have_seen_very_much_say_so_in_parts() {
    let holds: Vec<_> = (1..=150).map(|n| (entry(n), held(HoldOn::Shelf, Some(NOON), &[]))).collect();
    let mut entries = holds;
    let seen: Vec<_> = fold(&entries).to_be_seen(clip(1), recording(1)).into_iter().collect();
    let act =
        Act::Release { release: release(1), clip: clip(1), recording: recording(1), terms: terms(), seen };
    entries.extend(act.into_parts(entry(200)).into_iter().map(|(id, act)| (id, by(device(1), act))));
    assert_eq!(stands(&entries, 1), live());
    let tighten = |n| TermsChange { daily_limit: Some(Some(n)), ..TermsChange::default() };
    let amend = |set, over| Act::Amend { release: release(1), set, over };
    let unseen = (0..90).map(|n| (entry(n), by(device(n), amend(tighten(1), vec![]))));
    let mut entries = vec![(entry(255), released(1, &[]))];
    entries.extend(unseen);
    let over: Vec<_> = fold(&entries).releases[&release(1)].standing.iter().copied().collect();
    assert!(over.len() > MAX_IDS);
    entries.extend(
        amend(tighten(7), over).into_parts(entry(201)).into_iter().map(|(id, act)| (id, by(device(1), act))),
    );
    assert_eq!(fold(&entries).releases[&release(1)].terms.as_ref().unwrap().daily_limit, Some(7));
}

#[test]
fn the_same_act_is_cut_into_the_same_parts() {
    let hits: Vec<_> = (0..200).map(release).collect();
    let cut = || Act::Revoke { on: RevokeOn::Shelf, hits: hits.clone() }.into_parts(entry(1));
    assert_eq!(cut(), cut());
    let ids: std::collections::BTreeSet<_> = cut().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 4);
}
