//! Denials and receipts, and such as are none.

use serde_json::{Value, json};
use sync_core::vocabulary::Vocabulary;
use sync_core::{
    cbor::Map,
    id::{DenialId, DeviceId, ReceiptId},
    lease::{Denial, DenialKind, Receipt, ReceiptCause, ReceiptKind, Signed, Tag},
};

use super::world::{DEVICE, INCARNATION, NOON, authority, b64, clip, device_key, public, release, stranger};

pub(crate) fn denial(kind: DenialKind) -> Denial {
    Denial {
        id: DenialId::from_bytes([0xb1; 16]),
        device: DEVICE,
        release: (kind != DenialKind::Unpaired).then_some(release(1)),
        upto_generation: if kind == DenialKind::Unpaired { u64::MAX >> 1 } else { 4 },
        kind,
        at: NOON,
        issued_at: NOON,
        incarnation: INCARNATION,
    }
}

/// An `ended` denial of release 1, signed by the practice.
pub(crate) fn ended() -> Signed {
    denial(DenialKind::Ended).sign(&authority())
}

/// `denial.json`.
pub(crate) fn denials() -> Value {
    let taken = [DenialKind::Ended, DenialKind::Paused, DenialKind::Unpaired].map(|kind| {
        let denial = denial(kind);
        json!({
            "signed": b64(denial.sign(&authority()).encode()),
            "id": denial.id, "dev": denial.device, "rel": denial.release,
            "upto_gen": denial.upto_generation.to_string(), "kind": denial.kind.as_str(),
            "at": denial.at, "issued_at": denial.issued_at, "incarnation": denial.incarnation,
        })
    });
    let foreign = Denial { device: DeviceId::from_bytes([9; 16]), ..denial(DenialKind::Ended) };
    let refused = json!([
        { "why": "signed by a stranger", "signed": b64(denial(DenialKind::Ended).sign(&stranger()).encode()) },
        { "why": "one bit of the body changed", "signed": b64(flipped(&ended()).encode()) },
        { "why": "for another device", "signed": b64(foreign.sign(&authority()).encode()) },
        { "why": "signed as a receipt", "signed": b64(Signed::sign(Tag::Receipt, ended().body, &authority()).encode()) },
        { "why": "an unknown key", "signed": b64(with_more(&ended(), Tag::Denial)) },
        { "why": "not deterministic", "signed": b64(loose(&ended(), Tag::Denial)) },
    ]);
    json!({ "device": DEVICE, "authority": b64(public(&authority())), "taken": taken, "refused": refused })
}

/// `receipt.json`.
pub(crate) fn receipts() -> Value {
    use ReceiptCause as Cause;
    use ReceiptKind as Kind;
    let cases = [
        (1, Kind::Ready, Cause::Lease),
        (2, Kind::Wiped, Cause::Denial),
        (3, Kind::Wiped, Cause::Shelf),
        (4, Kind::Wiped, Cause::Person),
        (5, Kind::Lapsed, Cause::Time),
        (6, Kind::Failed, Cause::Lease),
    ];
    let receipt = |(n, kind, cause)| Receipt {
        id: ReceiptId::from_bytes([0xc0; 16]),
        n,
        kind,
        device: DEVICE,
        release: release(1),
        clip: clip(1),
        generation: 4,
        cause,
        at: NOON,
        incarnation: INCARNATION,
    };
    let sign = |receipt: &Receipt| Signed::sign(Tag::Receipt, receipt.body(), &device_key());
    let taken = cases.map(|case| {
        let receipt = receipt(case);
        json!({
            "signed": b64(sign(&receipt).encode()), "to_sign": b64(Signed::message(Tag::Receipt, &receipt.body())),
            "id": receipt.id, "n": receipt.n, "kind": receipt.kind.as_str(), "dev": receipt.device,
            "rel": receipt.release, "clip": receipt.clip, "gen": receipt.generation,
            "cause": receipt.cause.as_str(), "at": receipt.at, "incarnation": receipt.incarnation,
        })
    });
    let good = sign(&receipt(cases[1]));
    let strange = Signed::sign(Tag::Receipt, good.body.clone(), &stranger());
    let refused = json!([
        { "why": "signed by a stranger", "signed": b64(strange.encode()) },
        { "why": "one bit of the body changed", "signed": b64(flipped(&good).encode()) },
        { "why": "signed as a denial", "signed": b64(Signed::sign(Tag::Denial, good.body.clone(), &device_key()).encode()) },
    ]);
    json!({ "device": DEVICE, "key": b64(public(&device_key())), "taken": taken, "refused": refused })
}

/// The same with one bit of its body changed.
pub(crate) fn flipped(signed: &Signed) -> Signed {
    let mut changed = signed.clone();
    let last = changed.body.len() - 1;
    changed.body[last] ^= 1;
    changed
}

/// The same statement with a key more, validly signed.
pub(crate) fn with_more(signed: &Signed, tag: Tag) -> Vec<u8> {
    let body = Map::read(&signed.body).map(|map| map.with("zz", 1).to_bytes()).unwrap_or_default();
    Signed::sign(tag, body, &authority()).encode()
}

/// The same statement in another encoding, validly signed: `v` is written in two bytes instead of one.
pub(crate) fn loose(signed: &Signed, tag: Tag) -> Vec<u8> {
    let mut body = signed.body.clone();
    // The shortest keys come first, 'v' among them: its name as text, and 1.
    if let Some(at) = body.windows(3).position(|bytes| bytes == [0x61, b'v', 1]) {
        body.splice(at + 2..=at + 2, [0x18, 1]);
    }
    Signed::sign(tag, body, &authority()).encode()
}
