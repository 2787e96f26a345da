//! The ids, keys and instants that every vector is made of.

use std::convert::Infallible;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::SigningKey;
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};
use sync_core::{
    id::{ClipId, DeviceId, EntryId, IncarnationId, PracticeId, RecordingId, ReleaseId},
    instant::Instant,
};

/// The noon of every vector.
pub(crate) const NOON: Instant = Instant::from_millis(1_800_000_000_000);
/// The practice.
pub(crate) const PRACTICE: PracticeId = PracticeId::from_bytes([0xa1; 16]);
/// The device.
pub(crate) const DEVICE: DeviceId = DeviceId::from_bytes([0xa2; 16]);
/// The server's life.
pub(crate) const INCARNATION: IncarnationId = IncarnationId::from_bytes([0xa3; 16]);

/// Chance that is none: SHA-256 of a counter.
pub(crate) struct Counted(u64);

impl Counted {
    /// Begins at a number.
    pub(crate) fn from(seed: u64) -> Self {
        Self(seed << 32)
    }

    fn next(&mut self) -> [u8; 32] {
        self.0 += 1;
        Sha256::digest(self.0.to_be_bytes()).into()
    }
}

impl TryRng for Counted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let [a, b, c, d, ..] = self.next();
        Ok(u32::from_be_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(32) {
            chunk.copy_from_slice(&self.next()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counted {}

/// Bytes as the files spell them.
pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The key that signs for the practice.
pub(crate) fn authority() -> SigningKey {
    key(0x51)
}

/// The key that signs for the device.
pub(crate) fn device_key() -> SigningKey {
    key(0x52)
}

/// Keys that take the place of the practice's, one after the other.
pub(crate) fn later_authorities() -> [SigningKey; 2] {
    [key(0x54), key(0x55)]
}

/// A key that nobody knows here.
pub(crate) fn stranger() -> SigningKey {
    key(0x53)
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).unwrap_or_else(|_| unreachable!("a scalar of P-256"))
}

/// A public key as an uncompressed point.
pub(crate) fn public(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
}

/// A release by number.
pub(crate) const fn release(n: u8) -> ReleaseId {
    ReleaseId::from_bytes([n; 16])
}

/// A clip by number.
pub(crate) const fn clip(n: u8) -> ClipId {
    ClipId::from_bytes([0x40 | n; 16])
}

/// A recording by number.
pub(crate) const fn recording(n: u8) -> RecordingId {
    RecordingId::from_bytes([0x60 | n; 16])
}

/// An entry by number.
pub(crate) const fn entry(n: u8) -> EntryId {
    EntryId::from_bytes([0x80 | n; 16])
}
