//! Every way in which a clip leaves the device (invariant I7).

use super::*;

fn order_of_events(phone: &Phone) -> Vec<&'static str> {
    let events = phone.done.iter().filter_map(|effect| match effect {
        Effect::Save => Some("save"),
        Effect::Erase(_) => Some("erase"),
        Effect::Sign { .. } => Some("sign"),
        Effect::SendReceipts => Some("send"),
        _ => None,
    });
    events.collect()
}

#[test]
fn i7_keys_are_erased_first() {
    let (_, mut phone) = ready();
    phone.done.clear();
    phone.carry_out_shelf(&[(1, ShelfState::Ended)]);
    let expected = ["save", "save", "erase", "save", "sign", "save", "send"];
    assert_eq!(order_of_events(&phone), expected, "intent, erasing, receipt");
    assert!(phone.keys.is_empty() && phone.ciphertexts.is_empty());
    assert_eq!(phone.receipts().last(), Some(&(2, ReceiptKind::Wiped, ReceiptCause::Shelf, 1)));
}

#[test]
fn every_cause_wipes_once_and_says_so() {
    type End = fn(&Practice, &mut Phone) -> Vec<Effect>;
    let causes: [(End, ReceiptKind, ReceiptCause); 4] = [
        (
            |practice, phone| phone.companion.take_denial(&practice.denial(1, 1, DenialKind::Ended)),
            ReceiptKind::Wiped,
            ReceiptCause::Denial,
        ),
        (
            |practice, phone| phone.companion.take_denial(&practice.denial(0, 0, DenialKind::Unpaired)),
            ReceiptKind::Wiped,
            ReceiptCause::Denial,
        ),
        (|_, phone| phone.companion.remove(release(1)), ReceiptKind::Wiped, ReceiptCause::Person),
        (
            |_, phone| {
                phone.wait(Span::from_days(1));
                let effects = phone.companion.tick(phone.reading());
                phone.carry_out(effects);
                phone.wait(Span::from_days(2));
                phone.companion.tick(phone.reading())
            },
            ReceiptKind::Lapsed,
            ReceiptCause::Time,
        ),
    ];
    for (end, kind, cause) in causes {
        let (practice, mut phone) = ready();
        let effects = end(&practice, &mut phone);
        phone.carry_out(effects);
        assert!(phone.keys.is_empty() && phone.ciphertexts.is_empty());
        let again = end(&practice, &mut phone);
        phone.carry_out(again);
        assert_eq!(phone.receipts()[1..], [(2, kind, cause, 1)]);
    }
}

#[test]
fn an_unpaired_device_plays_and_takes_nothing_even_after_a_restart() {
    let (mut practice, mut phone) = practice_and_phone();
    let effects = phone.companion.take_denial(&practice.denial(0, 0, DenialKind::Unpaired));
    phone.carry_out(effects);
    phone.restart();
    assert!(phone.companion.is_unpaired());
    phone.renew(&mut practice, NOON, &[lease(1, 1)], &[]);
    assert_eq!(phone.access(1), Access::Ended);
    assert!(phone.keys.is_empty());
}

#[test]
fn a_pause_erases_the_key_and_keeps_the_ciphertext() {
    let (practice, mut phone) = ready();
    let older = phone.companion.take_denial(&practice.denial(1, 0, DenialKind::Paused));
    assert!(older.is_empty(), "a lease granted later is newer than the pause");
    let effects = phone.companion.take_denial(&practice.denial(1, 1, DenialKind::Paused));
    phone.carry_out(effects);
    assert!(phone.keys.is_empty() && phone.ciphertexts.contains(&release(1)));
    assert_eq!(phone.access(1), Access::Held);
}

#[test]
fn what_the_person_removed_does_not_come_back_of_itself() {
    let (mut practice, mut phone) = ready();
    let effects = phone.companion.remove(release(1));
    phone.carry_out(effects);
    phone.restart();
    phone.renew(&mut practice, NOON, &[lease(1, 2)], &[]);
    assert_eq!(phone.access(1), Access::Ended);
    assert!(phone.keys.is_empty());
    let effects = phone.companion.bring_back(release(1));
    phone.carry_out(effects);
    phone.renew(&mut practice, NOON, &[lease(1, 3)], &[]);
    assert!(phone.plays(1));
}

#[test]
fn what_the_person_wants_back_is_asked_for_and_not_said_to_be_over() {
    let (mut practice, mut phone) = ready();
    let shelf = on_shelf(&[(1, ShelfState::Live)]);
    let effects = phone.companion.remove(release(1));
    phone.carry_out(effects);
    // A question that says it is removed is out while they change their mind.
    phone.wait(RENEW_GAP);
    assert!(phone.companion.wants_leases(&shelf, phone.reading()));
    let nonce = answers::asked(&mut phone, 7);
    let effects = phone.companion.bring_back(release(1));
    phone.carry_out(effects);
    assert_eq!(phone.access(1), Access::NeedsContact);
    let answer = practice.batch(nonce, phone.wall, &[], &[]);
    let effects = phone.companion.take_batch(&answer, phone.reading()).unwrap();
    phone.carry_out(effects);
    phone.wait(RENEW_GAP.saturating_add(RENEW_GAP));
    assert!(phone.companion.wants_leases(&shelf, phone.reading()), "it is missing");
    let now = phone.wall;
    phone.renew(&mut practice, now, &[lease(1, 2)], &[]);
    assert!(phone.plays(1));
    // What the server has ended is not dug out.
    let denial = practice.denial(1, 2, DenialKind::Ended);
    let effects = phone.companion.take_denial(&denial);
    phone.carry_out(effects);
    let effects = phone.companion.remove(release(1));
    phone.carry_out(effects);
    let effects = phone.companion.bring_back(release(1));
    phone.carry_out(effects);
    assert_eq!(phone.access(1), Access::Ended);
}

#[test]
fn a_receipt_that_is_not_signed_yet_holds_up_those_after_it() {
    let (mut practice, mut phone) = ready();
    phone.renew(&mut practice, NOON, &[lease(2, 1)], &[]);
    let effects = phone.companion.delivered(2);
    phone.carry_out(effects);
    let erase = phone.companion.remove(release(1));
    assert!(matches!(erase[..], [Effect::Save, Effect::Erase(_)]));
    let id = phone.receipt_id();
    let unsigned = phone.companion.erased(release(1), id, phone.reading());
    let Effect::Sign { n: 3, .. } = unsigned[1] else { panic!() };
    let effects = phone.companion.remove(release(2));
    phone.carry_out(effects);
    assert!(phone.receipts().is_empty(), "the fourth is signed, the third is not");
    phone.carry_out(unsigned);
    assert_eq!(phone.receipts().len(), 2);
}

#[test]
fn i1_an_end_on_the_shelf_is_not_undone_by_another_shelf() {
    let (_, mut phone) = ready();
    phone.carry_out_shelf(&[(1, ShelfState::Ended)]);
    phone.carry_out_shelf(&[(1, ShelfState::Live)]);
    assert_eq!(phone.access(1), Access::Ended);
    assert!(phone.keys.is_empty());
}

#[test]
fn ciphertext_that_the_browser_took_back_is_fetched_anew() {
    let (_, mut phone) = ready();
    let effects = phone.companion.lost(release(1));
    assert_eq!(effects[1..], [Effect::Discard(release(1)), Effect::Fetch(release(1))]);
    assert_eq!(phone.access(1), Access::NeedsContact);
    phone.carry_out(effects);
    assert!(phone.plays(1));
    assert!(phone.companion.lost(release(2)).is_empty());
}
