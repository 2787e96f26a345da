//! The steps of questions, through answers, deaths and full disks.

use super::*;
use crate::lease::Step;

/// Asks; gives the nonce and the step.
fn ask(phone: &mut Phone) -> ([u8; 32], Step) {
    let nonce = [phone.mono.as_millis() as u8; 32];
    match phone.companion.ask(nonce, phone.reading()).as_slice() {
        [Effect::Ask { step, .. }] => (nonce, *step),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_question_follows_the_batch_that_was_taken_and_repeats_where_none_was() {
    let (mut practice, mut phone) = practice_and_phone();
    assert_eq!(ask(&mut phone).1, Step::FIRST);
    let (nonce, again) = ask(&mut phone);
    assert_eq!(again, Step::FIRST, "the answer was lost");
    let answer = practice.batch(nonce, NOON, &[lease(1, 1)], &[]);
    let effects = phone.companion.take_batch(&answer, phone.reading()).unwrap();
    phone.carry_out(effects);
    let second = Step::FIRST.taking(&answer);
    assert_eq!(ask(&mut phone).1, second);
    phone.restart();
    assert_eq!(ask(&mut phone).1, second, "it was saved");
}

#[test]
fn what_is_not_on_the_disk_is_not_told() {
    let (mut practice, mut phone) = practice_and_phone();
    let (nonce, _) = ask(&mut phone);
    let answer = practice.batch(nonce, NOON, &[], &[]);
    let effects = phone.companion.take_batch(&answer, phone.reading()).unwrap();
    assert_eq!(effects, [Effect::Save]);
    // The disk is full: the bytes are made, and not written.
    let _lost = phone.companion.save();
    assert_eq!(ask(&mut phone).1, Step::FIRST);
    phone.carry_out(vec![Effect::Save]);
    assert_eq!(ask(&mut phone).1, Step::FIRST.taking(&answer));
}

#[test]
fn an_answer_that_came_too_late_is_no_step() {
    let (mut practice, mut phone) = practice_and_phone();
    let (nonce, _) = ask(&mut phone);
    let answer = practice.batch(nonce, NOON, &[], &[]);
    phone.wait(Span::from_mins(2));
    assert!(phone.companion.take_batch(&answer, phone.reading()).is_err());
    phone.carry_out(vec![Effect::Save]);
    assert_eq!(ask(&mut phone).1, Step::FIRST);
}
