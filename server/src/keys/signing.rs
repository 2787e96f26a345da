//! An ES256 key pair in a file of the key directory, wrapped by the master key.

use std::path::Path;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::{
    ecdsa::{Signature, SigningKey, signature::Signer},
    elliptic_curve::Generate,
};
use zeroize::Zeroizing;

use super::{KeyError, MasterKey};
use crate::nouns::{durable, entropy::Entropy};

/// Signs; zeroized by its crate when dropped.
pub(super) struct SigningPair {
    key: SigningKey,
    public: [u8; 65],
}

impl SigningPair {
    /// Makes a new pair and writes its file, which must not be there. `context` binds the file to its purpose.
    pub(super) fn create(
        path: &Path,
        context: &str,
        master: &MasterKey,
        entropy: &Entropy,
    ) -> Result<Self, KeyError> {
        let key = SigningKey::generate_from_rng(&mut entropy.clone());
        let secret = Zeroizing::new(<[u8; 32]>::from(key.to_bytes()));
        let wrapped = master.wrap(context, secret.as_slice(), entropy)?;
        durable::create(path, &BASE64_URL_SAFE_NO_PAD.encode(wrapped), entropy)?;
        Self::new(key)
    }

    /// Reads a pair's file; `None` when there is none.
    pub(super) fn open(path: &Path, context: &str, master: &MasterKey) -> Result<Option<Self>, KeyError> {
        let Some(text) = durable::read(path)? else { return Ok(None) };
        let wrapped = BASE64_URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| KeyError::Malformed)?;
        let secret = master.unwrap(context, &wrapped)?;
        let key = SigningKey::from_slice(&secret).map_err(|_| KeyError::Malformed)?;
        Self::new(key).map(Some)
    }

    fn new(key: SigningKey) -> Result<Self, KeyError> {
        let point = key.verifying_key().to_sec1_point(false);
        let public = point.as_bytes().try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self { key, public })
    }

    /// ES256 over `message`: `r ‖ s`, 64 bytes (RFC 7518 section 3.4), deterministic (RFC 6979).
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: Signature = self.key.sign(message);
        signature.to_bytes().into()
    }

    pub(super) const fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(super) const fn public_key(&self) -> [u8; 65] {
        self.public
    }
}
