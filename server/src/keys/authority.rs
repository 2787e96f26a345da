//! A practice's authority: signs its leases and denials.
//!
//! Devices pin the public key at pairing. The secret is a file of the key directory and never in
//! the database: a thief of the database, or an operator who restores it, cannot sign.
//!
//! A rotation makes another key under the next number. Its statement lies beside the keys, and so
//! outlives the database, too: a backup from before a rotation would otherwise bring back the key
//! that was replaced.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::SigningKey;
use sync_core::{
    id::PracticeId,
    lease::{Signed, kid_of},
};

use super::{KeyError, MasterKey, signing::SigningPair};
use crate::nouns::{authority::Authority, durable, entropy::Entropy};

/// Signs for one practice.
pub struct AuthorityKey {
    pair: SigningPair,
    public: Authority,
}

impl AuthorityKey {
    /// Makes the key to which so many rotations lead, and writes its file.
    pub(super) fn create(
        dir: &Path,
        practice: PracticeId,
        rotations: u64,
        master: &MasterKey,
        entropy: &Entropy,
    ) -> Result<Self, KeyError> {
        let (path, context) = (path(dir, practice, rotations), context(practice, rotations));
        Ok(Self::new(SigningPair::create(&path, &context, master, entropy)?, rotations))
    }

    /// Reads it; `None` when there is no file.
    pub(super) fn open(
        dir: &Path,
        practice: PracticeId,
        rotations: u64,
        master: &MasterKey,
    ) -> Result<Option<Self>, KeyError> {
        let pair = SigningPair::open(&path(dir, practice, rotations), &context(practice, rotations), master)?;
        Ok(pair.map(|pair| Self::new(pair, rotations)))
    }

    fn new(pair: SigningPair, rotations: u64) -> Self {
        let public_key = pair.public_key();
        let public = Authority { rotations, kid: kid_of(&public_key), public_key: public_key.to_vec() };
        Self { pair, public }
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

    /// Its public half, as the practice's row has it.
    #[must_use]
    pub const fn public(&self) -> &Authority {
        &self.public
    }
}

/// Erases a key that was replaced; whether there was one.
pub(super) fn erase(dir: &Path, practice: PracticeId, rotations: u64) -> Result<bool, KeyError> {
    Ok(durable::remove(&path(dir, practice, rotations))?)
}

/// Reads the statement of the practice's `n`th rotation, as it was signed; nothing is verified.
pub(super) fn rotation(dir: &Path, practice: PracticeId, n: u64) -> Result<Option<Signed>, KeyError> {
    let Some(text) = durable::read(&statement_path(dir, practice, n))? else { return Ok(None) };
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| KeyError::Malformed)?;
    Signed::decode(&bytes).map(Some).map_err(|_| KeyError::Malformed)
}

/// Writes the statement of the practice's `n`th rotation, which must not be there.
pub(super) fn keep_rotation(
    dir: &Path,
    practice: PracticeId,
    n: u64,
    statement: &Signed,
    entropy: &Entropy,
) -> Result<(), KeyError> {
    let text = BASE64_URL_SAFE_NO_PAD.encode(statement.encode());
    Ok(durable::create(&statement_path(dir, practice, n), &text, entropy)?)
}

/// A practice's first key has no number, as it had none before there were others.
/// Whether a file of the folder is a signing key, of any practice.
pub(super) fn is_key(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("authority-") && name.ends_with(".key"))
}

fn path(dir: &Path, practice: PracticeId, rotations: u64) -> PathBuf {
    match rotations {
        0 => dir.join(format!("authority-{practice}.key")),
        n => dir.join(format!("authority-{practice}.{n}.key")),
    }
}

fn statement_path(dir: &Path, practice: PracticeId, n: u64) -> PathBuf {
    dir.join(format!("authority-{practice}.{n}.rotation"))
}

fn context(practice: PracticeId, rotations: u64) -> String {
    match rotations {
        0 => format!("authority/{practice}"),
        n => format!("authority/{practice}/{n}"),
    }
}
