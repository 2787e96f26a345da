//! Keys: never in the database in the clear, and never beside its backup.
//!
//! ```text
//! master.key ─ wraps ─┬─ data_key.wrapped_key   (database)       seal names, titles, documents, clip keys
//!  (file or           ├─ authority-<practice>.key (key directory) signs leases and denials; `.<n>.key` after n rotations
//!   environment)      ├─ vapid.key                (key directory) signs pushes
//!                     └─ derives login tags, code hashes, marks of browsers and the audit's key (HKDF)
//! ```
//!
//! The key directory has a backup of its own. A thief of the database and the objects who lacks the
//! master key has ids, instants and sizes. Several servers on one database share one key directory.
//! No type here has a `Debug` that shows its secret, and all are zeroized.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use sync_core::{id::PracticeId, lease::Signed};
use thiserror::Error;

use crate::{
    nouns::{
        Refusal,
        authority::Authority,
        clock::Clock,
        durable::{self, NotPrivate},
        entropy::Entropy,
    },
    store::{self, StoreError, Tx, audit::AuditKey},
};

mod authority;
pub mod data_keys;
mod master;
mod signing;
mod vapid;

pub use authority::AuthorityKey;
pub use data_keys::DataKeys;
pub use master::MasterKey;
pub use vapid::{PushKey, VapidKey};

/// Why a key or what it seals cannot be had.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key file cannot be read or written.
    #[error("keys.dir: a key file cannot be read or written: {0}")]
    File(#[from] io::Error),
    /// A key file is open to others.
    #[error("{0}")]
    NotPrivate(#[from] NotPrivate),
    /// A key file or value has not the shape of a key.
    #[error("a key has the wrong shape")]
    Malformed,
    /// There is no such practice, or its key file is missing.
    #[error("a key is missing")]
    Missing,
    /// The push key's file is missing.
    #[error(
        "keys.dir: vapid.key is missing. Put it back from the backup of the keys; if it is lost, start once with \
         `refrain serve --new-push-key`: each phone subscribes anew at its next contact"
    )]
    NoPushKey,
    /// A key file holds another key than the one that the database names.
    #[error("a key is another than the database names")]
    Another,
    /// The bytes were not sealed under this key and for this context, or were changed.
    #[error("sealed bytes do not open")]
    Unsealable,
}

/// All keys of a server.
#[derive(Clone)]
pub struct Keys {
    shared: Arc<Shared>,
}

struct Shared {
    dir: PathBuf,
    master: MasterKey,
    clock: Clock,
    entropy: Entropy,
    vapid: VapidKey,
    practices: RwLock<HashMap<PracticeId, Arc<DataKeys>>>,
    authorities: RwLock<HashMap<PracticeId, Arc<AuthorityKey>>>,
}

/// What a new practice's row needs: only wrapped and public keys.
pub struct NewPracticeKeys {
    /// The first data key, wrapped by the master key.
    pub wrapped_key: Vec<u8>,
    /// The public half of its first authority key.
    pub authority: Authority,
}

impl Keys {
    /// Opens the key directory; makes it, and the push key where that may be.
    ///
    /// # Errors
    /// When the directory cannot be used, or its files were made under another master key.
    pub fn open(
        dir: &Path,
        master: MasterKey,
        clock: Clock,
        entropy: Entropy,
        push_key: PushKey,
    ) -> Result<Self, KeyError> {
        durable::create_dir(dir)?;
        check_private(dir)?;
        let vapid = VapidKey::open(dir, &master, &entropy, push_key)?;
        let shared = Shared {
            dir: dir.to_owned(),
            master,
            clock,
            entropy,
            vapid,
            practices: RwLock::default(),
            authorities: RwLock::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Makes the keys of a new practice and writes its authority's file.
    ///
    /// The file is written before the row. A crash in between leaves a file that nothing names.
    ///
    /// # Errors
    /// When the file cannot be written, or the practice has one.
    pub fn create_practice(&self, practice: PracticeId) -> Result<NewPracticeKeys, KeyError> {
        let Shared { dir, master, entropy, .. } = &*self.shared;
        let authority = AuthorityKey::create(dir, practice, 0, master, entropy)?;
        Ok(NewPracticeKeys {
            wrapped_key: DataKeys::create(practice, 0, master, entropy)?,
            authority: authority.public().clone(),
        })
    }

    /// The practice's data keys: read once a minute, and kept in memory.
    ///
    /// # Errors
    /// [`KeyError::Missing`] for an unknown practice, [`KeyError::Unsealable`] under another master key.
    pub async fn practice(&self, tx: &mut Tx, practice: PracticeId) -> Result<Arc<DataKeys>, KeyError> {
        let Shared { master, entropy, practices: cached, .. } = &*self.shared;
        let now = self.shared.clock.now();
        let known = cached.read().unwrap_or_else(PoisonError::into_inner).get(&practice).map(Arc::clone);
        if let Some(keys) = known.filter(|keys| !keys.is_outdated(now)) {
            return Ok(keys);
        }
        let stored = store::data_keys::of_practice(tx, practice).await?;
        let keys = Arc::new(DataKeys::unwrap(practice, &stored, master, entropy, now)?);
        cached.write().unwrap_or_else(PoisonError::into_inner).insert(practice, Arc::clone(&keys));
        Ok(keys)
    }

    /// Forgets the data keys that were read: the database may be another now, after a failover or a restore.
    pub fn forget_data_keys(&self) {
        self.shared.practices.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Makes a practice's `n`th data key; gives it wrapped, for its row.
    ///
    /// # Errors
    /// When it cannot be wrapped.
    pub fn next_data_key(&self, practice: PracticeId, n: u32) -> Result<Vec<u8>, KeyError> {
        let Shared { master, entropy, .. } = &*self.shared;
        DataKeys::create(practice, n, master, entropy)
    }

    /// The signing key that a practice's row names: read from its file once, then kept in memory until another one is.
    ///
    /// # Errors
    /// [`KeyError::Missing`] when its file is not there, [`KeyError::Another`] when the file holds another key than the
    /// row names, or when it was made under another master key.
    pub fn authority(&self, practice: PracticeId, named: &Authority) -> Result<Arc<AuthorityKey>, KeyError> {
        let cached = &self.shared.authorities;
        if let Some(key) = cached.read().unwrap_or_else(PoisonError::into_inner).get(&practice)
            && key.public() == named
        {
            return Ok(Arc::clone(key));
        }
        let Shared { dir, master, .. } = &*self.shared;
        let key = AuthorityKey::open(dir, practice, named.rotations, master)?.ok_or(KeyError::Missing)?;
        if key.public() != named {
            return Err(KeyError::Another);
        }
        let key = Arc::new(key);
        cached.write().unwrap_or_else(PoisonError::into_inner).insert(practice, Arc::clone(&key));
        Ok(key)
    }

    /// The key to which a practice's `n`th rotation leads: the one that a run before this one has made, or a new one. Its
    /// file is on the disk when this returns.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn next_authority(&self, practice: PracticeId, n: u64) -> Result<AuthorityKey, KeyError> {
        let Shared { dir, master, entropy, .. } = &*self.shared;
        match AuthorityKey::open(dir, practice, n, master)? {
            Some(key) => Ok(key),
            None => AuthorityKey::create(dir, practice, n, master, entropy),
        }
    }

    /// The statement of a practice's `n`th rotation, if one was signed. Nothing of it is verified.
    ///
    /// # Errors
    /// When its file cannot be read, or is none.
    pub fn rotation(&self, practice: PracticeId, n: u64) -> Result<Option<Signed>, KeyError> {
        authority::rotation(&self.shared.dir, practice, n)
    }

    /// Keeps the statement of a practice's `n`th rotation beside the keys.
    ///
    /// # Errors
    /// When the file cannot be written, or there is one.
    pub fn keep_rotation(&self, practice: PracticeId, n: u64, statement: &Signed) -> Result<(), KeyError> {
        authority::keep_rotation(&self.shared.dir, practice, n, statement, &self.shared.entropy)
    }

    /// Erases every key of a practice before the one that its row names.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn erase_replaced(&self, practice: PracticeId, named: &Authority) -> Result<(), KeyError> {
        for rotations in 0..named.rotations {
            authority::erase(&self.shared.dir, practice, rotations)?;
        }
        Ok(())
    }

    /// The key that signs pushes.
    #[must_use]
    pub fn vapid(&self) -> &VapidKey {
        &self.shared.vapid
    }

    /// Finds a login without storing its address: a keyed hash of the trimmed, lowercased e-mail address.
    #[must_use]
    pub fn login_tag(&self, email: &str) -> [u8; 32] {
        self.shared.master.login_tag(email)
    }

    /// Proves a pairing code without storing it: a keyed hash of its locator and secret.
    #[must_use]
    pub fn code_hash(&self, locator: &str, secret: &str) -> [u8; 32] {
        self.shared.master.code_hash(locator, secret)
    }

    /// Marks a browser as one in which the owner of a login has signed in. No credential: it opens nothing.
    #[must_use]
    pub fn browser_tag(&self, login_tag: &[u8], browser: &[u8]) -> [u8; 32] {
        self.shared.master.browser_tag(login_tag, browser)
    }

    /// Marks a challenge as made here, at this instant, for this token.
    #[must_use]
    pub fn challenge_tag(&self, token: &[u8; 32], made_at: &[u8; 8]) -> [u8; 32] {
        self.shared.master.challenge_tag(token, made_at)
    }

    /// The key of the audit's chains.
    #[must_use]
    pub fn audit_key(&self) -> AuditKey {
        self.shared.master.audit_key()
    }
}

/// Whether a folder has the signing key of a practice.
///
/// # Errors
/// When it cannot be read.
pub fn has_practice(dir: &Path) -> Result<bool, KeyError> {
    match fs::read_dir(dir) {
        Ok(entries) => {
            for entry in entries {
                if authority::is_key(&entry?.file_name()) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a key that others than its owner can read: whoever has read it may have it for ever.
fn check_private(dir: &Path) -> Result<(), KeyError> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "key") {
            durable::check_private(&path)?;
        }
    }
    Ok(())
}

impl From<KeyError> for Refusal {
    fn from(error: KeyError) -> Self {
        tracing::error!(%error, "keys");
        Self::Unavailable
    }
}

#[cfg(test)]
mod tests;
