//! The committed vectors are those that the generator makes, and the library takes them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "../examples/vectors/main.rs"]
#[allow(dead_code, unused, reason = "the generator's own entry point is not called here")]
mod generator;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use sync_core::{
    digits::Digits,
    documents::{Letter, Note},
    id::{DeviceId, PracticeId},
    lease::{Batch, Denial, PracticeKeys, Receipt, Sealed, Signed, VerifyingKey},
    media::{ClipKey, Layout, Opener, RecordSize, open_whole},
    orders::Entry,
};

fn vectors(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

fn key(value: &Value) -> VerifyingKey {
    VerifyingKey::from_sec1_bytes(&bytes(value)).unwrap()
}

fn list(value: &Value) -> &[Value] {
    let list = value.as_array().unwrap();
    assert!(!list.is_empty());
    list
}

#[test]
fn the_committed_vectors_are_what_the_generator_makes() {
    for (name, value) in generator::all() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name);
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == generator::text(&value),
            "{name} has drifted: if that is meant, run `cargo run -p sync-core --example vectors`, and say so in docs/protocol.md"
        );
    }
}

#[test]
fn every_batch_is_taken_or_refused_as_the_vectors_say() {
    use hpke::{
        Deserializable, OpModeR, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256, setup_receiver,
    };
    type Kem = DhP256HkdfSha256;
    let vectors = vectors("lease.json");
    let public: [u8; 65] = bytes(&vectors["exchange_key"]["public"]).try_into().unwrap();
    let private =
        <Kem as hpke::Kem>::PrivateKey::from_bytes(&bytes(&vectors["exchange_key"]["private"])).unwrap();
    let practice = PracticeId::parse(vectors["practice"].as_str().unwrap()).unwrap();
    let device = DeviceId::parse(vectors["device"].as_str().unwrap()).unwrap();
    let nonce = bytes(&vectors["nonce"]).try_into().unwrap();
    let read = |batch: &Value| {
        let signed = Signed::decode(&bytes(batch)).unwrap();
        Batch::read(&signed, &key(&vectors["authority"]), practice, device, &public, &nonce)
    };
    let open = |batch: &Batch| -> Vec<_> {
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&batch.enc).unwrap();
        let mut context =
            setup_receiver::<AesGcm128, HkdfSha256, Kem>(&OpModeR::Base, &private, &enc, &batch.info)
                .unwrap();
        let items = (0..).zip(&batch.items);
        items.map(|(i, item)| context.open(&item.ciphertext, &batch.aad(i, item)).ok()).collect()
    };
    let batch = read(&vectors["batch"]).unwrap();
    for (opened, expected) in open(&batch).into_iter().zip(list(&vectors["opened"])) {
        let sealed = Sealed::decode(&opened.unwrap()).unwrap();
        assert_eq!(sealed.title, expected["sealed"]["title"].as_str().unwrap());
        assert_eq!(sealed.key.expose().to_vec(), bytes(&expected["sealed"]["key"]));
    }
    assert!(read(&vectors["empty_batch"]).unwrap().items.is_empty());
    for refused in list(&vectors["refused"]) {
        assert!(read(&refused["batch"]).is_err(), "{}", refused["why"]);
    }
    for case in list(&vectors["does_not_open"]) {
        let batch = read(&case["batch"]).unwrap();
        assert_eq!(open(&batch)[case["item"].as_u64().unwrap() as usize], None);
    }
}

#[test]
fn every_statement_is_taken_or_refused_as_the_vectors_say() {
    let denials = vectors("denial.json");
    let device = DeviceId::parse(denials["device"].as_str().unwrap()).unwrap();
    let open = |case: &Value| {
        let signed = Signed::decode(&bytes(&case["signed"])).ok()?;
        Denial::open(&signed, &key(&denials["authority"])).ok().filter(|denial| denial.device == device)
    };
    list(&denials["taken"]).iter().for_each(|case| assert!(open(case).is_some()));
    list(&denials["refused"]).iter().for_each(|case| assert!(open(case).is_none(), "{}", case["why"]));
    let receipts = vectors("receipt.json");
    let open = |case: &Value| {
        Receipt::open(&Signed::decode(&bytes(&case["signed"])).unwrap(), &key(&receipts["key"]))
    };
    for case in list(&receipts["taken"]) {
        assert_eq!(open(case).unwrap().n, case["n"].as_u64().unwrap());
    }
    list(&receipts["refused"]).iter().for_each(|case| assert!(open(case).is_err(), "{}", case["why"]));
}

#[test]
fn every_phone_has_the_digits_that_the_vectors_say() {
    let phones = vectors("digits.json");
    for phone in list(&phones) {
        let device = DeviceId::parse(phone["device"].as_str().unwrap()).unwrap();
        let key = |name: &str| bytes(&phone[name]).try_into().unwrap();
        let digits = Digits::of(device, &key("exchange_key"), &key("signing_key"));
        assert_eq!(digits.to_string(), phone["digits"]);
    }
}

#[test]
fn every_clip_opens_or_does_not_as_the_vectors_say() {
    let vectors = vectors("media.json");
    let clip_key = ClipKey::from_bytes(bytes(&vectors["key"]).try_into().unwrap());
    for case in list(&vectors["whole"]) {
        assert_eq!(open_whole(&bytes(&case["sealed"]), &clip_key).unwrap().as_slice(), bytes(&case["plain"]));
    }
    let size = RecordSize::new(vectors["refused_record_size"].as_u64().unwrap() as u32).unwrap();
    let layout = Layout::of_plain(vectors["refused_plain_len"].as_u64().unwrap(), size).unwrap();
    for case in list(&vectors["refused"]) {
        let mut sealed = bytes(&case["sealed"]);
        let opener = Opener::new(&clip_key, &sealed[..21], layout).unwrap();
        let mut all_open = sealed.len() as u64 == layout.cipher_len();
        for i in 0..layout.records() {
            let range = layout.cipher_range(i).unwrap();
            let range = range.start as usize..(range.end as usize).min(sealed.len());
            all_open &= sealed.get_mut(range).is_some_and(|record| opener.open(i, record).is_ok());
        }
        assert!(!all_open, "{}", case["why"]);
    }
}

#[test]
fn every_chain_of_rotations_is_followed_or_refused_as_the_vectors_say() {
    let vectors = vectors("rotation.json");
    let practice = PracticeId::parse(vectors["practice"].as_str().unwrap()).unwrap();
    let pinned = || PracticeKeys::pinned(key(&vectors["pinned"]), 0);
    let chain: Vec<_> =
        list(&vectors["chain"]).iter().map(|case| Signed::decode(&bytes(&case["signed"])).unwrap()).collect();
    let mut keys = pinned();
    assert_eq!(keys.follow(practice, &chain), Ok(true));
    assert_eq!(
        (keys.newest(), keys.kid().as_str()),
        (&key(&vectors["newest"]), vectors["kid"].as_str().unwrap())
    );
    for case in list(&vectors["refused"]) {
        let chain: Vec<_> =
            list(&case["chain"]).iter().map(|signed| Signed::decode(&bytes(signed))).collect();
        let chain: Result<Vec<_>, _> = chain.into_iter().collect();
        assert!(chain.is_err() || pinned().follow(practice, &chain.unwrap()).is_err(), "{}", case["why"]);
    }
    let denial = |signed: &Value| keys.open_denial(&Signed::decode(&bytes(signed)).unwrap());
    assert!(list(&vectors["denials_taken"]).iter().all(|signed| denial(signed).is_ok()));
    assert!(list(&vectors["denials_refused"]).iter().all(|signed| denial(signed).is_err()));
}

#[test]
fn every_entry_is_read_or_refused_as_the_vectors_say() {
    let vectors = vectors("entries.json");
    for case in list(&vectors["taken"]) {
        assert_eq!(Entry::decode(&bytes(&case["bytes"])).unwrap().encode(), bytes(&case["bytes"]));
    }
    list(&vectors["refused"]).iter().for_each(|case| assert!(Entry::decode(&bytes(&case["bytes"])).is_err()));
    list(&vectors["letters"]).iter().for_each(|case| assert!(Letter::decode(&bytes(&case["bytes"])).is_ok()));
    list(&vectors["notes"]).iter().for_each(|case| assert!(Note::decode(&bytes(&case["bytes"])).is_ok()));
}
