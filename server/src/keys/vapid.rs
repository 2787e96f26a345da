//! The server's push key (RFC 8292): tells push services that a push is from the server a device subscribed to.
//!
//! A new one would silently end every subscription, so it is made once and belongs in the key backup.

use std::path::Path;

use super::{KeyError, MasterKey, signing::SigningPair};
use crate::nouns::entropy::Entropy;

const FILE: &str = "vapid.key";
const CONTEXT: &str = "vapid";

/// Whether there must be a push key already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushKey {
    /// Phones have subscribed to it: another one would leave them deaf.
    IsThere,
    /// There is no practice yet, or the operator says that it is lost.
    MayBeMade,
}

/// Signs VAPID tokens.
pub struct VapidKey {
    pair: SigningPair,
}

impl VapidKey {
    pub(super) fn open(
        dir: &Path,
        master: &MasterKey,
        entropy: &Entropy,
        push_key: PushKey,
    ) -> Result<Self, KeyError> {
        let path = dir.join(FILE);
        if let Some(pair) = SigningPair::open(&path, CONTEXT, master)? {
            return Ok(Self { pair });
        }
        match push_key {
            PushKey::IsThere => Err(KeyError::NoPushKey),
            PushKey::MayBeMade => {
                let pair = SigningPair::create(&path, CONTEXT, master, entropy)?;
                Ok(Self { pair })
            }
        }
    }

    /// ES256 over a token's `header.claims`: `r ‖ s`, 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message)
    }

    /// The public key, as `applicationServerKey` wants it: 65 bytes, uncompressed.
    #[must_use]
    pub const fn public_key(&self) -> [u8; 65] {
        self.pair.public_key()
    }
}
