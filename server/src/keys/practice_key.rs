//! A practice's key: seals every word before it reaches the database.

use sync_core::id::PracticeId;
use zeroize::Zeroize;

use super::{KeyError, MasterKey, master};
use crate::nouns::entropy::Entropy;

/// Seals and opens what belongs to one practice.
pub struct PracticeKey {
    secret: [u8; 32],
    entropy: Entropy,
}

impl PracticeKey {
    /// Makes a new key; gives it wrapped.
    pub(super) fn create(
        practice: PracticeId,
        master: &MasterKey,
        entropy: &Entropy,
    ) -> Result<Vec<u8>, KeyError> {
        let mut secret = entropy.bytes::<32>();
        let wrapped = master.wrap(&context(practice), &secret, entropy);
        secret.zeroize();
        wrapped
    }

    pub(super) fn unwrap(
        practice: PracticeId,
        wrapped: &[u8],
        master: &MasterKey,
        entropy: &Entropy,
    ) -> Result<Self, KeyError> {
        let secret = master.unwrap(&context(practice), wrapped)?;
        let secret = secret.as_slice().try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self { secret, entropy: entropy.clone() })
    }

    /// Seals: nonce ‖ ciphertext, bound to `context`, which is `table.column/<id>`, so that a sealed word cannot be
    /// moved to another row or column.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        // Fails only above 64 GiB, which no request can bring; nothing at all opens as an error, never as a word.
        master::seal(&self.secret, context, plain, &self.entropy).unwrap_or_default()
    }

    /// Opens what [`Self::seal`] gave, for the same context only.
    ///
    /// # Errors
    /// [`KeyError::Unsealable`] for another key or context, or changed bytes.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        master::open(&self.secret, context, sealed)
    }

    /// Opens words that were sealed as text.
    ///
    /// # Errors
    /// As [`Self::open`]; [`KeyError::Malformed`] when they are no text.
    pub fn open_text(&self, context: &str, sealed: &[u8]) -> Result<String, KeyError> {
        String::from_utf8(self.open(context, sealed)?).map_err(|_| KeyError::Malformed)
    }
}

impl Drop for PracticeKey {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

fn context(practice: PracticeId) -> String {
    format!("practice.wrapped_key/{practice}")
}
