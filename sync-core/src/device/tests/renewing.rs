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
fn what_is_new_on_the_shelf_is_asked_for_a_second_after_the_last_question() {
    let (mut practice, mut phone, _) = quiet();
    let more = on_shelf(&[(1, ShelfState::Live), (2, ShelfState::Live)]);
    assert!(wants(&mut phone, &more), "at once, where nothing was asked lately");
    phone.renew(&mut practice, NOON + Span::from_hours(2), &[lease(2, 1)], &[]);
    assert_eq!(phone.companion.news_in(&more, phone.reading()), None);
    let even_more = on_shelf(&[(1, ShelfState::Live), (2, ShelfState::Live), (3, ShelfState::Live)]);
    phone.wait(Span::from_millis(300));
    assert!(!wants(&mut phone, &even_more));
    let left = phone.companion.news_in(&even_more, phone.reading());
    assert_eq!(left, Some(Span::from_millis(700)), "the platform looks again then");
    phone.wait(Span::from_millis(700));
    assert!(wants(&mut phone, &even_more));
}

#[test]
fn a_shelf_that_changes_all_the_time_leads_to_six_questions_a_minute_and_none_of_its_changes_is_missed() {
    let (mut practice, mut phone, _) = quiet();
    let mut asked = Vec::new();
    for second in 0..180_u8 {
        let changing = on_shelf(&[(1, ShelfState::Live), (second, ShelfState::Live)]);
        if wants(&mut phone, &changing) {
            asked.push(second);
            let now = phone.wall;
            phone.renew(&mut practice, now, &[lease(1, 2 + u64::from(second))], &[]);
        }
        phone.wait(Span::from_secs(1));
    }
    let within_a_minute = |from: &u8| asked.iter().filter(|at| (*from..from + 60).contains(*at)).count();
    assert_eq!(asked.iter().map(within_a_minute).max(), Some(NEWS_A_MINUTE), "{asked:?}");
    assert_eq!(asked[..6], [0, 1, 2, 3, 4, 5]);
    let last = on_shelf(&[(1, ShelfState::Live), (200, ShelfState::Live)]);
    let left = phone.companion.news_in(&last, phone.reading()).unwrap();
    assert!(left <= Span::from_secs(60));
    phone.wait(left);
    assert!(wants(&mut phone, &last));
}

#[test]
fn somebody_who_calls_is_asked_for_although_the_shelf_has_used_up_its_minute() {
    let (mut practice, mut phone, shelf) = quiet();
    for n in 0..6 {
        let changed = on_shelf(&[(1, ShelfState::Live), (10 + n, ShelfState::Live)]);
        assert!(wants(&mut phone, &changed));
        let now = phone.wall;
        phone.renew(&mut practice, now, &[lease(1, 2 + u64::from(n))], &[]);
        phone.wait(NEWS_GAP);
    }
    assert!(!wants(&mut phone, &shelf), "the shelf waits");
    phone.companion.call();
    assert!(wants(&mut phone, &shelf), "a push may bring an end");
    phone.companion.ask([77; 32], phone.reading());
    phone.companion.call();
    assert!(!wants(&mut phone, &shelf), "a second later");
    let answer = practice.batch([77; 32], phone.wall, &[], &[]);
    phone.companion.take_batch(&answer, phone.reading()).unwrap();
    phone.wait(NEWS_GAP);
    assert!(wants(&mut phone, &shelf), "the answer may not have known of the second call");
}

#[test]
fn a_question_that_comes_to_nothing_is_asked_again_soon_and_then_less_and_less_often() {
    let (_, mut phone, _) = quiet();
    let more = on_shelf(&[(1, ShelfState::Live), (2, ShelfState::Live)]);
    let mut asked = Vec::new();
    for second in 0..7_200_u64 {
        if wants(&mut phone, &more) {
            asked.push(second);
            phone.companion.ask([0; 32], phone.reading());
            phone.companion.no_answer();
        }
        phone.wait(Span::from_secs(1));
    }
    assert_eq!(asked[..6], [0, 1, 3, 7, 15, 31]);
    assert!(asked.len() < 16, "{asked:?}");
}

#[test]
fn a_server_that_is_there_again_is_asked_at_once_what_had_come_to_nothing() {
    let (practice, mut phone, shelf) = quiet();
    let greet = |phone: &mut Phone| phone.companion.greeted(&practice.incarnation.to_string());
    greet(&mut phone);
    assert!(!wants(&mut phone, &shelf), "nothing had");
    for n in 0..9 {
        phone.companion.ask([n; 32], phone.reading());
        phone.companion.no_answer();
    }
    phone.wait(NEWS_GAP);
    assert!(!wants(&mut phone, &shelf));
    greet(&mut phone);
    assert!(wants(&mut phone, &shelf));
}

#[test]
fn a_pause_that_is_over_does_not_rest_any_more_and_waits_for_its_lease() {
    let (mut practice, mut phone) = ready();
    phone.carry_out_shelf(&[(1, ShelfState::Paused)]);
    let denial = practice.denial(1, 1, DenialKind::Paused);
    phone.renew(&mut practice, NOON, &[], &[denial]);
    assert_eq!(phone.access(1), Access::Held);
    phone.carry_out_shelf(&[(1, ShelfState::Live)]);
    assert_eq!(phone.access(1), Access::NeedsContact, "its key is gone");
    phone.restart();
    assert_eq!(phone.access(1), Access::NeedsContact);
    phone.wait(NEWS_GAP);
    let shelf = on_shelf(&[(1, ShelfState::Live)]);
    assert!(wants(&mut phone, &shelf));
    phone.renew(&mut practice, NOON, &[lease(1, 2)], &[]);
    assert!(phone.plays(1));
}

#[test]
fn a_pause_that_is_over_before_it_was_asked_about_is_news_all_the_same() {
    let (mut practice, mut phone, shelf) = quiet();
    phone.carry_out_shelf(&[(1, ShelfState::Live)]);
    let now = phone.wall;
    phone.renew(&mut practice, now, &[lease(1, 2)], &[]);
    assert!(phone.plays(1) && !wants(&mut phone, &shelf));
    phone.carry_out_shelf(&[(1, ShelfState::Paused)]);
    phone.carry_out_shelf(&[(1, ShelfState::Live)]);
    assert!(!phone.plays(1), "its key went with the pause");
    phone.wait(NEWS_GAP);
    assert!(wants(&mut phone, &shelf), "the shelf says what it said before");
}

#[test]
fn what_was_refused_as_too_large_is_said_in_halves() {
    let (_, mut phone) = practice_and_phone();
    for n in 0..100 {
        let _ = phone.companion.remove(release(n));
    }
    let names = |phone: &mut Phone| match phone.companion.ask([1; 32], phone.reading()).as_slice() {
        [Effect::Ask { removed, .. }] => removed.len(),
        effects => panic!("{effects:?}"),
    };
    assert_eq!(names(&mut phone), 100);
    phone.companion.shorten_question();
    assert_eq!(names(&mut phone), 100, "200 would fit");
    phone.companion.shorten_question();
    phone.companion.shorten_question();
    assert_eq!(names(&mut phone), 50);
    for _ in 0..90 {
        phone.companion.shorten_question();
    }
    assert_eq!(names(&mut phone), 1, "never nothing");
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
