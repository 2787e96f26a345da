//! Where a clip's records lie, and how an opened record is checked.

use sync_core::media::Layout;
use wasm_bindgen::prelude::*;

use crate::code::{code, malformed};

/// The layout of one clip.
#[wasm_bindgen]
pub struct Clip(pub(crate) Layout);

#[wasm_bindgen]
impl Clip {
    /// How many bytes the plain clip has.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn plain_len(&self) -> f64 {
        self.0.plain_len() as f64
    }

    /// How many bytes the sealed clip has.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn cipher_len(&self) -> f64 {
        self.0.cipher_len() as f64
    }

    /// How many records there are; never none.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn records(&self) -> u32 {
        u32::try_from(self.0.records()).unwrap_or(u32::MAX)
    }

    /// How long the header is.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn header_len(&self) -> u32 {
        Layout::HEADER_LEN as u32
    }

    /// Where a record begins and ends in the sealed clip.
    ///
    /// # Errors
    /// `no_such_record`.
    pub fn cipher_range(&self, index: u32) -> Result<Vec<f64>, JsValue> {
        let range = self.0.cipher_range(index.into()).ok_or_else(|| code("no_such_record"))?;
        Ok(vec![range.start as f64, range.end as f64])
    }

    /// Where a record's plaintext begins and ends in the plain clip.
    ///
    /// # Errors
    /// `no_such_record`.
    pub fn plain_range(&self, index: u32) -> Result<Vec<f64>, JsValue> {
        let range = self.0.plain_range(index.into()).ok_or_else(|| code("no_such_record"))?;
        Ok(vec![range.start as f64, range.end as f64])
    }

    /// The records that hold a range of plaintext: the first, and the first after them.
    #[must_use]
    pub fn records_holding(&self, from: f64, to: f64) -> Vec<u32> {
        let range = self.0.records_holding(from as u64..to as u64);
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        vec![number(range.start), number(range.end)]
    }

    /// The salt in the clip's header.
    ///
    /// # Errors
    /// `malformed` when the header is not that of this clip.
    pub fn salt(&self, header: &[u8]) -> Result<Vec<u8>, JsValue> {
        self.0.salt(header).map(|salt| salt.to_vec()).map_err(malformed)
    }

    /// How much of a record that WebCrypto has decrypted is content.
    ///
    /// # Errors
    /// `malformed` when it is not the record at `index`.
    pub fn judge(&self, index: u32, opened: &[u8]) -> Result<u32, JsValue> {
        let len = self.0.judge(index.into(), opened).map_err(malformed)?;
        u32::try_from(len).map_err(malformed)
    }
}
