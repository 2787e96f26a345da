//! How far a request under an idempotency key has come, kept by the transactions of its work.
//!
//! An answer can only be kept once it is known, in a transaction of its own. A server that dies in
//! between has done the work and kept nothing of it. So each commit that a request makes is a step,
//! and each transaction notes its step with its result. If the request is sent again, the steps
//! that were committed are not done again: each gives its result as before, and the rest is done.
//!
//! The request's task carries its progress. **Hazard: work that is given to another task carries
//! none**, unless it takes the step with it, as decisions do.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use sync_core::id::{ClientId, ConsentId, EntryId, FormId, ParticipantId, RecordingId, ReleaseId, UploadId};

use super::{StoreError, Tx, idempotency};

tokio::task_local! {
    static OF_REQUEST: Arc<Progress>;
}

/// How far one request has come.
pub struct Progress {
    claim: idempotency::OwnedClaim,
    /// The results of the steps that were committed; none where a result cannot be kept.
    steps: Mutex<Vec<Option<Vec<u8>>>>,
    /// How many of them were committed when the request was sent before.
    before: usize,
    next: AtomicUsize,
}

/// One commit of a request.
pub enum Step<T> {
    /// It was committed before, with this result.
    Done(T),
    /// It was committed before, and its result was not kept.
    Lost,
    /// It is new: what is committed notes it.
    New(NewStep),
}

/// A step that was not committed yet.
#[derive(Clone)]
pub struct NewStep {
    progress: Arc<Progress>,
    number: usize,
}

impl Progress {
    /// Goes on from what was kept.
    ///
    /// # Errors
    /// When a row is inconsistent.
    pub fn of(claim: idempotency::OwnedClaim, kept: &[u8]) -> Result<Arc<Self>, StoreError> {
        let steps = read(kept).ok_or(StoreError::Inconsistent("progress"))?;
        let before = steps.len();
        Ok(Arc::new(Self { claim, steps: Mutex::new(steps), before, next: AtomicUsize::new(0) }))
    }

    /// Does the work of the request.
    pub async fn carry<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        OF_REQUEST.scope(Arc::clone(self), work).await
    }
}

/// The next step of the request that this task works for; none if it has no key.
pub fn step<T: 'static>() -> Option<Step<T>> {
    let progress = OF_REQUEST.try_with(Arc::clone).ok()?;
    let number = progress.next.fetch_add(1, Ordering::Relaxed);
    if number >= progress.before {
        return Some(Step::New(NewStep { progress, number }));
    }
    let kept = lock(&progress.steps).get(number).cloned().flatten();
    Some(kept.and_then(|kept| recall(&kept)).map_or(Step::Lost, Step::Done))
}

impl NewStep {
    /// With its result, to be written in its transaction.
    #[must_use]
    pub fn with<T: 'static>(&self, result: &T) -> Noted {
        let mut steps = lock(&self.progress.steps);
        // An attempt that was not committed notes its step again.
        steps.truncate(self.number);
        steps.push(keep(result));
        Noted { progress: Arc::clone(&self.progress), steps: write(&steps) }
    }
}

/// A step with its result.
pub struct Noted {
    progress: Arc<Progress>,
    steps: Vec<u8>,
}

impl Noted {
    /// Writes the step.
    ///
    /// # Errors
    /// When the key was given up meanwhile, and the request is perhaps at work elsewhere: then nothing may be committed.
    pub async fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        let is_its_own = idempotency::note_progress(tx, &self.progress.claim.borrowed(), &self.steps).await?;
        if is_its_own { Ok(()) } else { Err(StoreError::RolledBack) }
    }
}

/// The results that are kept: ids, and nothing personal.
macro_rules! kept {
    ($($result:ty),+ $(,)?) => {
        fn keep(result: &dyn Any) -> Option<Vec<u8>> {
            $(if let Some(result) = result.downcast_ref::<$result>() {
                return serde_json::to_vec(result).ok();
            })+
            None
        }

        fn recall<T: 'static>(bytes: &[u8]) -> Option<T> {
            let mut found = None::<T>;
            let slot: &mut dyn Any = &mut found;
            $(if let Some(slot) = slot.downcast_mut::<Option<$result>>() {
                *slot = serde_json::from_slice(bytes).ok();
            })+
            found
        }
    };
}

kept!(
    (),
    (bool, ()),
    (bool, ReleaseId),
    (bool, EntryId),
    (ClientId, i64),
    (FormId, i64),
    ParticipantId,
    RecordingId,
    UploadId,
    Vec<ConsentId>,
);

/// Each step is its length, in two bytes, and its result; the length of one that has none is the largest.
fn write(steps: &[Option<Vec<u8>>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for step in steps {
        let len = step.as_ref().and_then(|step| u16::try_from(step.len()).ok()).filter(|len| *len != NONE);
        bytes.extend(len.unwrap_or(NONE).to_be_bytes());
        if len.is_some() {
            bytes.extend(step.iter().flatten());
        }
    }
    bytes
}

const NONE: u16 = u16::MAX;

fn read(mut bytes: &[u8]) -> Option<Vec<Option<Vec<u8>>>> {
    let mut steps = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk::<2>() {
        let len = u16::from_be_bytes(*len);
        let (step, rest) = rest.split_at_checked(if len == NONE { 0 } else { usize::from(len) })?;
        steps.push((len != NONE).then(|| step.to_vec()));
        bytes = rest;
    }
    bytes.is_empty().then_some(steps)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_recalled_as_the_type_that_it_was() {
        let made = (true, ReleaseId::from_bytes([7; 16]));
        let kept = keep(&made).unwrap();
        assert_eq!(recall::<(bool, ReleaseId)>(&kept), Some(made));
        assert_eq!(recall::<()>(&keep(&()).unwrap()), Some(()));
        let consents = vec![ConsentId::from_bytes([1; 16]), ConsentId::from_bytes([2; 16])];
        assert_eq!(recall::<Vec<ConsentId>>(&keep(&consents).unwrap()), Some(consents));
        assert!(keep(&"a name").is_none() && recall::<String>(b"\"a name\"").is_none());
    }

    #[test]
    fn steps_are_read_as_they_were_written() {
        let steps = vec![Some(vec![1, 2, 3]), None, Some(Vec::new())];
        let written = write(&steps);
        assert_eq!(read(&written), Some(steps));
        assert_eq!(read(b""), Some(Vec::new()));
        assert!(read(&written[..4]).is_none() && read(&[0]).is_none());
    }
}
