//! Invariants I2 and I3: how far a lease allows plays, and the facts that it needs.

use super::*;
use crate::{
    clock::Now,
    fixtures::*,
    instant::{Instant, Span},
    lease::LeaseHeader,
    orders::{Act, Entry, HoldOn, Orders, RevokeOn},
    terms::{Terms, TermsChange},
    vocabulary::Vocabulary,
};

fn orders(entries: &[Entry]) -> Orders {
    Orders::fold((0..).zip(entries).map(|(n, act)| (entry(n), Some(act))))
}

fn facts<'a>(orders: &'a Orders, consents: &'a [ConsentFact]) -> GateFacts<'a> {
    GateFacts {
        orders,
        release: &orders.releases[&release(1)],
        ended: false,
        practice_active: true,
        practice_held: false,
        client_active: true,
        device_active: true,
        device_confirmed: true,
        clip_available: true,
        consents,
        ends: &[],
    }
}

const GIVEN: [ConsentFact; 2] = [ConsentFact::Given { until: None }; 2];

#[test]
fn i3_a_lease_is_granted_when_everything_allows_it() {
    let orders = orders(&[released(1, &[])]);
    let Terms { expires_at, offline_for, .. } = terms();
    let granted = Grant { not_before: None, valid_until: NOON + offline_for, ends_at: expires_at };
    assert_eq!(gate(&facts(&orders, &GIVEN), NOON), Ok(granted));
}

#[test]
fn i3_each_fact_alone_denies() {
    let orders = orders(&[released(1, &[])]);
    let denied = |change: fn(&mut GateFacts<'_>)| {
        let mut facts = facts(&orders, &GIVEN);
        change(&mut facts);
        gate(&facts, NOON).unwrap_err()
    };
    assert_eq!(denied(|facts| facts.ended = true), Reason::Ended);
    assert_eq!(denied(|facts| facts.practice_active = false), Reason::Inactive);
    assert_eq!(denied(|facts| facts.client_active = false), Reason::Inactive);
    assert_eq!(denied(|facts| facts.device_active = false), Reason::Inactive);
    assert_eq!(denied(|facts| facts.practice_held = true), Reason::AwaitsRestoreConfirmation);
    assert_eq!(denied(|facts| facts.device_confirmed = false), Reason::DeviceUnconfirmed);
    assert_eq!(denied(|facts| facts.clip_available = false), Reason::ClipUnavailable);
    assert_eq!(denied(|facts| facts.ends = &[NOON]), Reason::Ended);
    assert_eq!(denied(|facts| facts.consents = &[]), Reason::ConsentMissing, "nobody heard is nobody asked");
}

#[test]
fn i3_what_is_known_of_a_release_and_of_the_device_reaches_the_gate() {
    let orders = orders(&[released(1, &[])]);
    let live = Recorded { made_at: NOON, ended_at: None };
    let asked = |change: fn(&mut ReleaseFacts, &mut DeviceFacts)| {
        let mut device = DeviceFacts::ANY;
        let mut known = ReleaseFacts {
            recorded: Some(live),
            taken_back: false,
            practice_active: true,
            practice_held: false,
            client_active: true,
            clip_available: true,
            consents: GIVEN.to_vec(),
            ends: Vec::new(),
        };
        change(&mut known, &mut device);
        gate(&known.on(&orders, &orders.releases[&release(1)], device), NOON).err()
    };
    assert_eq!(asked(|_, _| ()), None);
    assert_eq!(asked(|known, _| known.taken_back = true), Some(Reason::Ended));
    let ended = |known: &mut ReleaseFacts, _: &mut DeviceFacts| {
        known.recorded = Some(Recorded { made_at: NOON, ended_at: Some(NOON) });
    };
    assert_eq!(asked(ended), Some(Reason::Ended));
    assert_eq!(asked(|known, _| known.ends = vec![NOON]), Some(Reason::Ended));
    assert_eq!(asked(|known, _| known.practice_active = false), Some(Reason::Inactive));
    assert_eq!(asked(|known, _| known.client_active = false), Some(Reason::Inactive));
    assert_eq!(asked(|_, device| device.active = false), Some(Reason::Inactive));
    assert_eq!(asked(|known, _| known.practice_held = true), Some(Reason::AwaitsRestoreConfirmation));
    assert_eq!(asked(|_, device| device.confirmed = false), Some(Reason::DeviceUnconfirmed));
    assert_eq!(asked(|known, _| known.clip_available = false), Some(Reason::ClipUnavailable));
    assert_eq!(asked(|known, _| known.consents = Vec::new()), Some(Reason::ConsentMissing));
}

#[test]
fn i3_one_person_who_has_not_said_yes_denies() {
    let orders = orders(&[released(1, &[])]);
    let yes = ConsentFact::Given { until: None };
    for (no, reason) in [
        (ConsentFact::NotAsked, Reason::ConsentMissing),
        (ConsentFact::Withdrawn, Reason::ConsentEnded),
        (ConsentFact::Given { until: Some(NOON) }, Reason::ConsentEnded),
    ] {
        for consents in [[yes, no], [no, yes]] {
            assert_eq!(gate(&facts(&orders, &consents), NOON), Err(reason));
        }
    }
    let both = [ConsentFact::NotAsked, ConsentFact::Withdrawn];
    assert_eq!(
        gate(&facts(&orders, &both), NOON),
        Err(Reason::ConsentEnded),
        "the end is told, not the waiting"
    );
}

#[test]
fn i3_what_the_orders_say_denies() {
    let one = released(1, &[]);
    for (restriction, reason) in [
        (revoked(RevokeOn::Release(release(1)), &[]), Reason::Ended),
        (revoked(RevokeOn::Clip(clip(1)), &[]), Reason::Unconfirmed),
        (held(HoldOn::Release(release(1)), None, &[]), Reason::Held),
        (held(HoldOn::Shelf, Some(NOON + Span::from_millis(1)), &[release(1)]), Reason::Held),
        (held(HoldOn::Shelf, None, &[]), Reason::Unconfirmed),
    ] {
        let orders = orders(&[one.clone(), restriction]);
        assert_eq!(gate(&facts(&orders, &GIVEN), NOON), Err(reason));
    }
    let unreadable = Orders::fold([(entry(1), Some(&one)), (entry(2), None)]);
    assert_eq!(gate(&facts(&unreadable, &GIVEN), NOON), Err(Reason::Held));
    let live = orders(&[one]);
    assert_eq!(
        gate(&facts(&live, &GIVEN), terms().expires_at),
        Err(Reason::Ended),
        "its end is the first of denial"
    );
    assert!(gate(&facts(&live, &GIVEN), terms().expires_at - Span::from_millis(1)).is_ok());
}

#[test]
fn terms_without_any_time_offline_let_nothing_play_and_end_nothing() {
    let set = TermsChange { offline_for: Some(Span::ZERO), ..Default::default() };
    let amended = by(device(1), Act::Amend { release: release(1), set, over: vec![] });
    let orders = orders(&[released(1, &[]), amended]);
    assert_eq!(gate(&facts(&orders, &GIVEN), NOON), Err(Reason::Held));
    assert_eq!(gate(&facts(&orders, &GIVEN), terms().expires_at), Err(Reason::Ended));
}

#[test]
fn i3_what_ends_a_clip_is_told_before_what_makes_it_wait() {
    let orders = orders(&[released(1, &[]), held(HoldOn::Release(release(1)), None, &[])]);
    let withdrawn = [ConsentFact::Withdrawn];
    assert_eq!(gate(&facts(&orders, &withdrawn), NOON), Err(Reason::ConsentEnded));
    let mut gone = facts(&orders, &GIVEN);
    gone.clip_available = false;
    assert_eq!(gate(&gone, NOON), Err(Reason::ClipUnavailable));
    let mut of_age = facts(&orders, &GIVEN);
    of_age.ends = &[NOON];
    assert_eq!(gate(&of_age, NOON), Err(Reason::Ended));
}

#[test]
fn i3_a_lease_ends_no_later_than_any_of_its_reasons() {
    let hours = |n| NOON + Span::from_hours(n);
    let orders = orders(&[released(1, &[])]);
    let consents =
        [ConsentFact::Given { until: Some(hours(30)) }, ConsentFact::Given { until: Some(hours(20)) }];
    let mut facts = facts(&orders, &consents);
    assert_eq!(gate(&facts, NOON).unwrap().valid_until, hours(20));
    let ends = [hours(90), hours(10)];
    facts.ends = &ends;
    let grant = gate(&facts, NOON).unwrap();
    assert_eq!((grant.valid_until, grant.ends_at), (hours(10), hours(10)));
    let near_the_end = terms().expires_at - Span::from_hours(1);
    facts.ends = &[];
    facts.consents = &GIVEN;
    assert_eq!(gate(&facts, near_the_end).unwrap().valid_until, terms().expires_at);
}

#[test]
fn i3_a_release_that_begins_later_may_be_fetched_ahead_and_says_so() {
    let mut later = terms();
    later.not_before = Some(NOON + Span::from_hours(2));
    let act = crate::orders::Act::Release {
        release: release(1),
        clip: clip(1),
        recording: recording(1),
        terms: later,
        seen: vec![],
    };
    let orders = orders(&[by(device(1), act)]);
    assert_eq!(gate(&facts(&orders, &GIVEN), NOON).unwrap().not_before, Some(NOON + Span::from_hours(2)));
    let (standing, begins) =
        (|at| standing(&orders, &orders.releases[&release(1)], at), NOON + Span::from_hours(2));
    assert_eq!(standing(begins - Span::from_millis(1)), Standing::Later { from: begins });
    assert_eq!(standing(begins), Standing::Live { until: terms().expires_at });
}

fn lease() -> LeaseHeader {
    LeaseHeader {
        release: release(1),
        clip: clip(1),
        device: device(1),
        generation: 1,
        not_before: None,
        valid_until: NOON + Span::from_days(3),
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
        days: (0..4).map(|n| NOON - Span::from_hours(12) + Span::from_days(n)).collect(),
        quiet: vec![(NOON + Span::from_hours(10), NOON + Span::from_hours(18))],
        budget: Span::from_hours(1),
    }
}

fn holding(lease: &LeaseHeader) -> Holding<'_> {
    Holding { lease, spent: Span::ZERO, plays_today: 0, ended: false, held: false }
}

fn at(lease: &LeaseHeader, now: Instant) -> Access {
    access(&holding(lease), Now::Trusted(now))
}

#[test]
fn i2_nothing_plays_from_valid_until_on() {
    let lease = lease();
    assert_eq!(
        at(&lease, lease.valid_until - Span::from_millis(1)),
        Access::Playable { until: lease.valid_until }
    );
    assert_eq!(at(&lease, lease.valid_until), Access::Lapsed);
    assert_eq!(at(&lease, lease.ends_at), Access::Ended);
}

#[test]
fn i2_nothing_plays_once_the_budget_is_spent() {
    let lease = lease();
    let spent = |spent| access(&Holding { spent, ..holding(&lease) }, Now::Trusted(NOON));
    assert!(matches!(spent(lease.budget.saturating_sub(Span::from_millis(1))), Access::Playable { .. }));
    assert_eq!(spent(lease.budget), Access::NeedsContact);
}

#[test]
fn i10_an_untrusted_clock_plays_nothing() {
    let lease = lease();
    assert_eq!(access(&holding(&lease), Now::NeedsContact), Access::NeedsContact);
    let ended = Holding { ended: true, ..holding(&lease) };
    assert_eq!(access(&ended, Now::NeedsContact), Access::Ended);
}

#[test]
fn a_play_ends_when_it_begins_to_rest() {
    let lease = lease();
    let (from, to) = lease.quiet[0];
    assert_eq!(at(&lease, NOON), Access::Playable { until: from });
    assert_eq!(at(&lease, from), Access::QuietHours { again_at: to });
    assert_eq!(at(&lease, to), Access::Playable { until: lease.valid_until });
}

#[test]
fn a_rest_of_no_length_ends_no_play() {
    let lease = LeaseHeader { quiet: vec![(NOON, NOON)], ..lease() };
    assert_eq!(at(&lease, NOON), Access::Playable { until: lease.valid_until });
}

#[test]
fn the_daily_limit_holds_until_the_next_day_begins() {
    let lease = lease();
    let plays = |plays_today| access(&Holding { plays_today, ..holding(&lease) }, Now::Trusted(NOON));
    assert!(matches!(plays(1), Access::Playable { .. }));
    assert_eq!(plays(2), Access::DoseReached { again_at: Some(lease.days[1]) });
    // At the very start of a day it is the next that is waited for.
    let awake = LeaseHeader { quiet: vec![], ..lease.clone() };
    let midnight = access(&Holding { plays_today: 2, ..holding(&awake) }, Now::Trusted(lease.days[1]));
    assert_eq!(midnight, Access::DoseReached { again_at: Some(lease.days[2]) });
    let unlimited = LeaseHeader { daily_limit: None, ..lease.clone() };
    let many = Holding { plays_today: 900, ..holding(&unlimited) };
    assert!(matches!(access(&many, Now::Trusted(NOON)), Access::Playable { .. }));
}

#[test]
fn a_held_clip_and_one_that_begins_later_do_not_play() {
    let lease = LeaseHeader { not_before: Some(NOON + Span::from_hours(1)), ..lease() };
    assert_eq!(at(&lease, NOON), Access::Later { from: NOON + Span::from_hours(1) });
    assert!(matches!(at(&lease, NOON + Span::from_hours(1)), Access::Playable { .. }));
    let held = Holding { held: true, ..holding(&lease) };
    assert_eq!(access(&held, Now::Trusted(NOON)), Access::Held);
}

#[test]
fn the_words_of_purposes_are_these_and_read_back() {
    let words: Vec<_> = Purpose::all().map(Purpose::as_str).collect();
    assert_eq!(
        words,
        [
            "record",
            "release_to_client",
            "review_together",
            "share_practice_data",
            "supervision",
            "training",
            "quality_review"
        ]
    );
    assert!(words.into_iter().map(Purpose::parse).eq(Purpose::all().map(Some)));
    assert_eq!(Purpose::parse("release"), None);
}

#[test]
fn every_role_may_what_its_column_says_and_nothing_else() {
    use StaffAct::*;
    let therapist = [
        AddClient,
        AddParticipant,
        AddRecording,
        AddForm,
        KeepClips,
        SeeClips,
        Decide,
        KeepCasebook,
        ReadJournal,
        ConfirmRestore,
    ];
    for (role, allowed) in [
        (Role::Therapist, therapist.as_slice()),
        (Role::Supervisor, &[]),
        (Role::PracticeAdmin, &[AddForm, WithdrawForAnyClient, RemoveColleaguesDevice]),
    ] {
        let found: Vec<_> = StaffAct::all().filter(|act| may(role, *act)).collect();
        let wanted: Vec<_> = StaffAct::all().filter(|act| allowed.contains(act)).collect();
        assert_eq!(found, wanted, "{}", role.as_str());
        assert_eq!(Role::parse(role.as_str()), Some(role));
    }
}
