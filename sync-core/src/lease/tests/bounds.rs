//! How much a batch and a statement may hold.

use super::*;

#[test]
fn too_many_leases_and_a_key_that_is_no_point_are_refused_before_sealing() {
    let mut world = world();
    let many: Vec<_> = (0..=MAX_LEASES).map(|n| (header(n as u8), sealed(1))).collect();
    let (draft, key) = (world.draft(), signing_key(9));
    assert_eq!(draft.seal(&many, &[], &key, &mut world.rng), Err(BatchError::TooMany));
    let lost = BatchDraft { exchange_key: [4; 65], ..draft };
    assert_eq!(lost.seal(&many[..1], &[], &key, &mut world.rng), Err(BatchError::BadKey));
}

#[test]
fn a_batch_of_more_leases_than_it_may_carry_is_not_read() {
    let mut world = world();
    let body = world.seal(&[]).body;
    let item = || ciborium::Value::Array(vec![vec![0_u8; 4].into(), vec![0_u8; 4].into()]);
    let items = |count| ciborium::Value::Array((0..count).map(|_| item()).collect());
    let read = |count| {
        let body = Map::read(&body).unwrap().with("items", items(count)).to_bytes();
        world.read(&Signed::sign(Tag::Batch, body, &world.authority))
    };
    assert_eq!(read(MAX_LEASES + 1), Err(BatchError::TooMany));
    assert!(matches!(read(MAX_LEASES), Err(BatchError::Statement(_))), "these are none");
}

#[test]
fn statements_that_are_longer_than_they_may_be_are_not_read() {
    use crate::cbor::CborError;
    use crate::lease::signed::{MAX_BODY_BYTES, MAX_SIGNED_BYTES};
    let key = signing_key(1);
    let padded = |body: Vec<u8>, len: usize| {
        let map = Map::read(&body).unwrap();
        let pad = len - map.clone().with("zz", ciborium::Value::Bytes(vec![])).to_bytes().len() - 2;
        map.with("zz", ciborium::Value::Bytes(vec![0; pad])).to_bytes()
    };
    for (tag, body) in [(Tag::Receipt, receipt().body()), (Tag::Denial, denial().sign(&key).body)] {
        let open = |len: usize| {
            let body = padded(body.clone(), len);
            assert_eq!(body.len(), len);
            let signed = Signed::sign(tag, body, &key);
            match tag {
                Tag::Receipt => Receipt::open(&signed, key.verifying_key()).err(),
                _ => Denial::open(&signed, key.verifying_key()).err(),
            }
        };
        assert_eq!(open(MAX_BODY_BYTES), Some(StatementError::Shape(CborError::Shape)), "an unknown key");
        assert_eq!(open(MAX_BODY_BYTES + 1), Some(StatementError::Shape(CborError::TooLarge)));
    }
    let overhead = Signed { body: vec![0; 1 << 20], signature: [0; 64] }.encode().len() - (1 << 20);
    let read = |len| Signed::decode(&Signed { body: vec![0; len], signature: [0; 64] }.encode()).err();
    assert_eq!(read(MAX_SIGNED_BYTES - overhead), None);
    assert_eq!(read(MAX_SIGNED_BYTES - overhead + 1), Some(CborError::TooLarge));
}

#[test]
fn as_many_leases_as_a_batch_may_carry_are_sealed_and_read() {
    let mut world = world();
    let many: Vec<_> = (0..MAX_LEASES).map(|n| (header(n as u8), sealed(1))).collect();
    let signed = world.seal(&many);
    assert_eq!(world.read(&signed).unwrap().items.len(), MAX_LEASES);
}

#[test]
fn a_header_has_as_many_days_and_quiet_hours_as_it_may_and_no_more() {
    let hour = |n: usize| NOON + Span::from_hours(n as u64);
    let read = |days: usize, quiet: usize| {
        let days = (0..days).map(hour).collect();
        let quiet = (0..quiet).map(|n| (hour(n), hour(n + 1))).collect();
        LeaseHeader::decode(&LeaseHeader { days, quiet, ..header(1) }.encode()).is_ok()
    };
    let most = LeaseHeader::MAX_DAYS;
    assert!(read(most, 2 * most) && read(0, 2 * most) && read(most, 0));
    assert!(!read(most + 1, 0) && !read(most + 2, 2 * most));
    assert!(!read(0, 2 * most + 1) && !read(most, 2 * most + 2));
}

#[test]
fn a_clip_has_as_many_marks_as_it_may_and_no_more() {
    let read = |count: usize| {
        let mark = (Span::from_secs(1), "shoulders".to_owned());
        let sealed = Sealed { marks: Marks(vec![mark; count]), ..sealed(1) };
        Sealed::decode(&sealed.encode()).is_ok()
    };
    assert!(read(0) && read(Marks::MAX));
    assert!(!read(Marks::MAX + 1) && !read(Marks::MAX + 2));
}

#[test]
fn what_a_receipt_says_to_be_gone_is_gone() {
    let gone = ReceiptKind::is_gone;
    assert!(gone(ReceiptKind::Wiped) && gone(ReceiptKind::Lapsed));
    assert!(!gone(ReceiptKind::Ready) && !gone(ReceiptKind::Failed));
}
