//! Key rotation: forward along the chain, and never back.

use super::*;

const PRACTICE: PracticeId = PracticeId::from_bytes(sixteen(6, 1));

fn public(n: u8) -> VerifyingKey {
    *signing_key(n).verifying_key()
}

/// The `n`th rotation, by one key to another.
fn rotation(n: u64, from: u8, to: u8) -> Signed {
    let kid = kid_of(public(from).to_sec1_point(false).as_bytes());
    Rotation { practice: PRACTICE, n, from: kid, to: public(to), at: NOON }.sign(&signing_key(from))
}

/// From key 1 to 2 to 3 to 4.
fn chain() -> [Signed; 3] {
    [rotation(1, 1, 2), rotation(2, 2, 3), rotation(3, 3, 4)]
}

fn keys() -> PracticeKeys {
    PracticeKeys::pinned(public(1), 0)
}

#[test]
fn a_chain_is_followed_to_its_end_at_once_or_in_pieces_and_again() {
    let mut at_once = keys();
    assert_eq!(at_once.follow(PRACTICE, &chain()), Ok(true));
    assert_eq!((at_once.newest(), at_once.chain()), (&public(4), &chain()[..]));
    assert_eq!(at_once.kid(), kid_of(public(4).to_sec1_point(false).as_bytes()));
    let mut in_pieces = keys();
    for upto in [1, 1, 2, 3, 3] {
        in_pieces.follow(PRACTICE, &chain()[..upto]).unwrap();
    }
    assert_eq!(in_pieces, at_once);
    assert_eq!(at_once.follow(PRACTICE, &chain()[..1]), Ok(false), "what is known leads nowhere");
    assert_eq!(at_once.newest(), &public(4));
    let mut again = keys();
    again.follow(PRACTICE, at_once.chain()).unwrap();
    assert_eq!(again, at_once, "as after a restart");
}

#[test]
fn who_pinned_a_later_key_follows_from_there_and_never_from_before_it() {
    let pinned = || PracticeKeys::pinned(public(2), 1);
    let mut keys = pinned();
    assert_eq!(keys.follow(PRACTICE, &chain()[1..]), Ok(true));
    assert_eq!((keys.newest(), keys.rotations()), (&public(4), 3));
    let mut keys = pinned();
    assert!(
        keys.follow(PRACTICE, &chain()).is_err(),
        "nobody vouches here for what came before the pinned key"
    );
    assert_eq!(keys.follow(PRACTICE, &[rotation(1, 2, 3)]), Err(RotationError::Gap), "numbers go on, too");
    assert_eq!(keys, pinned());
}

#[test]
fn what_is_not_the_next_rotation_is_refused_and_changes_nothing() {
    let foreign = PracticeId::from_bytes([0; 16]);
    let kid = kid_of(public(1).to_sec1_point(false).as_bytes());
    let other_practice = Rotation { practice: foreign, n: 1, from: kid, to: public(2), at: NOON };
    let misnamed = Rotation { practice: PRACTICE, n: 1, from: "other".into(), to: public(2), at: NOON };
    let shape = RotationError::Statement(StatementError::Shape(crate::cbor::CborError::Shape));
    let unsigned = RotationError::Statement(BadSignature.into());
    let cases = [
        ("one is missing before it", rotation(2, 1, 3), RotationError::Gap),
        ("signed by a stranger", rotation(1, 9, 2), unsigned),
        ("signed by the key that it brings", rotation(1, 2, 2), unsigned),
        ("for another practice", other_practice.sign(&signing_key(1)), RotationError::NotMyPractice),
        ("names another key as replaced", misnamed.sign(&signing_key(1)), shape),
        ("to itself", rotation(1, 1, 1), RotationError::Backwards),
        ("signed as a denial", Signed::sign(Tag::Denial, rotation(1, 1, 3).body, &signing_key(1)), unsigned),
    ];
    for (why, signed, error) in cases {
        let mut keys = keys();
        assert_eq!(keys.follow(PRACTICE, std::slice::from_ref(&signed)), Err(error), "{why}");
        assert_eq!(keys, self::keys(), "{why}");
        let after_a_good_one = [chain()[0].clone(), signed];
        assert!(keys.follow(PRACTICE, &after_a_good_one).is_err(), "{why}");
        assert_eq!(keys, self::keys(), "all or nothing: {why}");
    }
}

#[test]
fn nobody_is_led_back_or_aside_by_a_key_that_was_replaced() {
    let mut keys = keys();
    keys.follow(PRACTICE, &chain()).unwrap();
    let before = keys.clone();
    for to in [1, 2, 3] {
        assert_eq!(keys.follow(PRACTICE, &[rotation(4, 4, to)]), Err(RotationError::Backwards));
    }
    // A thief of an old key may sign with it whatever it could have signed.
    for (n, from) in [(1, 1), (2, 2), (3, 3), (4, 1)] {
        assert_eq!(keys.follow(PRACTICE, &[rotation(n, from, 9)]), Err(RotationError::Forked));
    }
    assert_eq!(keys, before);
}

#[test]
fn a_chain_has_an_end() {
    let long = vec![chain()[0].clone(); PracticeKeys::MAX_ROTATIONS + 1];
    assert_eq!(keys().follow(PRACTICE, &long), Err(RotationError::TooMany));
    assert_eq!(keys().follow(PRACTICE, &long[1..]), Ok(true));
}

#[test]
fn a_denial_is_taken_from_every_key_of_the_practice_and_a_batch_from_the_newest_alone() {
    let mut keys = keys();
    keys.follow(PRACTICE, &chain()).unwrap();
    for n in 1..=4 {
        assert_eq!(keys.open_denial(&denial().sign(&signing_key(n))), Ok(denial()), "by key {n}");
    }
    assert!(keys.open_denial(&denial().sign(&signing_key(9))).is_err());
    let mut world = world();
    for n in 1..=4 {
        world.authority = signing_key(n);
        let signed = world.seal(&[]);
        let read = Batch::read(&signed, keys.newest(), world.practice, device(1), &world.public, &[5; 32]);
        assert_eq!(read.is_ok(), n == 4, "by key {n}");
        assert!(n == 4 || read == Err(BatchError::AnotherKey));
    }
}

#[test]
fn a_batch_that_names_another_key_than_its_own_is_refused() {
    let mut world = world();
    let draft = BatchDraft { kid: "other".into(), ..world.draft() };
    let signed = draft.seal(&[], &[], &signing_key(9), &mut world.rng).unwrap();
    assert_eq!(world.read(&signed), Err(BatchError::AnotherKey));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sent_a_device_goes_forward_on_the_one_chain(
        lists in proptest::collection::vec(proptest::collection::vec(0..8_usize, 0..5), 0..6),
    ) {
        let [one, two, three] = chain();
        let all = [one, two, three, rotation(1, 1, 9), rotation(2, 2, 9), rotation(2, 9, 8), rotation(4, 4, 1), rotation(3, 3, 1)];
        let mut keys = keys();
        for list in lists {
            let before = keys.chain().len();
            let sent: Vec<_> = list.iter().map(|n| all[*n].clone()).collect();
            let moved = keys.follow(PRACTICE, &sent);
            prop_assert!(keys.chain().len() >= before);
            prop_assert_eq!(moved == Ok(true), keys.chain().len() > before);
            // An honest first step is the one that counts; who was led aside by the pinned key's thief stays there.
            let newest = (1..=9).find(|n| public(*n) == *keys.newest()).unwrap();
            prop_assert_eq!(keys.chain().len(), match newest { 9 if keys.chain()[0].body == all[3].body => 1, 9 | 3 => 2, 8 => 2, n => usize::from(n) - 1 });
        }
    }
}
