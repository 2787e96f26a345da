//! Deeds of the last hour or so, which are not to be done again before their time.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use sync_core::instant::{Instant, Span};

/// How many things are remembered. Beyond that those of the past are forgotten, and then all: each is done once more.
const REMEMBERED: usize = 16_384;

/// When things were done last. In memory alone: after a start each is done once more.
pub struct Recently<K>(Mutex<HashMap<K, Instant>>);

impl<K> Default for Recently<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq> Recently<K> {
    /// Whether it was done within this time. A clock that was set back has done nothing.
    pub fn is_done(&self, what: &K, now: Instant, within: Span) -> bool {
        let done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        done.get(what).is_some_and(|at| *at <= now && now < *at + within)
    }

    /// It is done now.
    pub fn note(&self, what: K, now: Instant, within: Span) {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if done.len() >= REMEMBERED {
            done.retain(|_, at| *at <= now && now < *at + within);
        }
        if done.len() >= REMEMBERED {
            done.clear();
        }
        done.insert(what, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Span = Span::from_hours(1);

    #[test]
    fn what_was_done_is_done_again_after_its_time_and_after_a_clock_was_set_back() {
        let lately = Recently::default();
        let noon = Instant::from_millis(1_000_000_000_000);
        assert!(!lately.is_done(&"a", noon, HOUR));
        lately.note("a", noon, HOUR);
        assert!(lately.is_done(&"a", noon + Span::from_mins(59), HOUR));
        assert!(!lately.is_done(&"b", noon, HOUR));
        assert!(!lately.is_done(&"a", noon + HOUR, HOUR));
        assert!(!lately.is_done(&"a", noon - Span::from_millis(1), HOUR));
    }

    #[test]
    fn memory_is_bounded() {
        let lately = Recently::default();
        for n in 0..3 * REMEMBERED {
            lately.note(n, Instant::from_millis(1), HOUR);
        }
        assert!(lately.0.lock().unwrap().len() <= REMEMBERED);
    }
}
