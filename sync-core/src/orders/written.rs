//! The entries of one client, decoded once and folded once.

use std::sync::OnceLock;

use super::{Entry, Orders};
use crate::id::EntryId;

/// The entries that were written for one client, and the [`Orders`] that they fold into.
///
/// A decision reads the orders many times and folds them once: they are folded at the first question, and again only after
/// [`Self::add`].
#[derive(Debug, Default)]
pub struct Written {
    entries: Vec<(EntryId, Vec<u8>)>,
    decoded: Vec<Option<Entry>>,
    orders: OnceLock<Orders>,
}

impl Written {
    /// Decodes entries, as documents and tables hold them. One that cannot be read stays among them: it pauses the shelf.
    #[must_use]
    pub fn of(entries: Vec<(EntryId, Vec<u8>)>) -> Self {
        let decoded = entries.iter().map(|(_, bytes)| Entry::decode(bytes).ok()).collect();
        Self { entries, decoded, orders: OnceLock::new() }
    }

    /// The same entries and one's own, for a decision that may still be refused.
    #[must_use]
    pub fn with(&self, new: impl IntoIterator<Item = (EntryId, Vec<u8>)>) -> Self {
        let (entries, decoded) = (self.entries.clone(), self.decoded.clone());
        let mut with = Self { entries, decoded, orders: OnceLock::new() };
        new.into_iter().for_each(|(id, bytes)| with.add(id, bytes));
        with
    }

    /// Adds an entry.
    pub fn add(&mut self, id: EntryId, bytes: Vec<u8>) {
        self.decoded.push(Entry::decode(&bytes).ok());
        self.entries.push((id, bytes));
        self.orders = OnceLock::new();
    }

    /// The entries, as bytes.
    #[must_use]
    pub fn entries(&self) -> &[(EntryId, Vec<u8>)] {
        &self.entries
    }

    /// The entries, decoded; `None` for one that cannot be read.
    pub fn decoded(&self) -> impl Iterator<Item = (EntryId, Option<&Entry>)> {
        self.entries.iter().map(|(id, _)| *id).zip(self.decoded.iter().map(Option::as_ref))
    }

    /// Whether an entry of this id is here.
    #[must_use]
    pub fn has(&self, id: EntryId) -> bool {
        self.entries.iter().any(|(known, _)| *known == id)
    }

    /// Whether these are the same entries, in any order.
    #[must_use]
    pub fn is_level_with(&self, entries: &[(EntryId, Vec<u8>)]) -> bool {
        self.entries == entries || sorted(&self.entries) == sorted(entries)
    }

    /// What they say.
    #[must_use]
    pub fn orders(&self) -> &Orders {
        self.orders.get_or_init(|| Orders::fold(self.decoded()))
    }
}

fn sorted(entries: &[(EntryId, Vec<u8>)]) -> Vec<&(EntryId, Vec<u8>)> {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_unstable();
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{entry, released};

    #[test]
    fn an_entry_that_is_added_counts_at_the_next_question_and_never_in_the_original() {
        let mut written = Written::default();
        assert!(written.orders().releases.is_empty());
        written.add(entry(1), released(1, &[]).encode());
        assert_eq!(written.orders().releases.len(), 1);
        let with = written.with([(entry(2), vec![0xff])]);
        assert!(with.orders().unreadable && !written.orders().unreadable);
        assert!(with.has(entry(2)) && !written.has(entry(2)));
    }

    #[test]
    fn entries_are_level_in_any_order_and_not_with_other_contents() {
        let (one, two) = ((entry(1), vec![1]), (entry(2), vec![2]));
        let written = Written::of(vec![one.clone(), two.clone()]);
        assert!(written.is_level_with(&[two.clone(), one.clone()]));
        assert!(!written.is_level_with(std::slice::from_ref(&one)));
        assert!(!written.is_level_with(&[one, (entry(2), vec![3])]));
    }
}
