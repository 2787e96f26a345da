//! A practice that goes over to another key twice, and chains that lead nowhere.

use serde_json::{Value, json};
use sync_core::{
    id::PracticeId,
    lease::{DenialKind, Rotation, Signed, Tag, kid_of},
};

use super::{
    statements::{denial, flipped, loose, with_more},
    world::{DEVICE, NOON, PRACTICE, authority, b64, later_authorities, public, stranger},
};
use p256::ecdsa::SigningKey;

fn rotation(n: u64, from: &SigningKey, to: &SigningKey) -> Rotation {
    Rotation { practice: PRACTICE, n, from: kid_of(&public(from)), to: *to.verifying_key(), at: NOON }
}

/// `rotation.json`.
pub(crate) fn rotations() -> Value {
    let pinned = authority();
    let [second, third] = later_authorities();
    let chain = [rotation(1, &pinned, &second), rotation(2, &second, &third)];
    let signed = [chain[0].sign(&pinned), chain[1].sign(&second)];
    let spelled = |(rotation, signed): (&Rotation, &Signed)| {
        json!({
            "signed": b64(signed.encode()), "practice": rotation.practice, "n": rotation.n, "from": rotation.from,
            "to": b64(rotation.to.to_sec1_point(false).as_bytes()), "at": rotation.at,
        })
    };
    let spelled: Vec<_> = chain.iter().zip(&signed).map(spelled).collect();
    let first = &signed[0];
    let foreign = Rotation { practice: PracticeId::from_bytes([9; 16]), ..chain[0].clone() };
    let misnamed = Rotation { from: kid_of(&public(&stranger())), ..chain[0].clone() };
    let denied = Signed::sign(Tag::Denial, first.body.clone(), &pinned);
    let chains = |why: &str, chain: &[Vec<u8>]| json!({ "why": why, "chain": chain.iter().map(b64).collect::<Vec<_>>() });
    let refused = json!([
        chains("one is missing before it", &[signed[1].encode()]),
        chains("signed by a stranger", &[chain[0].sign(&stranger()).encode()]),
        chains("signed by the key that it brings", &[chain[0].sign(&second).encode()]),
        chains("for another practice", &[foreign.sign(&pinned).encode()]),
        chains("names another key as replaced", &[misnamed.sign(&pinned).encode()]),
        chains("one bit of the body changed", &[flipped(first).encode()]),
        chains("signed as a denial", &[denied.encode()]),
        chains("an unknown key", &[with_more(first, Tag::Rotation)]),
        chains("not deterministic", &[loose(first, Tag::Rotation)]),
        chains(
            "a number is left out",
            &[first.encode(), rotation(3, &second, &third).sign(&second).encode()]
        ),
        chains(
            "back to the key that was pinned",
            &[first.encode(), rotation(2, &second, &pinned).sign(&second).encode()]
        ),
        chains("to the key itself", &[rotation(1, &pinned, &pinned).sign(&pinned).encode()]),
        chains(
            "another future of a replaced key",
            &[first.encode(), rotation(1, &pinned, &stranger()).sign(&pinned).encode()]
        ),
    ]);
    let denial = |key: &SigningKey| b64(denial(DenialKind::Ended).sign(key).encode());
    json!({
        "practice": PRACTICE, "device": DEVICE, "pinned": b64(public(&pinned)), "chain": spelled,
        "newest": b64(public(&third)), "kid": kid_of(&public(&third)), "refused": refused,
        "denials_taken": [denial(&pinned), denial(&second), denial(&third)], "denials_refused": [denial(&stranger())],
    })
}
