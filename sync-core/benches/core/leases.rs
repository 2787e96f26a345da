//! A renewal of twenty leases, as the server makes it and as a device reads it; beside one bare encapsulation.

use criterion::Criterion;
use hpke::{
    Kem as _, OpModeS, Serializable, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256,
    setup_sender_with_rng,
};
use p256::ecdsa::SigningKey;
use rand::{SeedableRng, rngs::StdRng};
use sync_core::{
    id::{BatchId, IncarnationId, PracticeId},
    instant::Span,
    lease::{Batch, BatchDraft, LeaseHeader, Marks, Sealed, Signed, kid_of},
    media::{ClipKey, MediaRecord, RecordSize},
};

use super::world::{DEVICE, NOON, header, sixteen};

pub(crate) fn all(criterion: &mut Criterion) {
    let mut rng = StdRng::seed_from_u64(1);
    let (_, public) = DhP256HkdfSha256::gen_keypair_with_rng(&mut rng);
    let authority = SigningKey::from_slice(&[9; 32]).unwrap();
    let draft = BatchDraft {
        id: BatchId::from_bytes(sixteen(5, 1)),
        incarnation: IncarnationId::from_bytes(sixteen(6, 1)),
        practice: PracticeId::from_bytes(sixteen(7, 1)),
        device: DEVICE,
        exchange_key: public.to_bytes().as_slice().try_into().unwrap(),
        issued_at: NOON,
        nonce: [3; 32],
        kid: kid_of(authority.verifying_key().to_sec1_point(false).as_bytes()),
    };
    let leases: Vec<_> = (0..20).map(|n| (header(n), sealed())).collect();
    criterion.bench_function("seal and sign a batch of 20 leases", |bench| {
        bench.iter(|| draft.seal(&leases, &[], &authority, &mut rng).unwrap());
    });
    criterion.bench_function("floor: one HPKE encapsulation", |bench| {
        bench.iter(|| {
            setup_sender_with_rng::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(
                &OpModeS::Base,
                &public,
                b"",
                &mut rng,
            )
            .map(|(enc, _)| enc.to_bytes())
        });
    });
    criterion.bench_function("floor: one ES256 signature", |bench| {
        bench.iter(|| Signed::sign(sync_core::lease::Tag::Batch, vec![0; 8_192], &authority));
    });
    let signed = draft.seal(&leases, &[], &authority, &mut rng).unwrap();
    println!("batch of 20 leases: {} bytes", signed.encode().len());
    criterion.bench_function("verify and read a batch of 20 leases", |bench| {
        let BatchDraft { practice, device, exchange_key, nonce, .. } = &draft;
        bench.iter(|| {
            Batch::read(&signed, authority.verifying_key(), *practice, *device, exchange_key, nonce).unwrap()
        });
    });
    let encoded: Vec<_> = leases.iter().map(|(header, _)| header.encode()).collect();
    criterion.bench_function("decode 20 lease headers", |bench| {
        bench.iter(|| encoded.iter().map(|bytes| LeaseHeader::decode(bytes)).collect::<Vec<_>>());
    });
}

fn sealed() -> Sealed {
    Sealed {
        key: ClipKey::from_bytes([1; 16]),
        media: MediaRecord {
            plain_len: 3_000_000,
            cipher_len: 3_000_803,
            record_size: RecordSize::DEFAULT,
            cipher_sha256: [2; 32],
            media_type: "audio/mpeg".into(),
        },
        duration: Span::from_mins(3),
        title: "A breathing exercise".into(),
        note: Some("Once in the evening, if you like.".into()),
        marks: Marks::default(),
        parting_note: "You know this one by heart now.".into(),
    }
}
