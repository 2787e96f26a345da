//! Batches, denials and receipts: each that a device takes, and everything that it refuses.

mod bounds;
mod rotations;
mod round_trips;

use hpke::{
    Deserializable, Kem as _, OpModeR, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256,
    setup_receiver,
};
use p256::ecdsa::SigningKey;
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::{
    cbor::Map,
    fixtures::*,
    id::{BatchId, DenialId, IncarnationId, PracticeId, ReceiptId},
    instant::Span,
    media::{ClipKey, MediaRecord, RecordSize},
};

type PrivateKey = <DhP256HkdfSha256 as hpke::Kem>::PrivateKey;

struct World {
    authority: SigningKey,
    exchange: PrivateKey,
    public: [u8; 65],
    practice: PracticeId,
    rng: StdRng,
}

fn world() -> World {
    use hpke::Serializable;
    let mut rng = StdRng::seed_from_u64(7);
    let (exchange, public) = DhP256HkdfSha256::gen_keypair_with_rng(&mut rng);
    let public = public.to_bytes().as_slice().try_into().unwrap();
    World {
        authority: signing_key(9),
        exchange,
        public,
        practice: PracticeId::from_bytes(sixteen(6, 1)),
        rng,
    }
}

fn header(n: u8) -> LeaseHeader {
    LeaseHeader {
        release: release(n),
        clip: clip(n),
        device: device(1),
        generation: 4,
        not_before: None,
        valid_until: NOON + Span::from_days(3),
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
        days: vec![NOON],
        quiet: vec![],
        budget: Span::from_hours(1),
    }
}

fn sealed(n: u8) -> Sealed {
    Sealed {
        key: ClipKey::from_bytes([n; 16]),
        media: MediaRecord {
            plain_len: 10,
            cipher_len: 48,
            record_size: RecordSize::DEFAULT,
            cipher_sha256: [n; 32],
            media_type: "audio/mpeg".into(),
        },
        duration: Span::from_secs(90),
        title: "Breathing".into(),
        note: None,
        marks: Marks(vec![(Span::from_secs(3), "shoulders".into())]),
        parting_note: "Until next time.".into(),
    }
}

impl World {
    fn draft(&self) -> BatchDraft {
        BatchDraft {
            id: BatchId::from_bytes(sixteen(7, 1)),
            incarnation: IncarnationId::from_bytes(sixteen(8, 1)),
            practice: self.practice,
            device: device(1),
            exchange_key: self.public,
            issued_at: NOON,
            nonce: [5; 32],
            kid: kid_of(self.authority.verifying_key().to_sec1_point(false).as_bytes()),
        }
    }

    fn seal(&mut self, leases: &[(LeaseHeader, Sealed)]) -> Signed {
        let (draft, authority) = (self.draft(), self.authority.clone());
        draft.seal(leases, &[], &authority, &mut self.rng).unwrap()
    }

    fn read(&self, signed: &Signed) -> Result<Batch, BatchError> {
        Batch::read(signed, self.authority.verifying_key(), self.practice, device(1), &self.public, &[5; 32])
    }

    fn open(&self, batch: &Batch) -> Vec<Option<Vec<u8>>> {
        let enc = <DhP256HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(&batch.enc).unwrap();
        let mut context = setup_receiver::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(
            &OpModeR::Base,
            &self.exchange,
            &enc,
            &batch.info,
        )
        .unwrap();
        let items = (0..).zip(&batch.items);
        items.map(|(i, item)| context.open(&item.ciphertext, &batch.aad(i, item)).ok()).collect()
    }
}

#[test]
fn a_batch_opens_for_its_device_in_order() {
    let mut world = world();
    let signed = world.seal(&[(header(1), sealed(1)), (header(2), sealed(2))]);
    let signed = Signed::decode(&signed.encode()).unwrap();
    let batch = world.read(&signed).unwrap();
    for (n, plain) in (1..).zip(world.open(&batch)) {
        let opened = Sealed::decode(&plain.unwrap()).unwrap();
        assert_eq!((opened.key.expose(), opened.title.as_str()), (&[n; 16], "Breathing"));
        assert!(opened.media == sealed(n).media && opened.marks == sealed(n).marks);
    }
}

#[test]
fn a_batch_that_is_not_signed_by_the_pinned_key_is_refused() {
    let mut world = world();
    let mut signed = world.seal(&[(header(1), sealed(1))]);
    world.authority = signing_key(10);
    assert_eq!(world.read(&signed), Err(BatchError::AnotherKey));
    world.authority = signing_key(9);
    signed.body[40] ^= 1;
    assert_eq!(world.read(&signed), Err(StatementError::BadSignature(BadSignature).into()));
}

#[test]
fn a_signature_of_one_kind_is_none_of_another() {
    let key = signing_key(1);
    let signed = Signed::sign(Tag::Denial, b"body".to_vec(), &key);
    assert!(signed.verify(Tag::Denial, key.verifying_key()).is_ok());
    for tag in [Tag::Batch, Tag::Receipt] {
        assert_eq!(signed.verify(tag, key.verifying_key()), Err(BadSignature));
    }
}

#[test]
fn a_batch_for_another_device_key_practice_or_nonce_is_refused() {
    let mut world = world();
    let signed = world.seal(&[(header(1), sealed(1))]);
    let key = world.authority.verifying_key();
    let read = |practice, device, public: &[u8; 65], nonce| {
        Batch::read(&signed, key, practice, device, public, nonce)
    };
    let mut other_key = world.public;
    other_key[64] ^= 1;
    let other_practice = PracticeId::from_bytes([0; 16]);
    assert_eq!(read(other_practice, device(1), &world.public, &[5; 32]), Err(BatchError::NotForMe));
    assert_eq!(read(world.practice, device(2), &world.public, &[5; 32]), Err(BatchError::NotForMe));
    assert_eq!(read(world.practice, device(1), &other_key, &[5; 32]), Err(BatchError::NotForMe));
    assert_eq!(read(world.practice, device(1), &world.public, &[6; 32]), Err(BatchError::NotMyQuestion));
}

#[test]
fn a_batch_with_a_header_for_another_device_or_two_leases_of_one_release_is_refused() {
    let mut world = world();
    let stray = LeaseHeader { device: device(2), ..header(1) };
    let signed = world.seal(&[(stray, sealed(1))]);
    assert_eq!(world.read(&signed), Err(BatchError::NotForMe));
    let newer = LeaseHeader { generation: 5, ..header(1) };
    let signed = world.seal(&[(header(1), sealed(1)), (newer, sealed(1))]);
    assert!(matches!(world.read(&signed), Err(BatchError::Statement(_))));
}

#[test]
fn an_item_opens_only_under_its_own_header_place_and_question() {
    let mut world = world();
    let signed = world.seal(&[(header(1), sealed(1)), (header(2), sealed(2))]);
    let whole = world.read(&signed).unwrap();
    let mut looser = whole.clone();
    looser.items[0].header.valid_until = NOON + Span::from_days(28);
    looser.items[0].header_bytes = looser.items[0].header.encode();
    assert_eq!(world.open(&looser)[0], None, "the terms are bound");
    let mut swapped = whole.clone();
    swapped.items.swap(0, 1);
    assert!(world.open(&swapped).iter().all(Option::is_none));
    let mut replayed = whole.clone();
    replayed.nonce = [6; 32];
    assert!(world.open(&replayed).iter().all(Option::is_none));
    let mut earlier = whole;
    earlier.info = info(
        world.practice,
        device(1),
        &world.public,
        BatchId::from_bytes([0; 16]),
        looser.incarnation,
        NOON,
    );
    assert!(world.open(&earlier).iter().all(Option::is_none));
}

#[test]
fn a_batch_without_leases_carries_time_and_denials() {
    let mut world = world();
    let denial = denial().sign(&world.authority);
    let signed =
        world.draft().seal(&[], std::slice::from_ref(&denial), &signing_key(9), &mut world.rng).unwrap();
    let batch = world.read(&signed).unwrap();
    assert_eq!((batch.issued_at, batch.enc.len(), batch.denials), (NOON, 0, vec![denial]));
}

#[test]
fn a_header_that_contradicts_itself_is_refused() {
    for wrong in [
        LeaseHeader { valid_until: NOON + Span::from_days(29), ..header(1) },
        LeaseHeader { days: vec![NOON, NOON], ..header(1) },
        LeaseHeader { quiet: vec![(NOON, NOON)], ..header(1) },
    ] {
        assert!(LeaseHeader::decode(&wrong.encode()).is_err());
    }
    assert_eq!(LeaseHeader::decode(&header(1).encode()), Ok(header(1)));
}

fn denial() -> Denial {
    Denial {
        id: DenialId::from_bytes(sixteen(9, 1)),
        device: device(1),
        release: Some(release(1)),
        upto_generation: 4,
        kind: DenialKind::Ended,
        at: NOON,
        issued_at: NOON,
        incarnation: IncarnationId::from_bytes(sixteen(8, 1)),
    }
}

fn receipt() -> Receipt {
    Receipt {
        id: ReceiptId::from_bytes(sixteen(10, 1)),
        n: 1,
        kind: ReceiptKind::Wiped,
        device: device(1),
        release: release(1),
        clip: clip(1),
        generation: 4,
        cause: ReceiptCause::Denial,
        at: NOON,
        incarnation: IncarnationId::from_bytes(sixteen(8, 1)),
    }
}

#[test]
fn denials_and_receipts_read_back_and_refuse_another_key() {
    let (key, other) = (signing_key(1), signing_key(2));
    for denial in [denial(), Denial { release: None, kind: DenialKind::Unpaired, ..denial() }] {
        let signed = denial.sign(&key);
        assert_eq!(Denial::open(&signed, key.verifying_key()), Ok(denial));
        assert!(Denial::open(&signed, other.verifying_key()).is_err());
    }
    let signed = Signed::sign(Tag::Receipt, receipt().body(), &key);
    assert_eq!(Receipt::open(&signed, key.verifying_key()), Ok(receipt()));
    assert!(Receipt::open(&signed, other.verifying_key()).is_err());
    let denial_as_receipt = denial().sign(&key);
    assert!(Receipt::open(&denial_as_receipt, key.verifying_key()).is_err());
}

#[test]
fn a_statement_with_an_unknown_key_or_version_is_refused() {
    let key = signing_key(1);
    let body = receipt().body();
    let more = Map::read(&body).unwrap().with("more", 1).to_bytes();
    let newer = Map::read(&body).unwrap().with("v", 2).to_bytes();
    for body in [more, newer] {
        assert!(Receipt::open(&Signed::sign(Tag::Receipt, body, &key), key.verifying_key()).is_err());
    }
}

proptest! {
    #[test]
    fn random_bytes_are_no_statement_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (Signed::decode(&bytes), LeaseHeader::decode(&bytes), Sealed::decode(&bytes).is_ok());
        let key = signing_key(1);
        for tag in [Tag::Batch, Tag::Denial, Tag::Receipt] {
            let signed = Signed::sign(tag, bytes.clone(), &key);
            let _ = Denial::open(&signed, key.verifying_key());
            let _ = Receipt::open(&signed, key.verifying_key());
            let practice = PracticeId::from_bytes([0; 16]);
            let _ = Batch::read(&signed, key.verifying_key(), practice, device(1), &[4; 65], &[0; 32]);
        }
    }
}
