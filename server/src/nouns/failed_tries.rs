//! Failed tries, of strangers and of callers without the right, counted for each minute: the audit
//! gets one entry for all of one kind.
//!
//! A caller must not be able to fill a disk, and a full disk stops revocations. So a try costs a
//! number in memory, and a minute costs one entry for each kind of try. A crash loses the counts of
//! the last minute.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use sync_core::{
    id::StaffId,
    instant::{Instant, Span},
};

/// For how long tries are counted into one entry.
pub const MINUTE: Span = Span::from_mins(1);
/// How many people one entry names. A practice has more only if it is large, and the number of tries is whole anyway.
const NAMED_MAX: usize = 16;

/// What somebody has tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Try {
    /// To sign in.
    SignIn,
    /// To pair a phone.
    Pair,
    /// With a token, to reach something that is not there or not theirs: the two are answered alike.
    Access,
}

/// The failed tries of one kind within one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What was tried.
    pub kind: Try,
    /// When the first of them failed.
    pub since: Instant,
    /// How many failed.
    pub count: u64,
    /// The members of staff whose addresses were tried, or who tried to reach something.
    pub staff: BTreeSet<StaffId>,
}

/// The counts of the minute. A clone is another handle to the same.
#[derive(Clone, Default)]
pub struct FailedTries(Arc<Mutex<Vec<Counted>>>);

impl FailedTries {
    /// Counts a failed try, of whose address if it is one's.
    pub fn note(&self, kind: Try, staff: Option<StaffId>, now: Instant) {
        self.add(Counted { kind, since: now, count: 1, staff: staff.into_iter().collect() });
    }

    /// Takes the counts of minutes that are over; of all, if `all`.
    #[must_use]
    pub fn take(&self, now: Instant, all: bool) -> Vec<Counted> {
        self.lock().extract_if(.., |counted| all || now >= counted.since + MINUTE).collect()
    }

    /// Puts counts back that could not be written.
    pub fn put_back(&self, counted: Vec<Counted>) {
        counted.into_iter().for_each(|one| self.add(one));
    }

    fn add(&self, new: Counted) {
        let mut counts = self.lock();
        let Some(found) = counts.iter_mut().find(|found| found.kind == new.kind) else {
            counts.push(new);
            return;
        };
        found.since = found.since.min(new.since);
        found.count = found.count.saturating_add(new.count);
        let room = NAMED_MAX.saturating_sub(found.staff.len());
        let unnamed: Vec<_> =
            new.staff.into_iter().filter(|id| !found.staff.contains(id)).take(room).collect();
        found.staff.extend(unnamed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_millis(1_800_000_000_000);

    #[test]
    fn a_minute_of_tries_is_one_count_for_each_kind() {
        let strangers = FailedTries::default();
        for n in 0..600 {
            strangers.note(Try::SignIn, Some(StaffId::from_bytes([n as u8; 16])), START);
        }
        strangers.note(Try::Pair, None, START);
        assert!(strangers.take(START, false).is_empty(), "the minute is not over");
        let counted = strangers.take(START + MINUTE, false);
        assert_eq!(
            counted.iter().map(|one| (one.kind, one.count)).collect::<Vec<_>>(),
            [(Try::SignIn, 600), (Try::Pair, 1)]
        );
        assert_eq!(counted[0].staff.len(), NAMED_MAX);
        assert!(strangers.take(START + MINUTE, true).is_empty());
        strangers.put_back(counted);
        strangers.note(Try::SignIn, None, START);
        let again = strangers.take(START, true);
        assert_eq!(again.iter().map(|one| one.count).sum::<u64>(), 602);
    }
}
