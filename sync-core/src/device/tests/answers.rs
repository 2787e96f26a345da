//! Which answers of the network are an answer.

use super::*;
use crate::lease::{BadSignature, BatchError, StatementError};

pub(super) fn asked(phone: &mut Phone, nonce: u8) -> [u8; 32] {
    let effects = phone.companion.ask([nonce; 32], phone.reading());
    phone.carry_out(effects);
    [nonce; 32]
}

#[test]
fn an_answer_that_nobody_asked_for_or_that_comes_twice_is_none() {
    let (mut practice, mut phone) = practice_and_phone();
    let batch = practice.batch([1; 32], NOON, &[lease(1, 1)], &[]);
    assert_eq!(phone.companion.take_batch(&batch, phone.reading()), Err(Invalid::NotAsked));
    asked(&mut phone, 1);
    assert!(phone.companion.take_batch(&batch, phone.reading()).is_ok());
    assert_eq!(phone.companion.take_batch(&batch, phone.reading()), Err(Invalid::NotAsked), "replayed");
    asked(&mut phone, 2);
    let stale = phone.companion.take_batch(&batch, phone.reading());
    assert_eq!(stale, Err(Invalid::Batch(BatchError::NotMyQuestion)));
}

#[test]
fn an_unsigned_or_foreign_answer_is_merely_no_contact() {
    let (mut practice, mut phone) = ready();
    let nonce = asked(&mut phone, 2);
    let denial = practice.denial(1, 1, DenialKind::Ended);
    let mut unsigned = practice.batch(nonce, NOON, &[], &[denial]);
    unsigned.signature = [0; 64];
    let bad = Invalid::Batch(StatementError::from(BadSignature).into());
    assert_eq!(phone.companion.take_batch(&unsigned, phone.reading()), Err(bad));
    practice.authority = signing_key(10);
    let denial = practice.denial(1, 1, DenialKind::Ended);
    let foreign = practice.batch(nonce, NOON - Span::from_days(9), &[], &[denial]);
    let another = Invalid::Batch(BatchError::AnotherKey);
    assert_eq!(phone.companion.take_batch(&foreign, phone.reading()), Err(another));
    assert!(phone.plays(1), "nothing changed");
    assert!(phone.companion.take_denial(&practice.denial(1, 1, DenialKind::Ended)).is_empty());
    assert!(phone.plays(1));
}

#[test]
fn a_denial_of_another_device_says_nothing() {
    let (practice, mut phone) = ready();
    let stray = Denial {
        id: DenialId::from_bytes([0; 16]),
        device: device(2),
        release: Some(release(1)),
        upto_generation: 9,
        kind: DenialKind::Ended,
        at: NOON,
        issued_at: NOON,
        incarnation: practice.incarnation,
    };
    assert!(phone.companion.take_denial(&stray.sign(&practice.authority)).is_empty());
    assert!(phone.plays(1));
}

#[test]
fn an_answer_that_took_too_long_sets_no_clock_but_its_denials_hold() {
    let (mut practice, mut phone) = ready();
    let nonce = asked(&mut phone, 2);
    phone.wait(Span::from_secs(61));
    let late = practice.batch(nonce, NOON - Span::from_days(1), &[lease(2, 1)], &[]);
    assert_eq!(phone.companion.take_batch(&late, phone.reading()), Err(Invalid::TooSlow));
    assert!(phone.companion.held(release(2)).is_none());
    let denial = practice.denial(1, 1, DenialKind::Ended);
    let denying = practice.batch(nonce, NOON, &[lease(2, 1)], &[denial]);
    let effects = phone.companion.take_batch(&denying, phone.reading()).unwrap();
    phone.carry_out(effects);
    assert_eq!(phone.access(1), Access::Ended);
    assert!(phone.companion.held(release(2)).is_none());
}

#[test]
fn a_lease_that_is_not_newer_is_not_taken() {
    let (mut practice, mut phone) = ready();
    let looser = LeaseHeader { budget: Span::from_days(1), daily_limit: None, ..lease(1, 1) };
    phone.renew(&mut practice, NOON, &[looser], &[]);
    assert_eq!(phone.companion.held(release(1)).unwrap().lease, lease(1, 1));
}

#[test]
fn i1_an_older_generation_is_refused_after_a_tombstone() {
    let (mut practice, mut phone) = ready();
    let denial = practice.denial(1, 5, DenialKind::Ended);
    phone.renew(&mut practice, NOON, &[], &[denial]);
    phone.renew(&mut practice, NOON, &[lease(1, 5)], &[]);
    assert_eq!(phone.access(1), Access::Ended);
    assert!(phone.keys.is_empty());
    phone.restart();
    phone.renew(&mut practice, NOON, &[lease(1, 4)], &[]);
    assert_eq!(phone.access(1), Access::Ended);
    phone.renew(&mut practice, NOON, &[lease(1, 6)], &[]);
    assert!(phone.plays(1), "one that was granted after the end is newer");
}

#[test]
fn i2_a_lease_that_was_under_way_while_its_release_ended_is_not_taken() {
    let (mut practice, mut phone) = ready();
    let nonce = asked(&mut phone, 2);
    let under_way = practice.batch(nonce, NOON, &[lease(1, 2), lease(2, 1)], &[]);
    phone.carry_out_shelf(&[(1, ShelfState::Ended), (2, ShelfState::Ended)]);
    let effects = phone.companion.take_batch(&under_way, phone.reading()).unwrap();
    phone.carry_out(effects);
    assert_eq!((phone.access(1), phone.access(2)), (Access::Ended, Access::Ended));
    assert!(phone.keys.is_empty());
}

#[test]
fn i2_an_end_that_comes_while_the_key_store_opens_is_heeded() {
    let ends: [fn(&Practice, &mut Phone); 4] = [
        |_, phone| phone.carry_out_shelf(&[(1, ShelfState::Ended)]),
        |practice, phone| {
            let effects = phone.companion.take_denial(&practice.denial(1, 2, DenialKind::Ended));
            phone.carry_out(effects);
        },
        |practice, phone| {
            let effects = phone.companion.take_denial(&practice.denial(0, 0, DenialKind::Unpaired));
            phone.carry_out(effects);
        },
        |_, phone| {
            let effects = phone.companion.remove(release(1));
            phone.carry_out(effects);
        },
    ];
    for begin in [practice_and_phone, ready] {
        for end in ends {
            let (mut practice, mut phone) = begin();
            let nonce = asked(&mut phone, 2);
            let batch = practice.batch(nonce, NOON, &[lease(1, 2)], &[]);
            let effects = phone.companion.take_batch(&batch, phone.reading()).unwrap();
            let Some(Effect::OpenBatch { enc, info, items }) = effects.last() else { panic!() };
            let opened = phone.open(enc, info, items);
            end(&practice, &mut phone);
            let effects = phone.companion.opened(&opened);
            phone.carry_out(effects);
            assert_eq!(phone.access(1), Access::Ended);
            assert!(phone.keys.is_empty(), "what was opened is erased again");
        }
    }
}

#[test]
fn a_pause_or_a_lapse_while_the_key_store_opens_leaves_no_key_behind() {
    let open = |practice: &mut Practice, phone: &mut Phone| {
        let nonce = asked(phone, 2);
        let at = phone.wall;
        let newer = LeaseHeader { valid_until: at + Span::from_days(3), ..lease(1, 2) };
        let batch = practice.batch(nonce, at, &[newer], &[]);
        let effects = phone.companion.take_batch(&batch, phone.reading()).unwrap();
        let Some(Effect::OpenBatch { enc, info, items }) = effects.last() else { panic!() };
        phone.open(enc, info, items)
    };
    let (mut practice, mut phone) = ready();
    let opened = open(&mut practice, &mut phone);
    let effects = phone.companion.take_denial(&practice.denial(1, 2, DenialKind::Paused));
    phone.carry_out(effects);
    // The key store was slower than the pause.
    phone.keys.insert(release(1));
    let effects = phone.companion.opened(&opened);
    phone.carry_out(effects);
    assert_eq!(phone.access(1), Access::Held);
    assert!(phone.keys.is_empty() && phone.ciphertexts.contains(&release(1)));

    let (mut practice, mut phone) = ready();
    phone.wait(Span::from_days(3));
    let opened = open(&mut practice, &mut phone);
    // The old lease has run out in this moment, and its key goes: with it the newer one's, which is stored by now.
    let erasing = phone.companion.tick(phone.reading());
    let effects = phone.companion.opened(&opened);
    phone.carry_out(erasing);
    phone.carry_out(effects);
    assert!(phone.keys.is_empty() && phone.companion.held(release(1)).is_none());
    assert_eq!(phone.receipts().last().unwrap().1, ReceiptKind::Lapsed);
    phone.wait(RENEW_GAP.saturating_add(RENEW_GAP));
    let shelf = on_shelf(&[(1, ShelfState::Live)]);
    assert!(phone.companion.wants_leases(&shelf, phone.reading()), "it is asked for again");
    let now = phone.wall;
    let newest = LeaseHeader { valid_until: now + Span::from_days(3), ..lease(1, 3) };
    phone.renew(&mut practice, now, &[newest], &[]);
    assert!(phone.plays(1));
}

#[test]
fn i10_an_answer_that_waited_while_the_device_slept_took_too_long() {
    let (mut practice, mut phone) = ready();
    let nonce = asked(&mut phone, 2);
    let late = practice.batch(nonce, NOON, &[lease(1, 2)], &[]);
    // The monotonic clock of a browser may stand still in a sleep.
    phone.wall = phone.wall + Span::from_hours(9);
    phone.mono = phone.mono.saturating_add(Span::from_secs(1));
    assert_eq!(phone.companion.take_batch(&late, phone.reading()), Err(Invalid::TooSlow));
    phone.wall = NOON + Span::from_days(3);
    assert_eq!(phone.access(1), Access::Lapsed, "nine hours were not won");
}

#[test]
fn a_pause_on_the_shelf_counts_beside_a_newer_lease() {
    let (mut practice, mut phone) = ready();
    phone.carry_out_shelf(&[(1, ShelfState::Paused)]);
    phone.renew(&mut practice, NOON, &[lease(1, 2)], &[]);
    assert_eq!(phone.access(1), Access::Held);
    assert!(phone.keys.is_empty());
    phone.carry_out_shelf(&[(1, ShelfState::Live)]);
    phone.renew(&mut practice, NOON, &[lease(1, 3)], &[]);
    assert!(phone.plays(1));
}

#[test]
fn a_clip_that_was_paused_while_it_was_fetched_is_read_back_before_it_counts_as_ready() {
    let (mut practice, mut phone) = practice_and_phone();
    phone.network_is_good = false;
    phone.renew(&mut practice, NOON, &[lease(1, 1)], &[]);
    let denial = practice.denial(1, 1, DenialKind::Paused);
    phone.renew(&mut practice, NOON, &[], &[denial]);
    phone.renew(&mut practice, NOON, &[lease(1, 2)], &[]);
    assert!(!phone.plays(1));
    phone.network_is_good = true;
    phone.renew(&mut practice, NOON, &[lease(1, 3)], &[]);
    assert!(phone.plays(1));
}

#[test]
fn i7_a_restored_server_is_given_its_denials_before_its_leases_are_taken() {
    let (mut practice, mut phone) = ready();
    let denial = practice.denial(1, 1, DenialKind::Ended);
    phone.renew(&mut practice, NOON, &[], &[denial]);
    assert_eq!(phone.asked.last().unwrap().1, 0);
    practice.incarnation = IncarnationId::from_bytes(sixteen(8, 2));
    phone.renew(&mut practice, NOON, &[lease(1, 2), lease(2, 1)], &[]);
    assert_eq!(phone.access(1), Access::Ended, "a server that has forgotten the end is not believed");
    assert!(phone.plays(2));
    phone.restart();
    let shelf = on_shelf(&[(2, ShelfState::Live)]);
    assert!(phone.companion.wants_leases(&shelf, phone.reading()));
    phone.renew(&mut practice, NOON, &[], &[]);
    assert_eq!(phone.asked.last().unwrap().1, 1, "the denial is handed in");
    phone.renew(&mut practice, NOON, &[], &[]);
    assert_eq!(phone.asked.last().unwrap().1, 0, "once");
}

#[test]
fn i7_more_denials_than_a_question_may_hand_in_are_handed_in_by_and_by() {
    let (mut practice, mut phone) = practice_and_phone();
    let numbered = |n: usize| {
        let mut bytes = sixteen(5, 0);
        bytes[14..].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
        ReleaseId::from_bytes(bytes)
    };
    let denials = |practice: &Practice, n: usize| {
        let template =
            Denial::open(&practice.denial(1, 1, DenialKind::Ended), practice.authority.verifying_key());
        Denial { release: Some(numbered(n)), ..template.unwrap() }.sign(&practice.authority)
    };
    for n in 0..600 {
        let denial = denials(&practice, n);
        let effects = phone.companion.take_denial(&denial);
        phone.carry_out(effects);
    }
    phone.renew(&mut practice, NOON, &[], &[]);
    practice.incarnation = IncarnationId::from_bytes(sixteen(8, 2));
    phone.renew(&mut practice, NOON, &[], &[]);
    let forgotten = LeaseHeader { release: numbered(599), ..lease(1, 2) };
    for expected in [256, 256, 88] {
        assert!(phone.companion.wants_leases(&on_shelf(&[]), phone.reading()) || expected > 0);
        phone.renew(&mut practice, NOON, std::slice::from_ref(&forgotten), &[]);
        assert_eq!(phone.asked.last().unwrap().1, expected);
        let told = expected == 88;
        assert_eq!(
            phone.companion.held(numbered(599)).is_some(),
            told,
            "before all are told none is believed"
        );
    }
    phone.renew(&mut practice, NOON, &[], &[]);
    assert_eq!(phone.asked.last().unwrap().1, 0);
}

#[test]
fn a_restored_server_that_takes_less_at_once_is_given_every_denial_all_the_same() {
    let (mut practice, mut phone) = practice_and_phone();
    for n in 1..=100 {
        let effects = phone.companion.take_denial(&practice.denial(n, 1, DenialKind::Ended));
        phone.carry_out(effects);
    }
    phone.renew(&mut practice, NOON, &[], &[]);
    practice.incarnation = IncarnationId::from_bytes(sixteen(8, 2));
    phone.renew(&mut practice, NOON, &[], &[]);
    let asks = |phone: &mut Phone, nonce| match phone.companion.ask(nonce, phone.reading()).as_slice() {
        [Effect::Ask { denials, .. }] => denials.len(),
        effects => panic!("{effects:?}"),
    };
    // 256, 128, 64 would fit; what stands before the server takes 32.
    for n in 0..3 {
        assert!(asks(&mut phone, [n; 32]) > 32);
        phone.companion.shorten_question();
        phone.wait(NEWS_GAP);
        assert!(phone.companion.wants_leases(&on_shelf(&[]), phone.reading()));
    }
    for (n, expected) in [(10, 32), (11, 32), (12, 32), (13, 4), (14, 0)] {
        phone.wait(NEWS_GAP);
        assert_eq!(phone.companion.wants_leases(&on_shelf(&[]), phone.reading()), expected > 0, "{n}");
        assert_eq!(asks(&mut phone, [n; 32]), expected);
        let answer = practice.batch([n; 32], NOON, &[], &[]);
        phone.companion.take_batch(&answer, phone.reading()).unwrap();
    }
}

#[test]
fn a_server_that_greets_from_another_life_is_asked_at_once() {
    let (mut practice, mut phone) = ready();
    let shelf = on_shelf(&[(1, ShelfState::Live)]);
    phone.wait(Span::from_secs(120));
    assert!(phone.companion.wants_leases(&shelf, phone.reading()));
    phone.renew(&mut practice, NOON + Span::from_secs(120), &[], &[]);
    phone.wait(Span::from_secs(120));
    assert!(!phone.companion.wants_leases(&shelf, phone.reading()));
    assert!(!phone.companion.greeted(&practice.incarnation.to_string()));
    assert!(!phone.companion.wants_leases(&shelf, phone.reading()), "the life that is known");
    let another = IncarnationId::from_bytes(sixteen(8, 2));
    assert!(phone.companion.greeted(&another.to_string()));
    assert!(phone.companion.wants_leases(&shelf, phone.reading()));
}

#[test]
fn i1_an_end_that_the_shelf_has_shown_stays_when_a_restored_shelf_says_nothing_of_it() {
    let (mut practice, mut phone) = practice_and_phone();
    let nonce = asked(&mut phone, 1);
    let under_way = practice.batch(nonce, NOON, &[lease(1, 1)], &[]);
    phone.carry_out_shelf(&[(1, ShelfState::Ended)]);
    for later in [&[][..], &[(1, ShelfState::Live)], &[(1, ShelfState::Paused)]] {
        phone.carry_out_shelf(later);
    }
    let effects = phone.companion.take_batch(&under_way, phone.reading()).unwrap();
    phone.carry_out(effects);
    assert!(!phone.plays(1) && phone.companion.held(release(1)).is_none());
    // And it does not ask for what it would not take, as often as it may.
    let shelf = on_shelf(&[(1, ShelfState::Live)]);
    phone.wait(Span::from_mins(2));
    assert!(phone.companion.wants_leases(&shelf, phone.reading()), "the shelf is another one");
    let nonce = asked(&mut phone, 2);
    let answer = practice.batch(nonce, NOON, &[], &[]);
    phone.companion.take_batch(&answer, phone.reading()).unwrap();
    phone.wait(Span::from_mins(30));
    assert!(!phone.companion.wants_leases(&shelf, phone.reading()));
}
