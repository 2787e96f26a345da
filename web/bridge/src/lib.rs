//! sync-core for the browser: the companion app drives it, and it has no rules of its own.
//!
//! A page hands in each event and the two clocks, and gets back effects to carry out in their
//! order, as plain objects with a `do`. Keys never come in here: opening a batch, decrypting a
//! record and signing are effects that WebCrypto carries out with keys that cannot be taken out.
//! Only [`unseal`] sees a clip's key, once, on its way from the opened batch to WebCrypto, and
//! erases its copy.
//!
//! Refusals are codes, thrown as strings: a page decides by them and never shows them.

mod clip;
mod code;
mod companion;
mod documents;
mod effects;
mod reading;
mod sealed;
mod views;

pub use clip::Clip;
pub use companion::Companion;
pub use documents::{Connection, Documents};
pub use sealed::{Unsealed, unseal};

use sync_core::{digits::Digits, id::DeviceId};
use wasm_bindgen::prelude::*;

use crate::code::malformed;

/// The number that this phone's four digits spell, made of what it has itself: no server tells them to a phone.
///
/// # Errors
/// `malformed` when an id or a key cannot be read.
#[wasm_bindgen]
pub fn digits(device: &str, exchange_key: &[u8], signing_key: &[u8]) -> Result<u16, JsValue> {
    let device = DeviceId::parse(device).map_err(malformed)?;
    let [exchange_key, signing_key] = [exchange_key, signing_key].map(<&[u8; 65]>::try_from);
    Ok(Digits::of(device, exchange_key.map_err(malformed)?, signing_key.map_err(malformed)?).number())
}

/// What a person typed, as the server takes it; none when it is no pairing code at all.
#[wasm_bindgen]
#[must_use]
pub fn pairing_code(typed: &str) -> Option<String> {
    sync_core::pairing_code::PairingCode::parse(typed).map(|code| code.shown().to_string())
}
