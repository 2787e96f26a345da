//! The practice signs with another key from now on.

use super::{answers::asked, *};
use crate::lease::{BatchError, Rotation, RotationError, kid_of};

/// The practice goes over to another key and says so with the one that it had.
fn rotate(practice: &mut Practice, n: u64, to: u8) -> Signed {
    let from = kid_of(practice.authority.verifying_key().to_sec1_point(false).as_bytes());
    let to = signing_key(to);
    let rotation = Rotation { practice: PRACTICE, n, from, to: *to.verifying_key(), at: NOON };
    let signed = rotation.sign(&practice.authority);
    practice.authority = to;
    signed
}

#[test]
fn an_answer_by_a_newer_key_is_taken_once_the_rotation_was_followed() {
    let (mut practice, mut phone) = ready();
    let nonce = asked(&mut phone, 2);
    let rotation = rotate(&mut practice, 1, 10);
    let batch = practice.batch(nonce, NOON, &[lease(2, 1)], &[]);
    let untold = Err(Invalid::Batch(BatchError::AnotherKey));
    assert_eq!(phone.companion.take_batch(&batch, phone.reading()), untold);
    assert!(phone.plays(1), "no contact, and nothing changed");
    assert_eq!(phone.companion.take_rotations(std::slice::from_ref(&rotation)), Ok(vec![Effect::Save]));
    assert_eq!(phone.companion.take_rotations(&[rotation]), Ok(vec![]));
    assert!(phone.companion.take_batch(&batch, phone.reading()).is_ok(), "the question is still out");
}

#[test]
fn i2_a_replaced_key_gives_no_lease_and_still_takes_away() {
    let (mut practice, mut phone) = ready();
    let stolen = practice.authority.clone();
    let rotation = rotate(&mut practice, 1, 10);
    phone.companion.take_rotations(&[rotation]).unwrap();
    let newest = std::mem::replace(&mut practice.authority, stolen);
    let nonce = asked(&mut phone, 2);
    let batch = practice.batch(nonce, NOON + Span::from_days(300), &[lease(1, 9)], &[]);
    let refused = Err(Invalid::Batch(BatchError::AnotherKey));
    assert_eq!(phone.companion.take_batch(&batch, phone.reading()), refused);
    let fork = rotate(&mut practice, 1, 11);
    assert_eq!(phone.companion.take_rotations(&[fork]), Err(RotationError::Forked));
    assert_eq!(phone.companion.practice_keys().newest(), newest.verifying_key());
    practice.authority = signing_key(9);
    let denial = practice.denial(1, 1, DenialKind::Ended);
    assert!(!phone.companion.take_denial(&denial).is_empty());
    assert!(!phone.plays(1));
}

#[test]
fn the_newest_key_is_known_after_a_restart_and_a_chain_of_another_pairing_is_not() {
    let (mut practice, mut phone) = ready();
    let chain = [rotate(&mut practice, 1, 10), rotate(&mut practice, 2, 11)];
    phone.companion.take_rotations(&chain).unwrap();
    let saved = phone.companion.save();
    let restored = Companion::restore(phone.identity.clone(), &saved).unwrap();
    assert_eq!(restored.practice_keys().newest(), practice.authority.verifying_key());
    assert_eq!(restored.practice_keys(), phone.companion.practice_keys());
    let other = Identity { authority: *signing_key(12).verifying_key(), ..phone.identity.clone() };
    assert!(Companion::restore(other, &saved).is_err());
}
