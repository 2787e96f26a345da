//! Fresh documents for old ones.

use std::collections::BTreeSet;

use super::*;
use crate::{
    authority::{Actors, Writer, vet},
    orders::RevokeOn,
};

const HORIZON: Instant = Instant::from_millis(NOON.as_millis() - 30 * 24 * 3_600_000);

/// When what the fixtures took back at noon is over everywhere.
const LATER: Instant = Instant::from_millis(NOON.as_millis() + 24 * 3_600_000);

fn made(kind: Kind, old: &Document) -> Document {
    successor(kind, old, HORIZON, NOON, actor(9)).unwrap()
}

fn made_later(kind: Kind, old: &Document) -> Document {
    successor(kind, old, LATER, LATER, actor(9)).unwrap()
}

#[test]
fn a_successor_has_no_history_and_what_still_counts() {
    let mut old = create(Kind::Orders, actor(1)).unwrap();
    append(&mut old, &[(entry(1), released(1, &[]).encode())]).unwrap();
    for n in 2..60 {
        let (made, ended) = (released(n, &[]), revoked(RevokeOn::Release(release(n)), &[]));
        append(&mut old, &[(entry(n), made.encode())]).unwrap();
        append(&mut old, &[(entry(n + 60), ended.encode())]).unwrap();
    }
    let fresh = made_later(Kind::Orders, &old);
    assert_eq!(entries(&fresh).len(), 2);
    assert!(fresh.save().len() * 2 < old.save().len(), "{} of {}", fresh.save().len(), old.save().len());
    assert_eq!(readable(&fresh), Ok(()));
}

/// A release that was taken back yesterday is still told: a device may hold its key.
#[test]
fn what_was_taken_back_since_the_horizon_is_still_there() {
    let mut old = create(Kind::Orders, actor(1)).unwrap();
    let ended = revoked(RevokeOn::Release(release(1)), &[release(1)]);
    append(&mut old, &[(entry(1), released(1, &[]).encode()), (entry(2), ended.encode())]).unwrap();
    assert_eq!(entries(&made(Kind::Orders, &old)), entries(&old));
    let at_noon = successor(Kind::Orders, &old, NOON, NOON, actor(9)).unwrap();
    assert_eq!(entries(&at_noon).len(), 1, "the revocation that stands for both");
}

/// A console was away for years. What it wrote on the old document comes into the fresh one by id.
#[test]
fn i1_what_a_late_device_wrote_on_the_old_document_is_copied_and_revives_nothing() {
    let mut old = create(Kind::Orders, actor(1)).unwrap();
    let ended = revoked(RevokeOn::Release(release(1)), &[release(1)]);
    append(&mut old, &[(entry(1), released(1, &[]).encode()), (entry(2), released(2, &[]).encode())])
        .unwrap();
    let mut late = old.fork().with_actor(actor(11));
    append(&mut old, &[(entry(3), ended.encode())]).unwrap();
    let extension = crate::orders::Act::Amend {
        release: release(1),
        set: crate::terms::TermsChange { daily_limit: Some(None), ..Default::default() },
        over: vec![entry(1)],
    };
    let hold = held(crate::orders::HoldOn::Release(release(2)), None, &[]);
    append(&mut late, &[(entry(5), by(device(1), extension).encode()), (entry(6), hold.encode())]).unwrap();
    let mut fresh = made_later(Kind::Orders, &old);
    let actors = Actors::from([(actor(1), (None, 3))]);
    let changes = late.get_changes(&old.get_heads());
    let vetted = vet(&old, Kind::Orders, &actors, Writer::Console(device(1)), changes).unwrap();
    append(&mut fresh, &vetted.entries).unwrap();
    append(&mut fresh, &vetted.entries).unwrap();
    let found = entries(&fresh);
    let orders = Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice())));
    assert!(!orders.releases.contains_key(&release(1)), "it is over, and not even listed");
    assert_eq!(orders.releases[&release(2)].holds.len(), 1);
    assert_eq!(found.len(), 4, "a release, the revocation of the other, and the two late ones");
}

#[test]
fn a_shelf_s_successor_shows_what_may_still_be_held_somewhere() {
    let mut old = create(Kind::Shelf, actor(1)).unwrap();
    let ended = |ends_at| ShelfItem { state: ShelfState::Ended, ends_at, ..item(ShelfState::Ended) };
    let all = shelf(&[
        (1, item(ShelfState::Live)),
        (2, item(ShelfState::Paused)),
        (3, ended(HORIZON + Span::from_millis(1))),
        (4, ended(HORIZON)),
    ]);
    all.write(&mut old).unwrap();
    let left: Vec<_> = Shelf::read(&made(Kind::Shelf, &old)).0.into_iter().collect();
    assert_eq!(left, all.0.into_iter().take(3).collect::<Vec<_>>());
}

#[test]
fn a_journal_s_successor_keeps_what_is_recent_and_takes_late_plays() {
    let mut old = create(Kind::Journal, actor(1)).unwrap();
    let letter = |at| Letter::Return { release: release(1), at }.encode();
    // Whether plays are shared was said long ago, and still counts.
    let sharing = Letter::Sharing { on: true, at: HORIZON - Span::from_days(900) }.encode();
    let letters = [
        (entry(1), letter(HORIZON)),
        (entry(2), letter(HORIZON - Span::from_millis(1))),
        (entry(3), sharing.clone()),
    ];
    append(&mut old, &letters).unwrap();
    let key = |day| PlayKey { device: device(1), release: release(1), day, part: None };
    record_plays(&mut old, key(HORIZON - Span::from_days(1)), 7).unwrap();
    record_plays(&mut old, key(HORIZON), 3).unwrap();
    let mut late = old.fork().with_actor(actor(11));
    let mut fresh = made(Kind::Journal, &old);
    assert_eq!(entries(&fresh), [(entry(1), letter(HORIZON)), (entry(3), sharing)]);
    assert_eq!(plays(&fresh), [(key(HORIZON), 3)].into());
    record_plays(&mut late, key(HORIZON), 5).unwrap();
    let early = key(HORIZON - Span::from_days(2));
    record_plays(&mut late, early, 9).unwrap();
    assert_eq!(late_plays(&old, &late), [(key(HORIZON), 5), (early, 9)].into());
    copy_plays(&late_plays(&old, &late), &mut fresh).unwrap();
    assert_eq!(plays(&fresh), [(key(HORIZON), 5), (early, 9)].into());
    let heads = fresh.get_heads();
    copy_plays(&[(key(HORIZON), 3)].into(), &mut fresh).unwrap();
    assert_eq!(fresh.get_heads(), heads, "a lower count takes nothing back");
}

#[test]
fn a_casebook_keeps_its_newest_notes_and_what_cannot_be_read() {
    let mut old = create(Kind::Casebook, actor(1)).unwrap();
    let note = |at: i64| {
        let reason = "x".repeat(10_000);
        let kind = ObservationKind::Other;
        Note::Observation(Observation { kind, at: Instant::from_millis(at), releases: vec![], reason })
            .encode()
    };
    append(&mut old, &[(entry(1), vec![1])]).unwrap();
    assert_eq!(entries(&made(Kind::Casebook, &old)), entries(&old));
    append(&mut old, &(2..=80).map(|n| (entry(n), note(1_000 - i64::from(n)))).collect::<Vec<_>>()).unwrap();
    let kept: BTreeSet<_> = entries(&made(Kind::Casebook, &old)).into_iter().map(|(id, _)| id).collect();
    assert_eq!(kept, (1..=53).map(entry).collect::<BTreeSet<_>>(), "the first of them is the newest");
}

#[test]
fn a_document_of_a_newer_version_is_refused_by_name_and_rests() {
    let newer = |kind| {
        let mut document = create(kind, actor(1)).unwrap();
        document.transact::<_, _, AutomergeError>(|tx| tx.put(ROOT, "v", VERSION + 1)).unwrap();
        document
    };
    assert_eq!(open(&newer(Kind::Orders).save()).err(), Some(OpenError::Newer));
    assert_eq!(open(&Document::new().save()).err(), Some(OpenError::NoVersion));
    assert_eq!(open(b"no document").err(), Some(OpenError::Malformed));
    assert!(open(&create(Kind::Orders, actor(1)).unwrap().save()).is_ok());
    let mut orders = newer(Kind::Orders);
    append(&mut orders, &[(entry(1), released(1, &[]).encode())]).unwrap();
    let found = entries(&orders);
    assert!(Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice()))).unreadable);
    let mut on_shelf = create(Kind::Shelf, actor(1)).unwrap();
    shelf(&[(1, item(ShelfState::Live)), (2, item(ShelfState::Ended))]).write(&mut on_shelf).unwrap();
    on_shelf.transact::<_, _, AutomergeError>(|tx| tx.put(ROOT, "v", VERSION + 1)).unwrap();
    let states: Vec<_> = Shelf::read(&on_shelf).0.values().map(|item| item.state).collect();
    assert_eq!(states, [ShelfState::Paused, ShelfState::Ended]);
}

#[test]
fn of_two_versions_in_one_document_the_greater_counts() {
    for (first, second) in [(2, 3), (3, 2)] {
        let base = create(Kind::Orders, actor(1)).unwrap();
        let (mut one, mut other) =
            (base.fork().with_actor(actor(first)), base.fork().with_actor(actor(second)));
        one.transact::<_, _, AutomergeError>(|tx| tx.put(ROOT, "v", VERSION + 1)).unwrap();
        other.transact::<_, _, AutomergeError>(|tx| tx.put(ROOT, "v", 0)).unwrap();
        one.merge(&mut other).unwrap();
        assert_eq!(readable(&one), Err(OpenError::Newer));
    }
}
