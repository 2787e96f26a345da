//! A practice's data keys: they seal every word and every clip's key before it reaches the database.
//!
//! A practice has one, and for a day or so after `refrain keys rotate --data` several. Each sealed value begins with the number
//! of its key:
//!
//! ```text
//! "RFDK" ‖ number (u32, big-endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)
//! ```
//!
//! Values from before keys had numbers begin with their nonce, and are of key 0. A nonce that looks like the head of a key is
//! no hazard: if the named key does not open a value, key 0 is tried on all of it, and the tag decides.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use sync_core::{
    id::PracticeId,
    instant::{Instant, Span},
};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{KeyError, MasterKey, master};
use crate::{nouns::entropy::Entropy, store::data_keys::StoredDataKey};

/// How old what a server knows of a practice's data keys may be.
const READ_AGAIN_AFTER: Span = Span::from_mins(1);
/// How long a new key is not used for: by then every server has read it, and opens what another one seals under it.
pub const SEALS_AFTER: Span = Span::from_mins(2);

/// How many data keys a practice has at once.
pub const MAX_KEYS: u32 = 8;

const MAGIC: [u8; 4] = *b"RFDK";
/// How many bytes before a nonce say which key it is.
const HEAD_LEN: usize = 8;

/// The bytes that a value under this key begins with.
#[must_use]
pub fn head(n: u32) -> [u8; HEAD_LEN] {
    let mut head = [0; HEAD_LEN];
    head[..4].copy_from_slice(&MAGIC);
    head[4..].copy_from_slice(&n.to_be_bytes());
    head
}

/// Which key a value names.
fn named(sealed: &[u8]) -> Option<(u32, &[u8])> {
    let (n, value) = sealed.strip_prefix(&MAGIC)?.split_first_chunk()?;
    Some((u32::from_be_bytes(*n), value))
}

#[derive(ZeroizeOnDrop)]
struct Secret([u8; 32]);

/// Seals under the newest key that every server knows, and opens with all.
pub struct DataKeys {
    secrets: BTreeMap<u32, Secret>,
    seals: u32,
    entropy: Entropy,
    read_at: Instant,
    /// Whether a value named a key that is not here: another server has made it, or it is erased.
    lacks_a_key: AtomicBool,
}

impl DataKeys {
    /// Makes a practice's `n`th key; gives it wrapped.
    pub(super) fn create(
        practice: PracticeId,
        n: u32,
        master: &MasterKey,
        entropy: &Entropy,
    ) -> Result<Vec<u8>, KeyError> {
        let mut secret = entropy.bytes::<32>();
        let wrapped = master.wrap(&context(practice, n), &secret, entropy);
        secret.zeroize();
        wrapped
    }

    /// Unwraps what the database has of a practice's keys at `now`.
    pub(super) fn unwrap(
        practice: PracticeId,
        stored: &[StoredDataKey],
        master: &MasterKey,
        entropy: &Entropy,
        now: Instant,
    ) -> Result<Self, KeyError> {
        let oldest = stored.iter().map(|key| key.n).min().ok_or(KeyError::Missing)?;
        // Another server's clock may be ahead: what it has begun to seal under is the key for all.
        let known_everywhere =
            stored.iter().filter(|key| key.swept_at.is_some() || key.made_at + SEALS_AFTER <= now);
        let seals = known_everywhere.map(|key| key.n).max().unwrap_or(oldest);
        let mut secrets = BTreeMap::new();
        for StoredDataKey { n, wrapped, .. } in stored {
            let secret = master.unwrap(&context(practice, *n), wrapped)?;
            let secret = secret.as_slice().try_into().map_err(|_| KeyError::Malformed)?;
            secrets.insert(*n, Secret(secret));
        }
        Ok(Self {
            secrets,
            seals,
            entropy: entropy.clone(),
            read_at: now,
            lacks_a_key: AtomicBool::new(false),
        })
    }

    /// Whether the database is to be asked before these keys are used.
    pub(super) fn is_outdated(&self, now: Instant) -> bool {
        now < self.read_at || now >= self.read_at + READ_AGAIN_AFTER || self.lacks_a_key()
    }

    /// Whether a value named a key that is not here: then nobody knows yet whether it is damaged.
    #[must_use]
    pub fn lacks_a_key(&self) -> bool {
        self.lacks_a_key.load(Ordering::Relaxed)
    }

    /// Whether another server may have made a key of this number since. Any other number is damage.
    fn may_be_made(&self, n: u32) -> bool {
        let newest = self.secrets.last_key_value().map_or(0, |(newest, _)| *newest);
        n.checked_sub(newest).is_some_and(|more| (1..=MAX_KEYS).contains(&more))
    }

    /// The number of the key that seals.
    #[must_use]
    pub const fn sealing(&self) -> u32 {
        self.seals
    }

    /// Whether a value is sealed under an older key than the one that seals.
    #[must_use]
    pub fn names_older(&self, sealed: &[u8]) -> bool {
        named(sealed)
            .is_none_or(|(n, _)| n < self.seals || !self.secrets.contains_key(&n) && !self.may_be_made(n))
    }

    /// Seals, bound to `context`, which is `table.column/<id>`, so that a sealed word cannot be moved to another row or
    /// column.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        // Fails only above 64 GiB, which no request can bring; nothing at all opens as an error, never as a word.
        let sealed = self.secrets.get(&self.seals).and_then(|Secret(secret)| {
            let sealed = master::seal(secret, context, plain, &self.entropy).ok()?;
            Some([head(self.seals).as_slice(), &sealed].concat())
        });
        sealed.unwrap_or_default()
    }

    /// Opens what [`Self::seal`] gave, for the same context only.
    ///
    /// # Errors
    /// [`KeyError::Unsealable`] for another key or context, or changed bytes.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        if let Some((n, value)) = named(sealed) {
            match self.secrets.get(&n) {
                Some(Secret(secret)) => {
                    if let Ok(plain) = master::open(secret, context, value) {
                        return Ok(plain);
                    }
                }
                None if self.may_be_made(n) => self.lacks_a_key.store(true, Ordering::Relaxed),
                None => {}
            }
        }
        let Secret(first) = self.secrets.get(&0).ok_or(KeyError::Unsealable)?;
        master::open(first, context, sealed)
    }

    /// Opens words that were sealed as text.
    ///
    /// # Errors
    /// As [`Self::open`]; [`KeyError::Malformed`] when they are no text.
    pub fn open_text(&self, context: &str, sealed: &[u8]) -> Result<String, KeyError> {
        String::from_utf8(self.open(context, sealed)?).map_err(|_| KeyError::Malformed)
    }
}

/// The first key stood in the practice's own row once, and is bound to it still.
fn context(practice: PracticeId, n: u32) -> String {
    match n {
        0 => format!("practice.wrapped_key/{practice}"),
        n => format!("data_key.wrapped_key/{practice}/{n}"),
    }
}
