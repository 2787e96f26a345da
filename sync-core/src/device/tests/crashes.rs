//! The phone dies at every boundary of every effect, and finishes after it (invariant I7).

use super::*;

/// Plays a scene on a phone that dies after each number of steps; after the restart `settled` must hold.
fn at_every_boundary(
    scene: impl Fn(&mut Practice, &mut Phone) -> Result<(), Died>,
    settled: impl Fn(&mut Phone),
) {
    for steps in 0..200 {
        let (mut practice, mut phone) = ready();
        phone.lives_for = steps;
        let survived = scene(&mut practice, &mut phone).is_ok();
        phone.lives_for = usize::MAX;
        phone.restart();
        // Whatever the run before it did not hear, it hears again.
        assert!(scene(&mut practice, &mut phone).is_ok());
        settled(&mut phone);
        let numbers: Vec<_> = phone.receipts().into_iter().map(|(n, ..)| n).collect();
        assert!(
            numbers.iter().copied().eq(1..=numbers.len() as u64),
            "receipts are numbered without a gap: {numbers:?}"
        );
        if survived {
            return;
        }
    }
    panic!("the scene never ends");
}

#[test]
fn i7_a_wipe_is_finished_after_a_crash_at_every_boundary() {
    at_every_boundary(
        |_, phone| {
            let effects = phone.companion.shelf_changed(&on_shelf(&[(1, ShelfState::Ended)]));
            phone.try_to(effects)
        },
        |phone| {
            assert!(phone.keys.is_empty() && phone.ciphertexts.is_empty());
            let wiped = phone.receipts().iter().filter(|(_, kind, ..)| *kind == ReceiptKind::Wiped).count();
            assert_eq!(wiped, 1, "one receipt, no more and no less");
            assert_eq!(phone.access(1), Access::Ended);
        },
    );
}

#[test]
fn i7_an_end_by_denial_is_finished_after_a_crash_at_every_boundary() {
    at_every_boundary(
        |practice, phone| {
            let effects = phone.companion.take_denial(&practice.denial(1, 1, DenialKind::Ended));
            phone.try_to(effects)
        },
        |phone| {
            assert!(phone.keys.is_empty() && phone.ciphertexts.is_empty());
            assert_eq!(phone.receipts().len(), 2);
        },
    );
}

#[test]
fn i7_a_pause_is_finished_after_a_crash_at_every_boundary() {
    at_every_boundary(
        |practice, phone| {
            let effects = phone.companion.take_denial(&practice.denial(1, 1, DenialKind::Paused));
            phone.try_to(effects)
        },
        |phone| {
            assert!(phone.keys.is_empty());
            assert_eq!(phone.access(1), Access::Held);
        },
    );
}

#[test]
fn i7_a_saved_pause_erases_the_key_at_the_next_start() {
    let (practice, mut phone) = ready();
    let effects = phone.companion.take_denial(&practice.denial(1, 1, DenialKind::Paused));
    phone.lives_for = 2;
    assert!(phone.try_to(effects).is_err());
    assert!(phone.keys.contains(&release(1)));
    phone.lives_for = usize::MAX;
    phone.restart();
    assert!(phone.keys.is_empty());
}

#[test]
fn i7_a_saved_wipe_is_finished_without_hearing_of_it_again() {
    for steps in 4..30 {
        let (_, mut phone) = ready();
        phone.lives_for = steps;
        let effects = phone.companion.shelf_changed(&on_shelf(&[(1, ShelfState::Ended)]));
        let survived = phone.try_to(effects).is_ok();
        phone.lives_for = usize::MAX;
        phone.restart();
        assert!(phone.keys.is_empty() && phone.ciphertexts.is_empty());
        assert_eq!(phone.receipts().len(), 2);
        if survived {
            return;
        }
    }
    panic!("the scene never ends");
}

#[test]
fn i2_a_renewal_that_was_cut_off_leaves_the_old_lease_or_the_new_one() {
    at_every_boundary(
        |practice, phone| {
            let nonce = [phone.mono.as_millis() as u8; 32];
            let asking = phone.companion.ask(nonce, phone.reading());
            phone.try_to(asking)?;
            let answer = practice.batch(nonce, NOON, &[lease(1, 2), lease(2, 1)], &[]);
            let effects = phone.companion.take_batch(&answer, phone.reading()).unwrap();
            phone.try_to(effects)
        },
        |phone| {
            assert!(phone.plays(1) && phone.plays(2));
            assert_eq!(phone.companion.held(release(1)).unwrap().lease.generation, 2);
            assert_eq!(phone.keys, [release(1), release(2)].into());
        },
    );
}
