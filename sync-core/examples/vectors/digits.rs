//! Phones and the four digits that each of them shows.

use p256::ecdsa::SigningKey;
use serde_json::{Value, json};
use sync_core::{digits::Digits, id::DeviceId};

use super::world::{DEVICE, authority, b64, device_key, public, stranger};

fn phone(device: DeviceId, exchange: &SigningKey, signing: &SigningKey) -> Value {
    let key = |key| public(key).try_into().unwrap_or_else(|_| unreachable!("an uncompressed point"));
    json!({
        "device": device,
        "exchange_key": b64(public(exchange)),
        "signing_key": b64(public(signing)),
        "digits": Digits::of(device, &key(exchange), &key(signing)).to_string(),
    })
}

/// `digits.json`.
pub(crate) fn digits() -> Value {
    let (exchange, signing) = (stranger(), device_key());
    let of_id = |byte| phone(DeviceId::from_bytes([byte; 16]), &exchange, &signing);
    // One that begins with zeros among them.
    let ids = (0..=u8::MAX).map(of_id);
    let small =
        ids.clone().find(|phone| phone["digits"].as_str().is_some_and(|digits| digits.starts_with("00")));
    let mut phones = vec![
        phone(DEVICE, &exchange, &signing),
        phone(DEVICE, &signing, &exchange),
        phone(DEVICE, &exchange, &authority()),
    ];
    phones.extend(ids.take(4));
    phones.extend(small);
    json!(phones)
}
