//! A batch of leases with the private key that opens it, and batches that are none.

use hpke::{Kem as _, Serializable, kem::DhP256HkdfSha256};
use serde_json::{Value, json};
use sync_core::{
    cbor::Map,
    id::{BatchId, DeviceId},
    instant::{Instant, Span},
    lease::{BatchDraft, LeaseHeader, Marks, Sealed, Signed, Tag, kid_of},
    media::{ClipKey, MediaRecord, RecordSize},
};

use super::{
    statements::{ended, flipped, loose},
    world::{Counted, DEVICE, INCARNATION, NOON, PRACTICE, authority, b64, clip, public, release, stranger},
};

const NONCE: [u8; 32] = [0xd1; 32];

struct Device {
    private: Vec<u8>,
    public: [u8; 65],
}

fn device() -> Device {
    let (private, public) = DhP256HkdfSha256::gen_keypair_with_rng(&mut Counted::from(1));
    let mut point = [0; 65];
    point.copy_from_slice(&public.to_bytes());
    Device { private: private.to_bytes().to_vec(), public: point }
}

fn draft(device: &Device) -> BatchDraft {
    BatchDraft {
        id: BatchId::from_bytes([0xd2; 16]),
        incarnation: INCARNATION,
        practice: PRACTICE,
        device: DEVICE,
        exchange_key: device.public,
        issued_at: NOON,
        nonce: NONCE,
        kid: kid_of(&public(&authority())),
    }
}

fn leases() -> Vec<(LeaseHeader, Sealed)> {
    let midnight = NOON - Span::from_hours(8);
    let full = LeaseHeader {
        release: release(1),
        clip: clip(1),
        device: DEVICE,
        generation: 3,
        not_before: Some(NOON + Span::from_hours(1)),
        valid_until: NOON + Span::from_days(3),
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
        days: (0..4).map(|n| midnight + Span::from_days(n)).collect(),
        quiet: vec![(midnight, midnight + Span::from_hours(6))],
        budget: Span::from_mins(16),
    };
    let bare = LeaseHeader {
        release: release(2),
        clip: clip(2),
        generation: 1,
        not_before: None,
        daily_limit: None,
        days: vec![],
        quiet: vec![],
        ..full.clone()
    };
    let media = |n: u8| MediaRecord {
        plain_len: 200_000,
        cipher_len: 200_000 + 4 * 17 + 21,
        record_size: RecordSize::DEFAULT,
        cipher_sha256: [n; 32],
        media_type: "audio/mpeg".into(),
    };
    let words = Sealed {
        key: ClipKey::from_bytes([0xe1; 16]),
        media: media(1),
        duration: Span::from_secs(118),
        title: "Atemübung".into(),
        note: Some("Once in the evening, if you like.".into()),
        marks: Marks(vec![
            (Span::from_secs(30), "shoulders".into()),
            (Span::from_secs(75), "longer out than in".into()),
        ]),
        parting_note: "You know this one by heart now.".into(),
    };
    let plain = Sealed {
        key: ClipKey::from_bytes([0xe2; 16]),
        media: media(2),
        duration: Span::from_secs(20),
        title: "2".into(),
        note: None,
        marks: Marks::default(),
        parting_note: String::new(),
    };
    vec![(full, words), (bare, plain)]
}

fn seal(draft: &BatchDraft, leases: &[(LeaseHeader, Sealed)], denials: &[Signed]) -> Signed {
    let sealed = draft.seal(leases, denials, &authority(), &mut Counted::from(2));
    sealed.unwrap_or_else(|_| unreachable!("a good key and few leases"))
}

fn spelled(header: &LeaseHeader) -> Value {
    json!({
        "rel": header.release, "clip": header.clip, "dev": header.device, "gen": header.generation,
        "not_before": header.not_before, "valid_until": header.valid_until, "ends_at": header.ends_at,
        "offline_for": header.offline_for, "daily_limit": header.daily_limit, "days": header.days,
        "quiet": header.quiet, "budget_ms": header.budget,
    })
}

fn spelled_words(sealed: &Sealed) -> Value {
    json!({
        "key": b64(sealed.key.expose()), "plain_len": sealed.media.plain_len, "cipher_len": sealed.media.cipher_len,
        "record_size": sealed.media.record_size.bytes(), "sha256": b64(sealed.media.cipher_sha256),
        "media_type": sealed.media.media_type, "duration_ms": sealed.duration, "title": sealed.title,
        "note": sealed.note, "marks": sealed.marks.0, "parting_note": sealed.parting_note,
    })
}

/// A batch that is validly signed, and whose first header was changed after it was sealed.
fn loosened(batch: &Signed) -> Signed {
    let (mut looser, _) = leases().swap_remove(0);
    looser.valid_until = looser.ends_at;
    let body = Map::read(&batch.body).ok().and_then(|mut map| {
        let mut items = map.list("items").ok()?;
        let mut first = items[0].as_array()?.clone();
        first[0] = ciborium::Value::Bytes(looser.encode());
        items[0] = ciborium::Value::Array(first);
        Some(map.with("items", ciborium::Value::Array(items)).to_bytes())
    });
    Signed::sign(Tag::Batch, body.unwrap_or_default(), &authority())
}

/// `lease.json`.
pub(crate) fn lease() -> Value {
    let device = device();
    let (draft, leases) = (draft(&device), leases());
    let batch = seal(&draft, &leases, &[ended()]);
    let other_question = BatchDraft { nonce: [0; 32], ..draft.clone() };
    let other_device = BatchDraft { device: DeviceId::from_bytes([9; 16]), ..draft.clone() };
    let mut point = device.public;
    point.copy_from_slice(&public(&stranger()));
    let other_key = BatchDraft { exchange_key: point, ..draft.clone() };
    let twice = [leases[1].clone(), leases[1].clone()];
    let refused = json!([
        { "why": "one bit of the body changed", "batch": b64(flipped(&batch).encode()) },
        { "why": "signed by a stranger", "batch": b64(Signed::sign(Tag::Batch, batch.body.clone(), &stranger()).encode()) },
        { "why": "signed as a denial", "batch": b64(Signed::sign(Tag::Denial, batch.body.clone(), &authority()).encode()) },
        { "why": "answers another question", "batch": b64(seal(&other_question, &leases, &[]).encode()) },
        { "why": "for another device", "batch": b64(seal(&other_device, &[], &[]).encode()) },
        { "why": "for another key", "batch": b64(seal(&other_key, &leases, &[]).encode()) },
        { "why": "two leases of one release", "batch": b64(seal(&draft, &twice, &[]).encode()) },
        { "why": "not deterministic", "batch": b64(loose(&batch, Tag::Batch)) },
    ]);
    let opened: Vec<_> = leases
        .iter()
        .map(|(header, sealed)| json!({ "header": spelled(header), "sealed": spelled_words(sealed) }))
        .collect();
    json!({
        "practice": PRACTICE,
        "device": DEVICE,
        "exchange_key": { "private": b64(&device.private), "public": b64(device.public) },
        "authority": b64(public(&authority())),
        "kid": draft.kid,
        "nonce": b64(NONCE),
        "batch": b64(batch.encode()),
        "batch_id": draft.id,
        "incarnation": INCARNATION,
        "issued_at": issued_at(),
        "opened": opened,
        "denials": [b64(ended().encode())],
        "empty_batch": b64(seal(&draft, &[], &[]).encode()),
        "refused": refused,
        "does_not_open": [{ "why": "a header changed after sealing", "item": 0, "batch": b64(loosened(&batch).encode()) }],
    })
}

const fn issued_at() -> Instant {
    NOON
}
