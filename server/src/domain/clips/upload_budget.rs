//! The budget of uploads: bytes on their way in are bounded, checked, and never on a disk.
//!
//! A clip is held in memory, in the clear, from its first byte until it is sealed. All uploads
//! together may hold no more than a budget. Each reserves its announced length before the first
//! byte is read, or the greatest length that it may have if it announces none. Dropped bytes are
//! erased.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::nouns::Refusal;

/// What the budget is counted in, in bytes.
const UNIT: u64 = 64 * 1024;
/// How many of the longest uploads fit the budget.
const LONGEST_AT_ONCE: u64 = 4;
/// When to come back while the budget is spent, in seconds.
const COME_BACK_SECS: u32 = 5;

/// The budget of all uploads.
pub struct UploadBudget {
    budget: Arc<Semaphore>,
    limit: u64,
}

/// One upload, until it is whole.
pub struct Upload {
    plain: Zeroizing<Vec<u8>>,
    said_len: Option<u64>,
    said_digest: Option<[u8; 32]>,
    limit: u64,
    permit: OwnedSemaphorePermit,
}

/// A whole upload.
pub struct Uploaded {
    plain: Zeroizing<Vec<u8>>,
    // Kept until the clip is stored: the ciphertext is as long again.
    _permit: OwnedSemaphorePermit,
}

impl UploadBudget {
    /// Sets the longest upload, in bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        let units = units(limit).saturating_mul(LONGEST_AT_ONCE);
        let budget = Arc::new(Semaphore::new(usize::try_from(units).unwrap_or(Semaphore::MAX_PERMITS)));
        Self { budget, limit }
    }

    /// The longest upload, in bytes.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Begins an upload whose length and SHA-256 were said, or not.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] and [`Refusal::TooManyRequests`], before anything is read.
    pub fn begin(&self, said_len: Option<u64>, said_digest: Option<[u8; 32]>) -> Result<Upload, Refusal> {
        let len = said_len.unwrap_or(self.limit);
        if len > self.limit {
            return Err(Refusal::TooLarge { limit: self.limit });
        }
        let units = u32::try_from(units(len)).map_err(|_| Refusal::TooLarge { limit: self.limit })?;
        let permit = Arc::clone(&self.budget)
            .try_acquire_many_owned(units)
            .map_err(|_| Refusal::TooManyRequests { after_secs: COME_BACK_SECS })?;
        Ok(Upload { plain: Zeroizing::new(Vec::new()), said_len, said_digest, limit: self.limit, permit })
    }
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] at the first byte above the limit.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let len = self.plain.len().saturating_add(bytes.len());
        if len as u64 > self.said_len.unwrap_or(self.limit).min(self.limit) {
            return Err(Refusal::TooLarge { limit: self.limit });
        }
        if len > self.plain.capacity() {
            self.grow(len);
        }
        self.plain.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends the upload.
    ///
    /// # Errors
    /// [`Refusal::Truncated`] when less came than was said, [`Refusal::DigestMismatch`] when something else came.
    pub fn finish(self) -> Result<Uploaded, Refusal> {
        if self.said_len.is_some_and(|said| said != self.plain.len() as u64) {
            return Err(Refusal::Truncated);
        }
        if self.said_digest.is_some_and(|said| said != *Sha256::digest(self.plain.as_slice())) {
            return Err(Refusal::DigestMismatch);
        }
        Ok(Uploaded { plain: self.plain, _permit: self.permit })
    }

    /// Doubles the space. Not left to the vector, which would leave the old bytes behind in freed memory.
    fn grow(&mut self, len: usize) {
        let most = usize::try_from(self.said_len.unwrap_or(self.limit)).unwrap_or(usize::MAX);
        let space = len.max(self.plain.capacity().saturating_mul(2)).min(most).max(len);
        let mut grown = Zeroizing::new(Vec::with_capacity(space));
        grown.extend_from_slice(&self.plain);
        self.plain = grown;
    }
}

impl Uploaded {
    /// Lends the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.plain
    }
}

const fn units(bytes: u64) -> u64 {
    let units = bytes.div_ceil(UNIT);
    if units == 0 { 1 } else { units }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 200_000;

    fn hello(said_len: Option<u64>, said_digest: Option<[u8; 32]>) -> Result<Vec<u8>, Refusal> {
        let mut upload = UploadBudget::new(LIMIT).begin(said_len, said_digest)?;
        upload.push(b"hel")?;
        upload.push(b"lo")?;
        upload.finish().map(|uploaded| uploaded.bytes().to_vec())
    }

    #[test]
    fn a_whole_upload_is_what_was_sent() {
        assert_eq!(hello(None, None).unwrap(), b"hello");
        assert_eq!(hello(Some(5), Some(Sha256::digest(b"hello").into())).unwrap(), b"hello");
    }

    #[test]
    fn an_upload_that_says_it_is_too_large_is_refused_before_it_is_read() {
        let refused = UploadBudget::new(LIMIT).begin(Some(LIMIT + 1), None).err();
        assert!(matches!(refused, Some(Refusal::TooLarge { limit: LIMIT })));
    }

    #[test]
    fn an_upload_that_goes_on_above_the_limit_is_refused_there() {
        let mut upload = UploadBudget::new(LIMIT).begin(None, None).unwrap();
        upload.push(&vec![0; 150_000]).unwrap();
        assert!(matches!(upload.push(&vec![0; 50_001]), Err(Refusal::TooLarge { limit: LIMIT })));
        upload.push(&vec![0; 50_000]).unwrap();
    }

    #[test]
    fn a_short_upload_is_truncated_and_a_changed_one_is_a_mismatch() {
        assert!(matches!(hello(Some(6), None), Err(Refusal::Truncated)));
        assert!(matches!(hello(Some(4), None), Err(Refusal::TooLarge { .. })));
        assert!(matches!(hello(None, Some([0; 32])), Err(Refusal::DigestMismatch)));
    }

    #[test]
    fn all_uploads_together_hold_no_more_than_the_budget() {
        let uploads = UploadBudget::new(LIMIT);
        let mut under_way: Vec<_> = (0..4).map(|_| uploads.begin(None, None).unwrap()).collect();
        assert!(matches!(uploads.begin(Some(1), None), Err(Refusal::TooManyRequests { .. })));
        let uploaded = under_way.pop().unwrap().finish().unwrap();
        assert!(uploads.begin(Some(1), None).is_err(), "a whole upload still holds its bytes");
        drop(uploaded);
        assert!(uploads.begin(Some(LIMIT), None).is_ok());
    }

    #[test]
    fn many_small_uploads_fit_at_once() {
        let uploads = UploadBudget::new(LIMIT);
        let under_way: Vec<_> = (0..20).map_while(|_| uploads.begin(Some(1_000), None).ok()).collect();
        assert_eq!(under_way.len(), 16);
    }
}
