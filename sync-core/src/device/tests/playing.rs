//! Time, budget and counts (invariants I2 and I10).

use super::*;
use crate::{documents::PartOfDay, policy::Access};

#[test]
fn i2_in_flight_mode_a_lease_ends_on_time() {
    let (_, mut phone) = ready();
    phone.wait(Span::from_days(3).saturating_sub(Span::from_millis(1)));
    assert!(phone.plays(1));
    phone.wait(Span::from_millis(1));
    assert_eq!(phone.access(1), Access::Lapsed);
    let denied = phone.companion.debit(release(1), DEBIT_STEP, phone.reading());
    assert_eq!(denied, Err(Access::Lapsed));
}

#[test]
fn i10_in_flight_mode_with_the_clock_set_back_nothing_is_gained() {
    let (_, mut phone) = ready();
    phone.wait(Span::from_days(2));
    assert!(phone.plays(1));
    phone.wall = NOON - Span::from_days(5);
    assert!(phone.plays(1), "the monotonic clock still counts");
    phone.wait(Span::from_days(1));
    assert_eq!(phone.access(1), Access::Lapsed);
    let effects = phone.companion.tick(phone.reading());
    phone.carry_out(effects);
    assert!(phone.keys.is_empty());
}

#[test]
fn i10_after_a_restart_with_the_clock_set_back_nothing_plays_until_contact() {
    let (mut practice, mut phone) = ready();
    phone.wait(Span::from_days(2));
    let effects = phone.companion.tick(phone.reading());
    phone.carry_out(effects);
    phone.wall = NOON;
    phone.restart();
    assert_eq!(phone.access(1), Access::NeedsContact);
    assert_eq!(phone.companion.debit(release(1), DEBIT_STEP, phone.reading()), Err(Access::NeedsContact));
    phone.renew(&mut practice, NOON + Span::from_days(2), &[], &[]);
    assert!(phone.plays(1), "contact repairs it");
}

#[test]
fn i2_a_clock_held_still_runs_out_of_budget() {
    let (_, mut phone) = ready();
    let mut played = Span::ZERO;
    loop {
        phone.restart();
        match phone.companion.debit(release(1), DEBIT_STEP, phone.reading()) {
            Ok(effects) => phone.carry_out(effects),
            Err(refused) => {
                assert_eq!(refused, Access::NeedsContact);
                break;
            }
        }
        played = played.saturating_add(DEBIT_STEP);
        assert!(played <= lease(1, 1).budget, "the budget is spent before it is played, and saved");
    }
    assert_eq!(played, lease(1, 1).budget);
}

#[test]
fn i2_one_debit_never_exceeds_what_is_left() {
    let (mut practice, mut phone) = ready();
    let budget = lease(1, 1).budget;
    let too_much = budget.saturating_add(Span::from_millis(1));
    assert_eq!(phone.companion.debit(release(1), too_much, phone.reading()), Err(Access::NeedsContact));
    assert!(phone.companion.debit(release(1), budget, phone.reading()).is_ok());
    assert_eq!(phone.access(1), Access::NeedsContact);
    phone.renew(&mut practice, NOON, &[lease(1, 2)], &[]);
    assert!(phone.plays(1), "a newer lease brings a new budget");
}

fn play(phone: &mut Phone, heard: u64) -> Option<u16> {
    let (duration, reading) = (Span::from_mins(10), phone.reading());
    let (effects, counted) =
        phone.companion.played(release(1), Span::from_secs(heard), duration, false, reading);
    phone.carry_out(effects);
    counted.map(|play| play.count)
}

#[test]
fn a_play_counts_from_half_a_minute_a_quarter_or_the_end() {
    let (_, mut phone) = ready();
    assert_eq!(play(&mut phone, 29), None);
    assert_eq!(play(&mut phone, 30), Some(1));
    let short = |phone: &mut Phone, heard, to_the_end| {
        let reading = phone.reading();
        let played = phone.companion.played(
            release(1),
            Span::from_secs(heard),
            Span::from_secs(40),
            to_the_end,
            reading,
        );
        played.1.map(|play| play.count)
    };
    assert_eq!(short(&mut phone, 9, false), None);
    assert_eq!(short(&mut phone, 10, false), Some(2));
    assert_eq!(short(&mut phone, 1, true), Some(3));
}

#[test]
fn a_play_is_told_by_its_local_day_and_the_part_of_it() {
    let (_, mut phone) = ready();
    let played = |phone: &mut Phone| {
        phone.companion.played(release(1), Span::from_mins(1), Span::from_mins(2), false, phone.reading()).1
    };
    let day = NOON - Span::from_hours(12);
    let first = Counted { day, part: Some(PartOfDay::Afternoon), count: 1 };
    assert_eq!(played(&mut phone), Some(first));
    phone.wait(Span::from_hours(13));
    let night = Counted { day: NOON + Span::from_hours(12), part: Some(PartOfDay::Night), count: 1 };
    assert_eq!(played(&mut phone), Some(night));
}

#[test]
fn the_daily_limit_survives_a_restart_a_renewal_and_a_lapse_but_not_the_night() {
    let (mut practice, mut phone) = ready();
    play(&mut phone, 60);
    play(&mut phone, 60);
    let tomorrow = NOON + Span::from_hours(12);
    assert_eq!(phone.access(1), Access::DoseReached { again_at: Some(tomorrow) });
    phone.restart();
    assert!(!phone.plays(1));
    let short = LeaseHeader { valid_until: NOON + Span::from_hours(1), ..lease(1, 2) };
    phone.renew(&mut practice, NOON, &[short], &[]);
    assert!(!phone.plays(1));
    phone.wait(Span::from_hours(2));
    let effects = phone.companion.tick(phone.reading());
    phone.carry_out(effects);
    assert!(phone.companion.held(release(1)).is_none());
    phone.restart();
    phone.renew(&mut practice, NOON + Span::from_hours(2), &[lease(1, 3)], &[]);
    assert_eq!(phone.access(1), Access::DoseReached { again_at: Some(tomorrow) });
    phone.wait(Span::from_hours(10));
    assert!(phone.plays(1));
}

/// A lease whose days begin so many hours from this test's own midnights.
fn lease_in_a_zone(generation: u64, hours: i64) -> LeaseHeader {
    let shift = |day: Instant| Instant::from_millis(day.as_millis() + hours * 3_600_000);
    let home = lease(1, generation);
    LeaseHeader { days: home.days.iter().copied().map(shift).collect(), ..home }
}

#[test]
fn a_journey_gives_no_play_anew_and_the_night_at_its_end_does() {
    for hours in [-9_i64, -1, 1, 9] {
        let (mut practice, mut phone) = ready();
        play(&mut phone, 60);
        play(&mut phone, 60);
        assert!(!phone.plays(1));
        phone.renew(&mut practice, NOON, &[lease_in_a_zone(2, hours)], &[]);
        assert!(!phone.plays(1), "{hours} hours away");
        assert_eq!(phone.companion.plays_left(release(1), phone.reading()), Some(0));
        phone.restart();
        assert!(!phone.plays(1));
        // Back again: what was played at home still counts, once.
        phone.renew(&mut practice, NOON, &[lease(1, 3)], &[]);
        assert!(!phone.plays(1));
        phone.renew(&mut practice, NOON, &[lease_in_a_zone(4, hours)], &[]);
        phone.wait(Span::from_hours(24));
        assert!(phone.plays(1), "{hours} hours away, a day later");
        assert_eq!(phone.companion.plays_left(release(1), phone.reading()), Some(2));
    }
}

#[test]
fn a_suspicious_leap_locks_and_does_not_erase() {
    let (mut practice, mut phone) = ready();
    phone.wall = phone.wall + Span::from_days(10);
    assert_eq!(phone.access(1), Access::Lapsed);
    let effects = phone.companion.tick(phone.reading());
    phone.carry_out(effects);
    assert!(phone.keys.contains(&release(1)), "locked, not erased");
    phone.wall = phone.wall - Span::from_days(10);
    phone.restart();
    assert_eq!(phone.access(1), Access::NeedsContact, "and not played after setting it back");
    phone.renew(&mut practice, NOON, &[], &[]);
    assert!(phone.plays(1), "contact repairs it");
}

#[test]
fn a_suspicious_leap_that_nobody_repairs_erases_after_a_day() {
    let (_, mut phone) = ready();
    phone.wall = phone.wall + Span::from_days(10);
    let effects = phone.companion.tick(phone.reading());
    phone.carry_out(effects);
    phone.restart();
    phone.wait(Span::from_hours(24));
    let effects = phone.companion.tick(phone.reading());
    phone.carry_out(effects);
    assert!(phone.keys.is_empty() && phone.ciphertexts.is_empty());
    assert_eq!(phone.receipts().last().unwrap().1, ReceiptKind::Lapsed);
}

#[test]
fn an_app_that_was_closed_for_days_plays_on_while_its_lease_lasts() {
    let (mut practice, mut phone) = practice_and_phone();
    let long = LeaseHeader { valid_until: NOON + Span::from_days(7), ..lease(1, 1) };
    phone.renew(&mut practice, NOON, &[long], &[]);
    phone.wait(Span::from_days(4));
    phone.restart();
    assert!(phone.plays(1));
    phone.wait(Span::from_days(3));
    assert_eq!(phone.access(1), Access::Lapsed);
}

#[test]
fn nothing_plays_before_it_is_ready_or_when_it_is_unknown() {
    let (mut practice, mut phone) = practice_and_phone();
    assert_eq!(phone.access(1), Access::NeedsContact);
    phone.network_is_good = false;
    phone.renew(&mut practice, NOON, &[lease(1, 1)], &[]);
    assert_eq!(phone.access(1), Access::NeedsContact);
    let tries = phone.done.iter().filter(|effect| **effect == Effect::Fetch(release(1))).count();
    assert_eq!(tries, 3, "it is tried a few times");
    assert_eq!(phone.receipts(), [(1, ReceiptKind::Failed, ReceiptCause::Lease, 1)], "and told once");
    assert!(phone.ciphertexts.is_empty());
}

#[test]
fn what_is_left_of_the_day_is_told() {
    let (_, mut phone) = ready();
    assert_eq!(phone.companion.plays_left(release(1), phone.reading()), Some(2));
    let heard = Span::from_secs(40);
    phone.companion.played(release(1), heard, Span::from_mins(2), false, phone.reading());
    assert_eq!(phone.companion.plays_left(release(1), phone.reading()), Some(1));
    assert_eq!(phone.companion.plays_left(release(2), phone.reading()), None);
    assert_eq!(phone.companion.trusted(phone.reading()), Some(NOON));
}

#[test]
fn a_play_that_was_the_days_last_is_heard_to_its_end() {
    let (_, mut phone) = ready();
    for _ in 0..2 {
        assert!(phone.plays(1));
        let heard = Span::from_secs(40);
        phone.companion.played(release(1), heard, Span::from_mins(2), false, phone.reading());
    }
    let again = phone.companion.debit(release(1), DEBIT_STEP, phone.reading());
    assert!(matches!(again, Err(Access::DoseReached { .. })));
    let mut steps = 0;
    while phone.companion.debit_counted(release(1), DEBIT_STEP, phone.reading()).is_ok() {
        steps += 1;
    }
    assert_eq!(steps, 10, "the budget bounds it all the same");
    phone.wait(Span::from_days(3));
    assert_eq!(phone.companion.debit_counted(release(1), DEBIT_STEP, phone.reading()), Err(Access::Lapsed));
}
