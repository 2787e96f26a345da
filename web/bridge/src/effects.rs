//! Effects as plain objects.

use serde::Serialize;
use serde_bytes::ByteBuf;
use sync_core::device::Effect;
use wasm_bindgen::JsValue;

use crate::code::malformed;

#[derive(Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Shown {
    Save,
    Ask { nonce: ByteBuf, holding: Vec<Holding>, removed: Vec<String>, denials: Vec<ByteBuf> },
    OpenBatch { enc: ByteBuf, info: ByteBuf, items: Vec<ToOpen> },
    Fetch { release: String },
    Discard { release: String },
    ReadBack { release: String },
    EraseKey { release: String },
    Erase { release: String },
    Sign { n: u64, message: ByteBuf },
    SendReceipts,
}

#[derive(Serialize)]
struct Holding {
    release: String,
    generation: u64,
}

#[derive(Serialize)]
struct ToOpen {
    release: String,
    aad: ByteBuf,
    ciphertext: ByteBuf,
    wanted: bool,
}

/// Hands effects to the page.
pub(crate) fn shown(effects: Vec<Effect>) -> Result<JsValue, JsValue> {
    let effects: Vec<_> = effects.into_iter().map(show).collect();
    serde_wasm_bindgen::to_value(&effects).map_err(malformed)
}

fn show(effect: Effect) -> Shown {
    match effect {
        Effect::Save => Shown::Save,
        Effect::Ask { nonce, holding, removed, denials } => Shown::Ask {
            nonce: ByteBuf::from(nonce),
            holding: holding
                .into_iter()
                .map(|(release, generation)| Holding { release: release.to_string(), generation })
                .collect(),
            removed: removed.iter().map(ToString::to_string).collect(),
            denials: denials.iter().map(|denial| ByteBuf::from(denial.encode())).collect(),
        },
        Effect::OpenBatch { enc, info, items } => Shown::OpenBatch {
            enc: ByteBuf::from(enc),
            info: ByteBuf::from(info),
            items: items
                .into_iter()
                .map(|item| ToOpen {
                    release: item.release.to_string(),
                    aad: ByteBuf::from(item.aad),
                    ciphertext: ByteBuf::from(item.ciphertext),
                    wanted: item.wanted,
                })
                .collect(),
        },
        Effect::Fetch(release) => Shown::Fetch { release: release.to_string() },
        Effect::Discard(release) => Shown::Discard { release: release.to_string() },
        Effect::ReadBack(release) => Shown::ReadBack { release: release.to_string() },
        Effect::EraseKey(release) => Shown::EraseKey { release: release.to_string() },
        Effect::Erase(release) => Shown::Erase { release: release.to_string() },
        Effect::Sign { n, message } => Shown::Sign { n, message: ByteBuf::from(message) },
        Effect::SendReceipts => Shown::SendReceipts,
    }
}
