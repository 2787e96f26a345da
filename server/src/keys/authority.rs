//! A practice's authority: signs its leases and denials.
//!
//! Devices pin the public key at pairing. The secret is a file of the key directory and never in the database: whoever
//! restores or steals a database cannot sign.

use std::path::{Path, PathBuf};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::SigningKey;
use sha2::{Digest, Sha256};
use sync_core::id::PracticeId;

use super::{KeyError, MasterKey, signing::SigningPair};
use crate::entropy::Entropy;

/// Signs for one practice.
pub struct AuthorityKey {
    pair: SigningPair,
    kid: String,
}

impl AuthorityKey {
    pub(super) fn create(
        dir: &Path,
        practice: PracticeId,
        master: &MasterKey,
        entropy: &Entropy,
    ) -> Result<Self, KeyError> {
        SigningPair::create(&path(dir, practice), &context(practice), master, entropy).map(Self::new)
    }

    pub(super) fn open(dir: &Path, practice: PracticeId, master: &MasterKey) -> Result<Self, KeyError> {
        let pair = SigningPair::open(&path(dir, practice), &context(practice), master)?;
        pair.map(Self::new).ok_or(KeyError::Missing)
    }

    fn new(pair: SigningPair) -> Self {
        let kid = kid_of(&pair.public_key());
        Self { pair, kid }
    }

    /// ES256 over `message`: `r ‖ s`, 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message)
    }

    /// The key, for the statements whose form sync-core owns.
    #[must_use]
    pub const fn signing_key(&self) -> &SigningKey {
        self.pair.key()
    }

    /// The public key: 65 bytes, uncompressed.
    #[must_use]
    pub const fn public_key(&self) -> [u8; 65] {
        self.pair.public_key()
    }

    /// Names the key in what it signs.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

fn kid_of(public_key: &[u8; 65]) -> String {
    let digest = Sha256::digest(public_key);
    BASE64_URL_SAFE_NO_PAD.encode(&digest[..8])
}

fn path(dir: &Path, practice: PracticeId) -> PathBuf {
    dir.join(format!("authority-{practice}.key"))
}

fn context(practice: PracticeId) -> String {
    format!("authority/{practice}")
}
