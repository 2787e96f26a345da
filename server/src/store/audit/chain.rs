//! How the hash of an entry comes about: under a key, and before there was one, without.

use hkdf::hmac::{Hmac, KeyInit, Mac, digest::Key};
use sha2::{Digest, Sha256};

use crate::store::db::PendingEntry;

/// What the first entry hangs on.
pub(super) const BEGINNING: [u8; 32] = [0; 32];

/// The key of every practice's chain, derived from the master key: a writer of the database does not have it.
#[derive(Clone, zeroize::ZeroizeOnDrop)]
pub struct AuditKey([u8; 32]);

impl AuditKey {
    /// Takes 32 secret bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 over the parts, each behind its length, so that no two lists of parts are one message.
    fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        // A key that is shorter than a block is padded with zeros (RFC 2104 section 2), and is the same key.
        let mut block = Key::<Hmac<Sha256>>::default();
        for (to, from) in block.iter_mut().zip(self.0) {
            *to = from;
        }
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block);
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// The end of a practice's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) hash: [u8; 32],
    /// Up to which entry hashes are without a key.
    pub(super) keyed_after: i64,
}

impl Head {
    /// The chain of a practice before its first entry.
    pub(super) const FIRST: Self = Self { seq: 0, hash: BEGINNING, keyed_after: 0 };

    /// The head after this entry.
    pub(super) fn and(self, key: &AuditKey, entry: &PendingEntry) -> Self {
        let seq = self.seq + 1;
        let hash = if seq > self.keyed_after {
            self.under_key(key, seq, entry)
        } else {
            self.without_key(seq, entry)
        };
        Self { seq, hash, ..self }
    }

    fn under_key(&self, key: &AuditKey, seq: i64, entry: &PendingEntry) -> [u8; 32] {
        key.tag(&[
            b"refrain/audit/v2",
            entry.practice.as_bytes(),
            &seq.to_be_bytes(),
            &self.hash,
            &entry.at.as_millis().to_be_bytes(),
            entry.client.as_ref().map_or(&[][..], |client| client.as_bytes()),
            &entry.body,
        ])
    }

    /// The rule of entries from before there was a key. Lengths are fixed or stand in front, so that no two are one message.
    fn without_key(&self, seq: i64, entry: &PendingEntry) -> [u8; 32] {
        let client = entry.client.map_or([0; 16], |client| *client.as_bytes());
        Sha256::new()
            .chain_update(b"refrain/audit/v1")
            .chain_update(entry.practice.as_bytes())
            .chain_update(seq.to_be_bytes())
            .chain_update(self.hash)
            .chain_update(entry.at.as_millis().to_be_bytes())
            .chain_update([u8::from(entry.client.is_some())])
            .chain_update(client)
            .chain_update(&entry.body)
            .finalize()
            .into()
    }
}
