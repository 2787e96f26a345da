//! The consequences of facts: ends, records, denials, and the devices that hear at once.

use std::collections::BTreeSet;

use super::*;
use crate::{
    documents::ShelfState, fixtures::*, instant::Span, lease::DenialKind, orders::HoldOn,
    policy::ConsentFact, terms::Terms,
};

fn orders(entries: &[Entry]) -> Orders {
    Orders::fold((0..).zip(entries).map(|(n, act)| (entry(n), Some(act))))
}

fn facts() -> ReleaseFacts {
    ReleaseFacts {
        recorded: Some(Recorded { made_at: NOON - Span::from_days(1), ended_at: None }),
        taken_back: false,
        practice_active: true,
        practice_held: false,
        client_active: true,
        clip_available: true,
        consents: vec![ConsentFact::Given { until: None }],
        ends: Vec::new(),
    }
}

fn situation<'a>(orders: &'a Orders, facts: &ReleaseFacts) -> Situation<'a> {
    Situation::new(orders, |_, _| facts.clone(), NOON)
}

fn lease(of: u8, on: u8, generation: u64, days: u64) -> LiveLease {
    let valid_until = NOON + Span::from_days(days);
    LiveLease { device: device(on), release: release(of), generation, valid_until }
}

#[test]
fn a_withdrawal_and_a_missing_clip_end_a_release_and_nothing_else_does() {
    let orders = orders(&[released(1, &[])]);
    let lost = |facts: &ReleaseFacts| situation(&orders, facts).lost();
    assert_eq!(lost(&facts()), []);
    let withdrawn = ReleaseFacts { consents: vec![ConsentFact::Withdrawn], ..facts() };
    assert_eq!(lost(&withdrawn), [release(1)]);
    assert_eq!(lost(&ReleaseFacts { clip_available: false, ..facts() }), [release(1)]);
    assert_eq!(lost(&ReleaseFacts { consents: vec![ConsentFact::NotAsked], ..facts() }), []);
    assert_eq!(lost(&ReleaseFacts { practice_held: true, ..facts() }), []);
}

#[test]
fn what_is_over_already_is_not_lost_and_an_ending_ends_for_good() {
    let ended = orders(&[released(1, &[]), ending(release(1), NOON)]);
    assert!(ended.releases[&release(1)].revoked);
    let withdrawn = ReleaseFacts { consents: vec![ConsentFact::Withdrawn], ..facts() };
    assert_eq!(situation(&ended, &withdrawn).lost(), []);
}

#[test]
fn a_record_keeps_when_a_release_was_made_and_when_it_ended() {
    let live = orders(&[released(1, &[])]);
    let record = |facts: &ReleaseFacts| situation(&live, facts).records()[&release(1)];
    let new = record(&ReleaseFacts { recorded: None, ..facts() });
    assert_eq!(new.recorded, Recorded { made_at: NOON, ended_at: None });
    assert_eq!((new.ends_at, new.settle_at), (Some(terms().expires_at), Some(terms().expires_at)));
    let before = Recorded { made_at: NOON - Span::from_days(2), ended_at: Some(NOON - Span::from_days(1)) };
    let ended = record(&ReleaseFacts { recorded: Some(before), ..facts() });
    assert_eq!((ended.recorded, ended.settle_at), (before, None));
    let ends_now = record(&ReleaseFacts { clip_available: false, ..facts() });
    assert_eq!(ends_now.recorded.ended_at, Some(NOON));
}

#[test]
fn the_end_of_a_hold_is_looked_at_before_the_end_of_the_terms() {
    let until = NOON + Span::from_days(1);
    let held = orders(&[released(1, &[]), held(HoldOn::Release(release(1)), Some(until), &[])]);
    assert_eq!(situation(&held, &facts()).records()[&release(1)].settle_at, Some(until));
}

#[test]
fn each_device_is_denied_up_to_the_newest_lease_that_it_may_hold() {
    let ended = orders(&[released(1, &[]), released(2, &[]), ending(release(1), NOON)]);
    let leases = [lease(1, 1, 4, 2), lease(1, 1, 5, 1), lease(1, 2, 9, 0), lease(2, 1, 7, 3)];
    let denials = situation(&ended, &facts()).denials(&leases);
    let until = NOON + Span::from_days(2);
    let one = NewDenial {
        device: device(1),
        release: release(1),
        upto_generation: 5,
        kind: DenialKind::Ended,
        until,
    };
    assert_eq!(denials, [one]);
    assert!(one.is_left_by(device(1), DenialKind::Ended, 5));
    assert!(!one.is_left_by(device(1), DenialKind::Ended, 4));
    assert!(
        !one.is_left_by(device(1), DenialKind::Paused, 5) && !one.is_left_by(device(2), DenialKind::Ended, 5)
    );
}

#[test]
fn what_rests_is_denied_as_paused() {
    let held = orders(&[released(1, &[]), held(HoldOn::Release(release(1)), None, &[])]);
    let denials = situation(&held, &facts()).denials(&[lease(1, 1, 1, 1)]);
    assert_eq!(denials.iter().map(|denial| denial.kind).collect::<Vec<_>>(), [DenialKind::Paused]);
}

#[test]
fn a_shelf_takes_no_end_back_and_what_it_lacks_is_over() {
    let orders = orders(&[released(1, &[])]);
    let shown = situation(&orders, &facts()).shelf(&Shelf::default());
    assert_eq!(shown.0[&release(1)].state, ShelfState::Live);
    let over = Shelf::default().after(&shown);
    assert_eq!(over.0[&release(1)].state, ShelfState::Ended);
    assert_eq!(situation(&orders, &facts()).shelf(&over), over);
}

#[test]
fn stricter_terms_are_told_to_the_devices_that_hold_laxer_ones() {
    let orders = orders(&[released(1, &[])]);
    let told = |before: Terms| {
        let mut told = Told::default();
        told.tightened(&orders, &[(release(1), before)].into(), &[lease(1, 1, 1, 2), lease(2, 2, 1, 2)]);
        told
    };
    assert!(told(terms()).is_empty());
    let told = told(Terms { daily_limit: None, ..terms() });
    assert_eq!(told.until(device(1)), Some(NOON + Span::from_days(2)));
    assert_eq!(told.until(device(2)), None);
}

#[test]
fn an_end_that_was_told_and_forgotten_is_entered_again() {
    let orders = orders(&[released(1, &[]), released(2, &[]), ending(release(2), NOON)]);
    let told = BTreeSet::from([release(1), release(2), release(3)]);
    assert_eq!(forgotten(&orders, &told, |_| false), [release(1)]);
    assert_eq!(forgotten(&orders, &told, |id| id == release(1)), []);
}

#[test]
fn only_revocations_of_a_clip_or_a_recording_go_everywhere() {
    let of = |on| everywhere::wide(&Act::Revoke { on, hits: vec![release(1)] });
    for on in [RevokeOn::Clip(clip(1)), RevokeOn::Recording(recording(1))] {
        assert_eq!(of(on), Some(on));
    }
    assert_eq!(of(RevokeOn::Release(release(1))), None);
    assert_eq!(of(RevokeOn::Shelf), None);
}

#[test]
fn i1_what_was_taken_back_elsewhere_ends_what_was_there_and_is_unseen_by_what_comes_later() {
    let before = [released(1, &[])];
    let orders = orders(&before);
    let [here, another] = [(entry(90), RevokeOn::Clip(clip(1))), (entry(91), RevokeOn::Clip(clip(2)))];
    let missing = everywhere::missing(&orders, &orders.clips(), [here, another]);
    assert_eq!(missing, BTreeSet::from([here]), "another clip is no matter of this shelf");
    assert_eq!(everywhere::taken_back(&orders.clips(), &missing), BTreeSet::from([clip(1)]));

    let brought = everywhere::bring(&orders, here, NOON);
    assert_eq!(brought.hits, [release(1)]);
    assert_eq!(brought.entries.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [entry(90)]);
    let (clip, recording, terms) = (clip(1), recording(1), terms());
    let later = Act::Release { release: release(2), clip, recording, terms, seen: Vec::new() };
    let later = by(device(1), later);
    let written = [(entry(0), Some(&before[0])), (entry(1), Some(&later))];
    let brought = brought.entries.iter().map(|(id, entry)| (*id, Some(entry)));
    let after = Orders::fold(written.into_iter().chain(brought));
    assert!(after.releases[&release(1)].revoked);
    assert!(!after.releases[&release(2)].revoked);
    assert_eq!(after.releases[&release(2)].unseen, BTreeSet::from([entry(90)]));
    assert_eq!(everywhere::missing(&after, &after.clips(), [here, another]), BTreeSet::new());
}
