//! Entries, names, statements, leases, clips and pairing codes; most are those of the test vectors.

use std::{fs, path::Path};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value;
use sync_core::{
    clock::{Clock, Reading},
    device::{Companion, Identity},
    documents::{DocumentId, PlayKey},
    id::{BatchId, IncarnationId},
    instant::Span,
    lease::{BatchDraft, Denial, DenialKind, LeaseHeader, Marks, Sealed, Signed, VerifyingKey, kid_of},
    media::{ClipKey, MediaRecord, RecordSize, seal},
    pairing_code::PairingCode,
};

use super::{
    Seed,
    world::{DEVICE, NONCE, NOON, PRACTICE, entry, exchange_key, key, release},
};

const INCARNATION: IncarnationId = IncarnationId::from_bytes([0xa3; 16]);

pub(crate) fn seeds() -> Vec<Seed> {
    [entries(), names(), statements(), leases(), clips(), codes()].concat()
}

fn vectors(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

fn entries() -> Vec<Seed> {
    let vectors = vectors("entries.json");
    let of = |list: &str| -> Vec<Seed> {
        let cases = vectors[list].as_array().unwrap().iter().enumerate();
        cases.map(|(i, case)| ("entry", format!("{list}-{i}"), bytes(&case["bytes"]))).collect()
    };
    ["taken", "letters", "notes"].map(of).concat()
}

fn names() -> Vec<Seed> {
    let play = PlayKey { device: DEVICE, release: release(1), day: NOON, part: None };
    let names = [
        ("document", DocumentId::from_bytes([7; 16]).to_string()),
        ("entry", entry(1).to_string()),
        ("release", release(1).to_string()),
        ("plays", play.to_string()),
    ];
    names.map(|(name, text)| ("name", name.to_owned(), text.into_bytes())).to_vec()
}

fn statements() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (tag, file) in [(1, "denial.json"), (2, "receipt.json")] {
        for (i, case) in vectors(file)["taken"].as_array().unwrap().iter().enumerate() {
            let signed = bytes(&case["signed"]);
            let name = format!("{}-{i}", file.trim_end_matches(".json"));
            let body = Signed::decode(&signed).unwrap().body;
            seeds.push(("statement", name.clone(), [vec![tag], body].concat()));
            if i == 0 {
                seeds.push(("signed", name, signed));
            }
        }
    }
    let batch = batch();
    seeds.push(("statement", "batch".into(), [vec![0], batch.body.clone()].concat()));
    seeds.push(("signed", "batch".into(), batch.encode()));
    seeds
}

fn header() -> LeaseHeader {
    LeaseHeader {
        release: release(1),
        clip: sync_core::id::ClipId::from_bytes([0x41; 16]),
        device: DEVICE,
        generation: 4,
        not_before: Some(NOON),
        valid_until: NOON + Span::from_days(3),
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
        days: vec![NOON],
        quiet: vec![(NOON, NOON + Span::from_hours(6))],
        budget: Span::from_mins(16),
    }
}

fn sealed() -> Sealed {
    Sealed {
        key: ClipKey::from_bytes([1; 16]),
        media: MediaRecord {
            plain_len: 60,
            cipher_len: 132,
            record_size: RecordSize::DEFAULT,
            cipher_sha256: [3; 32],
            media_type: "audio/mpeg".into(),
        },
        duration: Span::from_secs(20),
        title: "Breathing".into(),
        note: None,
        marks: Marks(vec![(Span::from_secs(3), "shoulders".into())]),
        parting_note: "Until Monday.".into(),
    }
}

fn batch() -> Signed {
    let draft = BatchDraft {
        id: BatchId::from_bytes([0xd2; 16]),
        incarnation: INCARNATION,
        practice: PRACTICE,
        device: DEVICE,
        exchange_key: exchange_key(),
        issued_at: NOON,
        nonce: NONCE,
        kid: kid_of(&exchange_key()),
    };
    let denial = Denial {
        id: sync_core::id::DenialId::from_bytes([0xb1; 16]),
        device: DEVICE,
        release: Some(release(2)),
        upto_generation: 4,
        kind: DenialKind::Ended,
        at: NOON,
        issued_at: NOON,
        incarnation: INCARNATION,
    };
    draft.seal(&[(header(), sealed())], &[denial.sign(key())], key(), &mut StdRng::seed_from_u64(1)).unwrap()
}

fn leases() -> Vec<Seed> {
    let reading = Reading { wall: NOON, mono: Span::ZERO };
    let mut clock = Clock::default();
    clock.contact(NOON, Span::ZERO, reading).unwrap();
    let identity = Identity {
        device: DEVICE,
        practice: PRACTICE,
        exchange_key: exchange_key(),
        authority: VerifyingKey::from(key()),
        rotations: 0,
    };
    let mut companion = Companion::new(identity);
    let _ = companion.ask(NONCE, reading);
    companion.take_batch(&batch(), reading).unwrap();
    let opened = sync_core::device::Opened { release: release(1), media: sealed().media };
    let _ = companion.opened(&[opened]);
    vec![
        ("lease", "header".into(), header().encode()),
        ("lease", "sealed".into(), sealed().encode().to_vec()),
        ("lease", "clock".into(), clock.persist().unwrap()),
        ("lease", "companion".into(), companion.save()),
    ]
}

fn clips() -> Vec<Seed> {
    let size = RecordSize::new(40).unwrap();
    let clip = |len: usize| seal(&vec![9; len], &ClipKey::from_bytes([1; 16]), [2; 16], size).unwrap();
    [0, 23, 60].map(|len| ("clip", format!("{len}-bytes"), clip(len))).to_vec()
}

/// A code as it is shown, as people type it, and one that lacks a symbol.
fn codes() -> Vec<Seed> {
    let shown = PairingCode::new([0, 1, 10, 31, 32, 1, 0, 18, 20, 21, 22, 23]).shown().to_string();
    let typed = [
        ("plain", shown.replace('-', "").to_lowercase()),
        ("letters", shown.replace('0', "o").replacen('1', "I", 1).replacen('1', "l", 1)),
        ("spaced", shown.replace('-', " \u{2013}\u{3000}\t")),
        // U+0130, whose last byte is a zero's.
        ("lookalike", shown.replace('0', "\u{130}")),
        ("short", shown[..13].to_owned()),
        ("shown", shown),
    ];
    typed.map(|(name, typed)| ("code", name.to_owned(), typed.into_bytes())).to_vec()
}
