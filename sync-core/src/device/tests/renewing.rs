//! When leases are asked for.

use super::*;

fn wants(phone: &mut Phone, shelf: &Shelf) -> bool {
    let reading = phone.reading();
    phone.companion.wants_leases(shelf, reading)
}

fn quiet() -> (Practice, Phone, Shelf) {
    let (mut practice, mut phone) = practice_and_phone();
    let shelf = on_shelf(&[(1, ShelfState::Live)]);
    assert!(wants(&mut phone, &shelf), "at the start");
    phone.renew(&mut practice, NOON, &[lease(1, 1)], &[]);
    phone.wait(Span::from_hours(2));
    assert!(!wants(&mut phone, &shelf));
    (practice, phone, shelf)
}

#[test]
fn leases_are_asked_for_when_half_of_the_time_without_contact_is_gone() {
    let (_, mut phone, shelf) = quiet();
    phone.wait(Span::from_hours(33));
    assert!(!wants(&mut phone, &shelf));
    phone.wait(Span::from_hours(2));
    assert!(wants(&mut phone, &shelf));
}

#[test]
fn leases_are_asked_for_when_half_of_the_budget_is_gone() {
    let (_, mut phone, shelf) = quiet();
    phone.companion.debit(release(1), Span::from_mins(4), phone.reading()).unwrap();
    assert!(!wants(&mut phone, &shelf));
    phone.companion.debit(release(1), Span::from_mins(1), phone.reading()).unwrap();
    assert!(wants(&mut phone, &shelf));
}

#[test]
fn leases_are_asked_for_when_the_shelf_changes_and_a_minute_later_at_the_earliest() {
    let (mut practice, mut phone, _) = quiet();
    let more = on_shelf(&[(1, ShelfState::Live), (2, ShelfState::Live)]);
    assert!(wants(&mut phone, &more));
    phone.renew(&mut practice, NOON + Span::from_hours(2), &[lease(2, 1)], &[]);
    let even_more = on_shelf(&[(1, ShelfState::Live), (2, ShelfState::Live), (3, ShelfState::Live)]);
    phone.wait(Span::from_secs(59));
    assert!(!wants(&mut phone, &even_more));
    phone.wait(Span::from_secs(1));
    assert!(wants(&mut phone, &even_more));
}

#[test]
fn a_lease_that_ends_otherwise_than_the_shelf_says_is_not_asked_for_again_and_again() {
    let (mut practice, mut phone) = practice_and_phone();
    let shelf = on_shelf(&[(1, ShelfState::Live)]);
    assert!(wants(&mut phone, &shelf));
    let shorter = LeaseHeader { ends_at: NOON + Span::from_days(20), ..lease(1, 1) };
    phone.renew(&mut practice, NOON, &[shorter], &[]);
    phone.wait(Span::from_hours(3));
    assert!(!wants(&mut phone, &shelf));
}

#[test]
fn while_asking_brings_nothing_it_is_done_less_and_less_often() {
    let (mut practice, mut phone) = practice_and_phone();
    let shelf = on_shelf(&[(1, ShelfState::Live)]);
    let mut asked = 0;
    for _ in 0..(24 * 60) {
        if wants(&mut phone, &shelf) {
            asked += 1;
            phone.companion.ask([asked; 32], phone.reading());
        }
        phone.wait(Span::from_mins(1));
    }
    assert!((20..40).contains(&asked), "{asked} times a day");
    let batch = practice.batch([asked; 32], NOON + Span::from_days(1), &[], &[]);
    let _ = phone.companion.take_batch(&batch, phone.reading());
    let more = on_shelf(&[(1, ShelfState::Live), (2, ShelfState::Live)]);
    assert!(wants(&mut phone, &more), "news do not wait");
}

#[test]
fn an_unpaired_device_asks_for_nothing() {
    let (practice, mut phone, shelf) = quiet();
    let effects = phone.companion.take_denial(&practice.denial(0, 0, DenialKind::Unpaired));
    phone.carry_out(effects);
    phone.wait(Span::from_days(9));
    assert!(!wants(&mut phone, &shelf));
}

#[test]
fn what_is_held_is_named_with_its_generation() {
    let (mut practice, mut phone, _) = quiet();
    phone.renew(&mut practice, NOON + Span::from_hours(2), &[lease(1, 2), lease(2, 5)], &[]);
    phone.renew(&mut practice, NOON + Span::from_hours(2), &[], &[]);
    assert_eq!(phone.asked.last().unwrap().0, [(release(1), 2), (release(2), 5)]);
}
