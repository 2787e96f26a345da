//! The contents of an opened lease.

use sync_core::lease::Sealed;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use crate::code::malformed;

/// The sealed part of one lease, opened: words, media, and the key on its way into WebCrypto.
#[wasm_bindgen]
pub struct Unsealed(pub(crate) Sealed);

/// Reads what WebCrypto has opened of a batch's item. `opened` is erased.
///
/// # Errors
/// `malformed` when it is of another shape.
#[wasm_bindgen]
pub fn unseal(opened: &mut [u8]) -> Result<Unsealed, JsValue> {
    let sealed = Sealed::decode(opened).map_err(malformed);
    opened.fill(0);
    sealed.map(Unsealed)
}

#[wasm_bindgen]
impl Unsealed {
    /// The clip's key material: to be imported and erased at once.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        self.0.key.expose().to_vec()
    }

    /// The words that live and go with the lease, as JSON in bytes, for WebCrypto to seal: `Words`.
    ///
    /// # Errors
    /// Never in practice.
    pub fn words(&self) -> Result<JsValue, JsValue> {
        let Sealed { duration, title, note, marks, media, .. } = &self.0;
        let marks = marks.0.iter().map(|(at, words)| Mark { at: at.as_millis(), words });
        let words = Words {
            title,
            note: note.as_deref(),
            marks: marks.collect(),
            duration: duration.as_millis(),
            media_type: &media.media_type,
        };
        serde_wasm_bindgen::to_value(&words).map_err(malformed)
    }

    /// The kind words that stay when the clip has gone.
    #[must_use]
    pub fn parting_note(&self) -> String {
        self.0.parting_note.clone()
    }
}

/// Words that live and go with a lease.
#[derive(serde::Serialize, Tsify)]
struct Words<'a> {
    title: &'a str,
    #[tsify(optional)]
    note: Option<&'a str>,
    marks: Vec<Mark<'a>>,
    duration: u64,
    media_type: &'a str,
}

/// Words at a place of a clip.
#[derive(serde::Serialize, Tsify)]
struct Mark<'a> {
    at: u64,
    words: &'a str,
}
