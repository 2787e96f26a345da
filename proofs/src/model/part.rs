//! Parts of a state: shared, compared by their print, and made once.
//!
//! A state of the model is a handful of parts, and a step changes one or two of them. The real code
//! of `sync-core` runs once for each part and event that ever meet; every other state in which the
//! same two meet is put together from that result. So the checker visits millions of states and
//! makes signatures for thousands.

use std::{
    collections::HashMap,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

/// A shared value with its print; equal prints are equal values.
pub struct Part<T> {
    print: u128,
    value: Arc<T>,
}

impl<T> Part<T> {
    /// Shares a value under the text that tells it from every other.
    #[must_use]
    pub fn new(value: T, text: &str) -> Self {
        let mut print = [0; 16];
        print.copy_from_slice(&Sha256::digest(text)[..16]);
        Self { print: u128::from_be_bytes(print), value: Arc::new(value) }
    }
}

impl<T: fmt::Debug> Part<T> {
    /// Shares a value whose debug text says everything of it.
    #[must_use]
    pub fn of(value: T) -> Self {
        let text = format!("{value:?}");
        Self::new(value, &text)
    }
}

impl<T> Clone for Part<T> {
    fn clone(&self) -> Self {
        Self { print: self.print, value: Arc::clone(&self.value) }
    }
}

impl<T> Deref for Part<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> PartialEq for Part<T> {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

impl<T> Eq for Part<T> {}

impl<T> Hash for Part<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.print.hash(state);
    }
}

impl<T> fmt::Debug for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.print >> 96)
    }
}

/// What came of a part and an event that have met before.
pub(super) struct Memory<T> {
    known: Mutex<HashMap<u64, T>>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { known: Mutex::default() }
    }
}

impl<T: Clone> Memory<T> {
    /// What comes of this meeting: remembered, or made now.
    pub(super) fn of(&self, meeting: impl Hash, make: impl FnOnce() -> T) -> T {
        let mut hasher = DefaultHasher::new();
        meeting.hash(&mut hasher);
        let key = hasher.finish();
        if let Some(known) = self.lock().get(&key) {
            return known.clone();
        }
        let made = make();
        self.lock().insert(key, made.clone());
        made
    }

    /// How many meetings there were.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, T>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
