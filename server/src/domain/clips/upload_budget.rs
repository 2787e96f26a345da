//! The budget of uploads: bytes on their way in are bounded, checked, and never on a disk.
//!
//! A clip is held in memory, in the clear, from its first byte until it is sealed. All uploads
//! together may hold no more than a budget. Each reserves its announced length before the first
//! byte is read, or the greatest length that it may have if it announces none. Dropped bytes are
//! erased.
//!
//! A person has two uploads at a time, so that no person takes the whole budget. If the budget is
//! taken all the same, then a person who has less of it comes before the one who has most: the
//! newest upload of that one gives way, and is sent again later. What is being sealed stays.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use sha2::{Digest, Sha256};
use sync_core::id::StaffId;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::{
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
};

/// How many of the longest uploads fit the budget.
const LONGEST_AT_ONCE: u64 = 4;
/// How many uploads a person has at a time.
const AT_ONCE: usize = 2;
/// The least that an upload counts for, in bytes.
const LEAST: u64 = 64 * 1024;
/// When to come back if there is no place, in seconds.
const COME_BACK_SECS: u32 = 5;
const NO_PLACE: Refusal = Refusal::TooManyRequests { after_secs: COME_BACK_SECS };

/// The budget of all uploads.
pub struct UploadBudget {
    places: Arc<Places>,
    limit: u64,
}

/// One upload, until it is whole.
pub struct Upload {
    coming: Arc<Coming>,
    said_len: Option<u64>,
    said_digest: Option<[u8; 32]>,
    limit: u64,
    place: Place,
}

/// A whole upload.
pub struct Uploaded {
    plain: Zeroizing<Vec<u8>>,
    // Kept until the clip is stored: the ciphertext is as long again.
    _place: Place,
}

/// The bytes of an upload that is under way. Its reader and an upload that takes its place both have them.
struct Coming {
    /// None once the upload is whole or has given way.
    plain: Mutex<Option<Zeroizing<Vec<u8>>>>,
    gave_way: CancellationToken,
}

struct Places {
    total: u64,
    next: AtomicU64,
    /// The newest last.
    taken: Mutex<Vec<Taken>>,
}

struct Taken {
    id: u64,
    staff: StaffId,
    bytes: u64,
    /// None once it is whole: then it does not give way.
    coming: Option<Arc<Coming>>,
}

/// One upload's share of the budget, until it is dropped.
struct Place {
    id: u64,
    places: Arc<Places>,
}

impl UploadBudget {
    /// Sets the longest upload, in bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        let total = limit.max(LEAST).saturating_mul(LONGEST_AT_ONCE);
        let places = Places { total, next: AtomicU64::new(0), taken: Mutex::default() };
        Self { places: Arc::new(places), limit }
    }

    /// The longest upload, in bytes.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Whether no upload is under way.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.places.locked().is_empty()
    }

    /// Begins a person's upload whose length and SHA-256 were said, or not.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] and [`Refusal::TooManyRequests`], before anything is read.
    pub fn begin(
        &self,
        staff: StaffId,
        said_len: Option<u64>,
        said_digest: Option<[u8; 32]>,
    ) -> Result<Upload, Refusal> {
        let len = said_len.unwrap_or(self.limit);
        if len > self.limit {
            return Err(Refusal::TooLarge { limit: self.limit });
        }
        let coming = Arc::new(Coming {
            plain: Mutex::new(Some(Zeroizing::default())),
            gave_way: CancellationToken::new(),
        });
        let place = self.places.take(staff, len.max(LEAST), &coming)?;
        Ok(Upload { coming, said_len, said_digest, limit: self.limit, place })
    }
}

impl Places {
    fn take(self: &Arc<Self>, staff: StaffId, bytes: u64, coming: &Arc<Coming>) -> Result<Place, Refusal> {
        let mut taken = self.locked();
        if taken.iter().filter(|one| one.staff == staff).count() >= AT_ONCE {
            return Err(NO_PLACE);
        }
        let wanted = of(&taken, staff).saturating_add(bytes);
        let room = self.total.saturating_sub(taken.iter().map(|one| one.bytes).sum());
        let gives_way = giving_way(&taken, wanted, bytes.saturating_sub(room)).ok_or(NO_PLACE)?;
        taken.retain(|one| {
            let gives_way = gives_way.contains(&one.id);
            if let Some(coming) = one.coming.as_ref().filter(|_| gives_way) {
                coming.give_way();
            }
            !gives_way
        });
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        taken.push(Taken { id, staff, bytes, coming: Some(Arc::clone(coming)) });
        Ok(Place { id, places: Arc::clone(self) })
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The uploads that make room for so many bytes: each time the newest of the person who has most. None if this takes one of
/// a person who has no more than the `wanted` of the one who asks: then the one who asks waits.
fn giving_way(taken: &[Taken], wanted: u64, missing: u64) -> Option<Vec<u64>> {
    let mut left: Vec<&Taken> = taken.iter().collect();
    let mut gives_way = Vec::new();
    let mut freed = 0_u64;
    while freed < missing {
        let share = |staff| left.iter().filter(|one| one.staff == staff).map(|one| one.bytes).sum::<u64>();
        let candidates = left.iter().enumerate().filter(|(_, one)| one.coming.is_some());
        let (newest, one) = candidates.max_by_key(|(_, one)| (share(one.staff), one.id))?;
        if share(one.staff) <= wanted {
            return None;
        }
        freed = freed.saturating_add(one.bytes);
        gives_way.push(one.id);
        left.remove(newest);
    }
    Some(gives_way)
}

fn of(taken: &[Taken], staff: StaffId) -> u64 {
    taken.iter().filter(|one| one.staff == staff).map(|one| one.bytes).sum()
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.locked().retain(|one| one.id != self.id);
    }
}

impl Coming {
    /// Erases the bytes here and now: the room is promised to another upload.
    fn give_way(&self) {
        drop(self.locked().take());
        self.gave_way.cancel();
    }

    fn locked(&self) -> MutexGuard<'_, Option<Zeroizing<Vec<u8>>>> {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] at the first byte above the limit, [`Refusal::TooManyRequests`] once it has given way.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let mut plain = self.coming.locked();
        let plain = plain.as_mut().ok_or(NO_PLACE)?;
        let len = plain.len().saturating_add(bytes.len());
        let most = self.said_len.unwrap_or(self.limit).min(self.limit);
        if len as u64 > most {
            return Err(Refusal::TooLarge { limit: self.limit });
        }
        if len > plain.capacity() {
            grow(plain, len, most);
        }
        plain.extend_from_slice(bytes);
        Ok(())
    }

    /// Waits until it has given way, so that a caller who sends nothing hears of it.
    pub async fn gave_way(&self) {
        self.coming.gave_way.cancelled().await;
    }

    /// Ends the upload: it does not give way any more. It is checked in its person's turn, for the digest of a long one takes a
    /// while.
    ///
    /// # Errors
    /// [`Refusal::Truncated`] when less came than was said, [`Refusal::DigestMismatch`] when something else came,
    /// [`Refusal::TooManyRequests`] if it has given way.
    pub async fn finish(self, ground: &Ground, caller: StaffCaller) -> Result<Uploaded, Refusal> {
        let (said_len, said_digest) = (self.said_len, self.said_digest);
        let whole = self.whole()?;
        ground.clips.work(caller.into(), move || whole.check(said_len, said_digest)).await?
    }

    #[cfg(test)]
    fn finish_now(self) -> Result<Uploaded, Refusal> {
        let (said_len, said_digest) = (self.said_len, self.said_digest);
        self.whole()?.check(said_len, said_digest)
    }

    fn whole(self) -> Result<Uploaded, Refusal> {
        let Self { coming, place, .. } = self;
        // The table first, as where an upload gives way: what is whole is not asked to.
        let mut taken = place.places.locked();
        let plain = coming.locked().take().ok_or(NO_PLACE)?;
        taken.iter_mut().filter(|one| one.id == place.id).for_each(|one| one.coming = None);
        drop(taken);
        Ok(Uploaded { plain, _place: place })
    }
}

/// Doubles the space. Not left to the vector, which would leave the old bytes behind in freed memory.
fn grow(plain: &mut Zeroizing<Vec<u8>>, len: usize, most: u64) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let space = len.max(plain.capacity().saturating_mul(2)).min(most).max(len);
    let mut grown = Zeroizing::new(Vec::with_capacity(space));
    grown.extend_from_slice(plain);
    *plain = grown;
}

impl Uploaded {
    fn check(self, said_len: Option<u64>, said_digest: Option<[u8; 32]>) -> Result<Self, Refusal> {
        if said_len.is_some_and(|said| said != self.plain.len() as u64) {
            return Err(Refusal::Truncated);
        }
        if said_digest.is_some_and(|said| said != *Sha256::digest(self.plain.as_slice())) {
            return Err(Refusal::DigestMismatch);
        }
        Ok(self)
    }

    /// Lends the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.plain
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const LIMIT: u64 = 200_000;

    fn staff(n: u8) -> StaffId {
        StaffId::from_bytes([n; 16])
    }

    fn hello(said_len: Option<u64>, said_digest: Option<[u8; 32]>) -> Result<Vec<u8>, Refusal> {
        let mut upload = UploadBudget::new(LIMIT).begin(staff(1), said_len, said_digest)?;
        upload.push(b"hel")?;
        upload.push(b"lo")?;
        upload.finish_now().map(|uploaded| uploaded.bytes().to_vec())
    }

    #[track_caller]
    fn assert_no_place<T>(outcome: Result<T, Refusal>) {
        assert!(matches!(outcome.err(), Some(Refusal::TooManyRequests { .. })));
    }

    #[test]
    fn a_whole_upload_is_what_was_sent() {
        assert_eq!(hello(None, None).unwrap(), b"hello");
        assert_eq!(hello(Some(5), Some(Sha256::digest(b"hello").into())).unwrap(), b"hello");
    }

    #[test]
    fn an_upload_that_says_it_is_too_large_is_refused_before_it_is_read() {
        let refused = UploadBudget::new(LIMIT).begin(staff(1), Some(LIMIT + 1), None).err();
        assert!(matches!(refused, Some(Refusal::TooLarge { limit: LIMIT })));
    }

    #[test]
    fn an_upload_that_goes_on_above_the_limit_is_refused_there() {
        let mut upload = UploadBudget::new(LIMIT).begin(staff(1), None, None).unwrap();
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
    fn a_person_has_two_uploads_at_a_time_and_others_have_their_own() {
        let uploads = UploadBudget::new(LIMIT);
        let one = uploads.begin(staff(1), Some(1), None).unwrap();
        let mut other = uploads.begin(staff(1), Some(1), None).unwrap();
        assert_no_place(uploads.begin(staff(1), Some(1), None));
        assert!(uploads.begin(staff(2), Some(1), None).is_ok());
        other.push(b"x").unwrap();
        let whole = other.finish_now().unwrap();
        assert_no_place(uploads.begin(staff(1), Some(1), None));
        drop(whole);
        let _next = uploads.begin(staff(1), Some(1), None).unwrap();
        drop(one);
        assert!(uploads.begin(staff(1), Some(1), None).is_ok());
    }

    #[test]
    fn all_uploads_together_hold_no_more_than_the_budget() {
        let uploads = UploadBudget::new(LIMIT);
        let mut under_way: Vec<_> = (0..4).map(|n| uploads.begin(staff(n), None, None).unwrap()).collect();
        assert_no_place(uploads.begin(staff(9), None, None));
        let uploaded = under_way.pop().unwrap().finish_now().unwrap();
        assert_no_place(uploads.begin(staff(9), None, None));
        drop(uploaded);
        assert!(uploads.begin(staff(9), None, None).is_ok());
    }

    #[test]
    fn the_newest_of_the_person_who_has_most_gives_way_to_a_person_who_has_less() {
        let uploads = UploadBudget::new(LIMIT);
        let mut first = uploads.begin(staff(1), None, None).unwrap();
        let _others =
            [uploads.begin(staff(2), None, None).unwrap(), uploads.begin(staff(3), None, None).unwrap()];
        let mut second = uploads.begin(staff(1), None, None).unwrap();
        second.push(b"secret").unwrap();
        assert!(second.gave_way().now_or_never().is_none());
        let mut late = uploads.begin(staff(4), None, None).unwrap();
        assert!(second.gave_way().now_or_never().is_some());
        assert!(second.coming.locked().is_none(), "its bytes are erased at once");
        assert_no_place(second.push(b"more"));
        assert_no_place(second.finish_now());
        first.push(b"first").unwrap();
        late.push(b"late").unwrap();
        // All have the same now.
        assert_no_place(uploads.begin(staff(5), None, None));
        assert_no_place(uploads.begin(staff(1), Some(1), None));
        assert!(uploads.begin(staff(5), Some(1_000), None).is_ok(), "a little goes before a lot");
    }

    #[test]
    fn what_is_being_sealed_does_not_give_way() {
        let uploads = UploadBudget::new(LIMIT);
        let whole = |n| uploads.begin(staff(n), None, None).unwrap().finish_now().unwrap();
        let _whole = [whole(1), whole(1), whole(2), whole(2)];
        assert_no_place(uploads.begin(staff(3), Some(1), None));
    }

    #[test]
    fn an_upload_that_cannot_be_had_makes_no_other_give_way() {
        let uploads = UploadBudget::new(LIMIT);
        let _whole = uploads.begin(staff(1), None, None).unwrap().finish_now().unwrap();
        let mut second = uploads.begin(staff(1), Some(100_000), None).unwrap();
        let _others = [2, 3].map(|n| uploads.begin(staff(n), None, None).unwrap());
        let _small = uploads.begin(staff(4), Some(100_000), None).unwrap();
        // One of the first would give way, and that is not enough.
        assert_no_place(uploads.begin(staff(5), None, None));
        second.push(b"goes on").unwrap();
    }
}
