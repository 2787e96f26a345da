//! Consent: the words of one person for one purpose on one recording, and the one that counts.

use crate::instant::Instant;

/// What one person heard in the clip has said to releasing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentFact {
    /// Has not been asked, or has not answered.
    NotAsked,
    /// Has consented, until an instant if there is one.
    Given {
        /// The first instant at which it no longer counts.
        until: Option<Instant>,
    },
    /// Has withdrawn.
    Withdrawn,
}

/// One event: a word of one person for one purpose on one recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// When it was signed or said.
    pub at: Instant,
    /// What.
    pub word: Word,
}

/// A yes or a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A consent.
    Given {
        /// The first instant at which it no longer counts.
        until: Option<Instant>,
    },
    /// A withdrawal.
    Withdrawn {
        /// Whether the person has said it themself: then it outranks every word that staff enter for them.
        in_person: bool,
    },
}

impl Said {
    /// Which of two events counts: the greater one. That is the newer one by the instant at which it was said; of the same
    /// instant a withdrawal wins, and one of the person's own always.
    #[must_use]
    pub fn rank(&self) -> impl Ord + use<> {
        let (withdrawn, in_person) = match self.word {
            Word::Given { .. } => (false, false),
            Word::Withdrawn { in_person } => (true, in_person),
        };
        (in_person, self.at, withdrawn)
    }

    fn fact(self) -> ConsentFact {
        match self.word {
            Word::Given { until } => ConsentFact::Given { until },
            Word::Withdrawn { .. } => ConsentFact::Withdrawn,
        }
    }
}

/// What counts of a person's events, which come in the order of their instants and of their entering: of two consents of
/// one instant the last counts.
#[must_use]
pub fn consent(said: impl IntoIterator<Item = Said>) -> ConsentFact {
    said.into_iter().max_by_key(Said::rank).map_or(ConsentFact::NotAsked, Said::fact)
}

/// What a person's events say to a release that was made at `made_at`; nothing where the server sees it for the first time.
/// A person who has withdrawn since it was made has ended it, even if they have consented again before it was settled: a
/// new consent is for new releases.
#[must_use]
pub fn consent_to(
    said: impl IntoIterator<Item = Said, IntoIter: Clone>,
    made_at: Option<Instant>,
) -> ConsentFact {
    let said = said.into_iter();
    let ends = |one: Said| {
        matches!(one.word, Word::Withdrawn { .. }) && made_at.is_some_and(|made_at| one.at >= made_at)
    };
    if said.clone().any(ends) { ConsentFact::Withdrawn } else { consent(said) }
}

/// Whether a consent that was given at `at` and ends at `until` takes something away from what a person has said: the word
/// that counts is no newer consent, and ends later or never. A consent for a person who has none would be a grant.
#[must_use]
pub fn is_narrowed(said: impl IntoIterator<Item = Said>, at: Instant, until: Instant) -> bool {
    let newest = said.into_iter().max_by_key(Said::rank);
    newest.is_some_and(|newest| match newest.word {
        Word::Given { until: before } => newest.at <= at && before.is_none_or(|before| until < before),
        Word::Withdrawn { .. } => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Instant {
        Instant::from_millis(millis)
    }

    fn given(millis: i64, until: Option<i64>) -> Said {
        Said { at: at(millis), word: Word::Given { until: until.map(at) } }
    }

    fn withdrawn(millis: i64, in_person: bool) -> Said {
        Said { at: at(millis), word: Word::Withdrawn { in_person } }
    }

    const YES: ConsentFact = ConsentFact::Given { until: None };

    #[test]
    fn the_newest_word_counts_and_of_one_instant_a_withdrawal() {
        assert_eq!(consent([]), ConsentFact::NotAsked);
        assert_eq!(consent([withdrawn(1, false), given(2, None)]), YES);
        assert_eq!(consent([given(2, None), withdrawn(1, false)]), YES);
        assert_eq!(consent([given(2, None), withdrawn(2, false)]), ConsentFact::Withdrawn);
        assert_eq!(consent([withdrawn(2, false), given(2, None)]), ConsentFact::Withdrawn);
        let last = ConsentFact::Given { until: Some(at(9)) };
        assert_eq!(consent([given(2, None), given(2, Some(9))]), last);
    }

    #[test]
    fn a_withdrawal_of_the_persons_own_outranks_every_later_word() {
        assert_eq!(consent([withdrawn(1, true), given(5, None)]), ConsentFact::Withdrawn);
    }

    #[test]
    fn a_withdrawal_since_a_release_was_made_has_ended_it() {
        let said = [given(1, None), withdrawn(5, false), given(6, None)];
        assert_eq!(consent_to(said, Some(at(4))), ConsentFact::Withdrawn);
        assert_eq!(consent_to(said, Some(at(5))), ConsentFact::Withdrawn);
        assert_eq!(consent_to(said, Some(at(6))), YES);
        assert_eq!(consent_to(said, None), YES);
    }

    #[test]
    fn only_an_earlier_end_narrows_and_only_what_there_is() {
        assert!(
            is_narrowed([given(1, None)], at(1), at(9)) && is_narrowed([given(1, Some(10))], at(2), at(9))
        );
        assert!(!is_narrowed([given(1, Some(9))], at(2), at(9)));
        assert!(!is_narrowed([given(3, None)], at(2), at(9)));
        assert!(!is_narrowed([], at(2), at(9)) && !is_narrowed([withdrawn(1, false)], at(2), at(9)));
    }
}
