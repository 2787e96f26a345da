//! Sealing a clip, at once or piece by piece.

use thiserror::Error;
use zeroize::Zeroizing;

use super::cipher::{Mark, NotAuthentic, RecordCipher};
use super::{ClipKey, Layout, LayoutError, RecordSize};

/// Why a clip could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// The cipher refused its input.
    #[error("the cipher refused its input")]
    Cipher,
    /// The clip is longer than 64 bits can say.
    #[error("the clip is too long")]
    Length,
}

/// Seals a clip that arrives in pieces; holds back at most one record.
pub struct Sealer {
    cipher: RecordCipher,
    record_size: RecordSize,
    // The newest plaintext, at most one full record: whether it is the last is known only when more comes or none.
    held: Zeroizing<Vec<u8>>,
    header: Option<[u8; Layout::HEADER_LEN]>,
    next: u64,
    plain_len: u64,
}

/// Seals a whole clip. `key` and `salt` must be fresh for every clip: they make the nonces.
///
/// # Errors
/// [`SealError`] when the cipher refuses, which no clip that fits memory makes it do.
pub fn seal(
    plain: &[u8],
    key: &ClipKey,
    salt: [u8; 16],
    record_size: RecordSize,
) -> Result<Vec<u8>, SealError> {
    let layout = Layout::of_plain(plain.len() as u64, record_size)?;
    let mut sealed = Vec::with_capacity(usize::try_from(layout.cipher_len()).map_err(|_| SealError::Length)?);
    let mut sealer = Sealer::new(key, salt, record_size)?;
    sealer.push(plain, &mut sealed)?;
    sealer.finish(&mut sealed)?;
    Ok(sealed)
}

impl Sealer {
    /// Begins a clip. `key` and `salt` must be fresh for every clip: they make the nonces.
    ///
    /// # Errors
    /// [`SealError::Cipher`] when no key can be derived.
    pub fn new(key: &ClipKey, salt: [u8; 16], record_size: RecordSize) -> Result<Self, SealError> {
        let mut header = [0; Layout::HEADER_LEN];
        header[..16].copy_from_slice(&salt);
        header[16..20].copy_from_slice(&record_size.bytes().to_be_bytes());
        Ok(Self {
            cipher: RecordCipher::new(key, &salt)?,
            record_size,
            // Never grows, so that no copy of plaintext is left behind in freed memory.
            held: Zeroizing::new(Vec::with_capacity(record_size.plain() as usize)),
            header: Some(header),
            next: 0,
            plain_len: 0,
        })
    }

    /// Takes more of the clip and appends the records that are full and not the last to `out`.
    ///
    /// # Errors
    /// [`SealError::Cipher`] when the cipher refuses.
    pub fn push(&mut self, mut plain: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        out.extend_from_slice(self.header.take().as_ref().map_or(&[], |header| header.as_slice()));
        self.plain_len = self.plain_len.checked_add(plain.len() as u64).ok_or(SealError::Length)?;
        let full = self.record_size.plain() as usize;
        if !self.held.is_empty() {
            let (fitting, rest) = plain.split_at(plain.len().min(full - self.held.len()));
            self.held.extend_from_slice(fitting);
            plain = rest;
            if plain.is_empty() {
                return Ok(());
            }
            let held = std::mem::replace(&mut self.held, Zeroizing::new(Vec::with_capacity(full)));
            self.record(&held, Mark::More, out)?;
        }
        while plain.len() > full {
            let (record, rest) = plain.split_at(full);
            self.record(record, Mark::More, out)?;
            plain = rest;
        }
        self.held.extend_from_slice(plain);
        Ok(())
    }

    /// Appends the last record to `out` and tells where everything lies.
    ///
    /// # Errors
    /// [`SealError::Cipher`] when the cipher refuses.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<Layout, SealError> {
        self.push(&[], out)?;
        let held = std::mem::take(&mut self.held);
        self.record(&held, Mark::Last, out)?;
        Ok(Layout::of_plain(self.plain_len, self.record_size)?)
    }

    fn record(&mut self, plain: &[u8], mark: Mark, out: &mut Vec<u8>) -> Result<(), SealError> {
        let start = out.len();
        out.reserve(plain.len() + 17);
        out.extend_from_slice(plain);
        out.push(mark.delimiter());
        let tag = self.cipher.seal(self.next, &mut out[start..])?;
        out.extend_from_slice(&tag);
        self.next += 1;
        Ok(())
    }
}

impl From<NotAuthentic> for SealError {
    fn from(_: NotAuthentic) -> Self {
        Self::Cipher
    }
}

impl From<LayoutError> for SealError {
    fn from(_: LayoutError) -> Self {
        Self::Length
    }
}
