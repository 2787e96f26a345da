//! The master key: wraps every other key, and is in no backup of the keys that it wraps.

use std::path::Path;

use aes_gcm::{
    Aes256Gcm,
    aead::{Aead, KeyInit, Payload},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hkdf::{
    Hkdf,
    hmac::{Hmac, Mac},
};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::KeyError;
use crate::{
    nouns::{durable, entropy::Entropy},
    store::audit::AuditKey,
};

const FILE: &str = "master.key";
const NONCE_LEN: usize = 12;

/// Thirty-two secret bytes, and what is derived from them.
#[derive(zeroize::ZeroizeOnDrop)]
pub struct MasterKey {
    wrapping: [u8; 32],
    login: [u8; 32],
    code: [u8; 32],
    browser: [u8; 32],
    challenge: [u8; 32],
    audit: [u8; 32],
}

impl MasterKey {
    /// Reads 32 bytes of unpadded base64url, as the file or the configuration has them.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for anything else.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes =
            Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| KeyError::Malformed)?);
        let secret = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Malformed)?;
        Self::derive(secret)
    }

    /// Reads `master.key` in the key directory.
    ///
    /// # Errors
    /// [`KeyError::Missing`] when there is none, and when it cannot be read or is no key.
    pub fn read(dir: &Path) -> Result<Self, KeyError> {
        let text = durable::read(&dir.join(FILE))?.ok_or(KeyError::Missing)?;
        Self::parse(&text)
    }

    /// Makes a new `master.key`. Only for a database that nothing is sealed in yet.
    ///
    /// # Errors
    /// When the file cannot be written, or is there.
    pub fn create(dir: &Path, entropy: &Entropy) -> Result<Self, KeyError> {
        let mut secret = entropy.bytes::<32>();
        let text = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(secret));
        let key = Self::derive(&secret);
        secret.zeroize();
        durable::create_dir(dir)?;
        durable::create(&dir.join(FILE), &text, entropy)?;
        key
    }

    fn derive(secret: &[u8; 32]) -> Result<Self, KeyError> {
        let derivation = Hkdf::<Sha256>::new(None, secret);
        let subkey = |info: &str| {
            let mut key = [0; 32];
            derivation.expand(info.as_bytes(), &mut key).map_err(|_| KeyError::Malformed)?;
            Ok::<_, KeyError>(key)
        };
        Ok(Self {
            wrapping: subkey("refrain/master/wrapping/v1")?,
            login: subkey("refrain/master/login/v1")?,
            code: subkey("refrain/master/code/v1")?,
            browser: subkey("refrain/master/browser/v1")?,
            challenge: subkey("refrain/master/challenge/v1")?,
            audit: subkey("refrain/master/audit/v1")?,
        })
    }

    /// Wraps a key: nonce ‖ ciphertext, bound to `context`.
    pub(super) fn wrap(&self, context: &str, key: &[u8], entropy: &Entropy) -> Result<Vec<u8>, KeyError> {
        seal(&self.wrapping, context, key, entropy)
    }

    /// Unwraps what [`Self::wrap`] gave, for the same context only.
    pub(super) fn unwrap(&self, context: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        open(&self.wrapping, context, wrapped).map(Zeroizing::new)
    }

    pub(super) fn login_tag(&self, email: &str) -> [u8; 32] {
        tag(&self.login, &[email.trim().to_lowercase().as_bytes()])
    }

    pub(super) fn code_hash(&self, locator: &str, secret: &str) -> [u8; 32] {
        tag(&self.code, &[locator.as_bytes(), secret.as_bytes()])
    }

    pub(super) fn browser_tag(&self, login_tag: &[u8], browser: &[u8]) -> [u8; 32] {
        tag(&self.browser, &[login_tag, browser])
    }

    pub(super) fn challenge_tag(&self, token: &[u8; 32], made_at: &[u8; 8]) -> [u8; 32] {
        tag(&self.challenge, &[token, made_at])
    }

    pub(super) const fn audit_key(&self) -> AuditKey {
        AuditKey::new(self.audit)
    }
}

/// AES-256-GCM with a random 96-bit nonce. Safe for 2³² messages under one key (NIST SP 800-38D section 8.3).
pub(super) fn seal(
    key: &[u8; 32],
    context: &str,
    plain: &[u8],
    entropy: &Entropy,
) -> Result<Vec<u8>, KeyError> {
    let nonce = entropy.bytes::<NONCE_LEN>();
    let cipher = Aes256Gcm::new(&(*key).into());
    let payload = Payload { msg: plain, aad: context.as_bytes() };
    let sealed = cipher.encrypt(&nonce.into(), payload).map_err(|_| KeyError::Unsealable)?;
    Ok([&nonce[..], &sealed].concat())
}

pub(super) fn open(key: &[u8; 32], context: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(KeyError::Unsealable)?;
    let cipher = Aes256Gcm::new(&(*key).into());
    let payload = Payload { msg: sealed, aad: context.as_bytes() };
    cipher.decrypt(&(*nonce).into(), payload).map_err(|_| KeyError::Unsealable)
}

/// HMAC-SHA-256 over the parts, each behind its length, so that no two lists of parts are one message.
fn tag(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hkdf::hmac::KeyInit>::new(&hmac_key(key));
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HMAC's key as the crate wants it: one block, padded with zeros (RFC 2104 section 2), which is the same key.
fn hmac_key(key: &[u8; 32]) -> hkdf::hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hkdf::hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}
