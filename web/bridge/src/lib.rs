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

use wasm_bindgen::prelude::*;

/// What a person typed, as the server takes it; none when it is no pairing code at all.
#[wasm_bindgen]
#[must_use]
pub fn pairing_code(typed: &str) -> Option<String> {
    sync_core::pairing_code::PairingCode::parse(typed).map(|code| code.shown().to_string())
}
