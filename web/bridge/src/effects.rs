//! Effects as plain objects.

use serde::Serialize;
use serde_bytes::ByteBuf;
use sync_core::device;
use tsify::Tsify;
use wasm_bindgen::JsValue;

use crate::code::malformed;

/// An effect to carry out, in its order.
#[derive(Serialize, Tsify)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Effect {
    Save,
    Ask {
        #[tsify(type = "Uint8Array")]
        nonce: ByteBuf,
        step: Step,
        holding: Vec<Holding>,
        removed: Vec<String>,
        #[tsify(type = "Uint8Array[]")]
        denials: Vec<ByteBuf>,
    },
    OpenBatch {
        #[tsify(type = "Uint8Array")]
        enc: ByteBuf,
        #[tsify(type = "Uint8Array")]
        info: ByteBuf,
        items: Vec<ToOpen>,
    },
    Fetch {
        release: String,
    },
    Discard {
        release: String,
    },
    ReadBack {
        release: String,
    },
    EraseKey {
        release: String,
    },
    Erase {
        release: String,
    },
    Sign {
        n: u64,
        #[tsify(type = "Uint8Array")]
        message: ByteBuf,
    },
    SendReceipts,
}

/// Which question it is.
#[derive(Serialize, Tsify)]
struct Step {
    n: u64,
    #[tsify(type = "Uint8Array")]
    after: ByteBuf,
}

/// The newest lease that the device holds of a release.
#[derive(Serialize, Tsify)]
struct Holding {
    release: String,
    generation: u64,
}

/// One item of a batch; one that is not wanted is opened, because HPKE counts, and dropped.
#[derive(Serialize, Tsify)]
struct ToOpen {
    release: String,
    #[tsify(type = "Uint8Array")]
    aad: ByteBuf,
    #[tsify(type = "Uint8Array")]
    ciphertext: ByteBuf,
    wanted: bool,
}

/// Hands effects to the page.
pub(crate) fn shown(effects: Vec<device::Effect>) -> Result<JsValue, JsValue> {
    let effects: Vec<_> = effects.into_iter().map(show).collect();
    serde_wasm_bindgen::to_value(&effects).map_err(malformed)
}

fn show(effect: device::Effect) -> Effect {
    match effect {
        device::Effect::Save => Effect::Save,
        device::Effect::Ask { nonce, step, holding, removed, denials } => Effect::Ask {
            nonce: ByteBuf::from(nonce),
            step: Step { n: step.n, after: ByteBuf::from(step.after) },
            holding: holding
                .into_iter()
                .map(|(release, generation)| Holding { release: release.to_string(), generation })
                .collect(),
            removed: removed.iter().map(ToString::to_string).collect(),
            denials: denials.iter().map(|denial| ByteBuf::from(denial.encode())).collect(),
        },
        device::Effect::OpenBatch { enc, info, items } => Effect::OpenBatch {
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
        device::Effect::Fetch(release) => Effect::Fetch { release: release.to_string() },
        device::Effect::Discard(release) => Effect::Discard { release: release.to_string() },
        device::Effect::ReadBack(release) => Effect::ReadBack { release: release.to_string() },
        device::Effect::EraseKey(release) => Effect::EraseKey { release: release.to_string() },
        device::Effect::Erase(release) => Effect::Erase { release: release.to_string() },
        device::Effect::Sign { n, message } => Effect::Sign { n, message: ByteBuf::from(message) },
        device::Effect::SendReceipts => Effect::SendReceipts,
    }
}
