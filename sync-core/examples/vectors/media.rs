//! Sealed clips, whole and cut.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sync_core::media::{ClipKey, Layout, RecordSize, seal};

use super::world::b64;

const KEY: [u8; 16] = [0xe3; 16];
const SALT: [u8; 16] = [0xe4; 16];

fn plain(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 % 251) as u8).collect()
}

fn sealed(len: usize, size: u32) -> (Vec<u8>, Layout) {
    let size = RecordSize::new(size).unwrap_or(RecordSize::DEFAULT);
    let layout = Layout::of_plain(len as u64, size);
    let sealed = seal(&plain(len), &ClipKey::from_bytes(KEY), SALT, size);
    match (sealed, layout) {
        (Ok(sealed), Ok(layout)) => (sealed, layout),
        _ => unreachable!("a short clip"),
    }
}

/// `media.json`.
pub(crate) fn media() -> Value {
    let cases = [
        ("one short record", 10, 4_096),
        ("three records, the last shorter", 250, 117),
        ("records that are all full", 300, 117),
        ("nothing", 0, 117),
    ];
    let whole = cases.map(|(name, len, size)| {
        let (sealed, layout) = sealed(len, size);
        let records: Vec<_> = (0..layout.records())
            .filter_map(|i| layout.cipher_range(i).zip(layout.plain_range(i)))
            .map(|(cipher, plain)| json!({ "cipher": [cipher.start, cipher.end], "plain": [plain.start, plain.end] }))
            .collect();
        json!({
            "name": name, "plain": b64(plain(len)), "record_size": size, "cipher_len": layout.cipher_len(),
            "sealed": b64(&sealed), "sha256": b64(Sha256::digest(&sealed)), "records": records,
        })
    });
    let (good, layout) = sealed(250, 117);
    let cut = layout.cipher_range(1).map_or(0, |range| range.end as usize);
    let (first, second) = (good[21..138].to_vec(), good[138..255].to_vec());
    let swapped = [&good[..21], &second, &first, &good[255..]].concat();
    let mut flipped = good.clone();
    flipped[150] ^= 1;
    let refused = json!([
        { "why": "cut at the end of a record", "sealed": b64(&good[..cut]) },
        { "why": "two records changed places", "sealed": b64(swapped) },
        { "why": "one bit changed", "sealed": b64(flipped) },
        { "why": "cut within a record", "sealed": b64(&good[..good.len() - 1]) },
    ]);
    json!({ "key": b64(KEY), "salt": b64(SALT), "whole": whole, "refused": refused, "refused_plain_len": 250, "refused_record_size": 117 })
}
