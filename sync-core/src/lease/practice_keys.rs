//! The practice's keys as one device knows them: the one that was pinned at pairing, and those that
//! took its place.
//!
//! Each rotation is signed by the key that it replaces. So a device that trusts the pinned key can
//! follow the chain to the newest, and cannot be led back. Batches are taken from the newest key
//! alone: the reason for a rotation may be that an older one was stolen. A denial is taken from an
//! older one, too: it only takes away, and it may have been signed before the rotation and be on
//! its way since. A thief of an old key can end clips with it, and open none.

use thiserror::Error;

use super::{Denial, Rotation, Signed, StatementError, VerifyingKey, kid_of, signed::uncompressed};
use crate::id::PracticeId;

/// The pinned key and the rotations that were followed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeKeys {
    /// The keys that were replaced, the pinned one first.
    former: Vec<VerifyingKey>,
    newest: VerifyingKey,
    /// How many rotations had led to the pinned key.
    pinned_after: u64,
    chain: Vec<Signed>,
}

/// Why a chain of rotations is not followed. Nothing of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RotationError {
    /// Longer than a chain may be.
    #[error("more than {} rotations", PracticeKeys::MAX_ROTATIONS)]
    TooMany,
    /// A statement is not signed by the key before it, or of another shape.
    #[error("{0}")]
    Statement(#[from] StatementError),
    /// It speaks for another practice.
    #[error("for another practice")]
    NotMyPractice,
    /// A statement is missing before this one.
    #[error("a rotation is missing")]
    Gap,
    /// It says something else than the one that was followed under the same number: two hold the key that signed both.
    #[error("another rotation was followed under this number")]
    Forked,
    /// It leads to a key that was replaced before.
    #[error("back to a key that was replaced")]
    Backwards,
}

impl PracticeKeys {
    /// How many rotations a device follows, in all.
    pub const MAX_ROTATIONS: usize = 256;

    /// Begins with the key that was pinned at pairing, to which so many rotations had led; 0 for a practice's first key.
    #[must_use]
    pub const fn pinned(key: VerifyingKey, rotations: u64) -> Self {
        Self { former: Vec::new(), newest: key, pinned_after: rotations, chain: Vec::new() }
    }

    /// The key that batches must be signed by.
    #[must_use]
    pub const fn newest(&self) -> &VerifyingKey {
        &self.newest
    }

    /// The name of that key.
    #[must_use]
    pub fn kid(&self) -> String {
        kid_of(&uncompressed(&self.newest))
    }

    /// How many rotations have led to that key, those before the pinning included: the next is one more.
    #[must_use]
    pub const fn rotations(&self) -> u64 {
        self.pinned_after.saturating_add(self.chain.len() as u64)
    }

    /// The rotations that were followed, in their order: what a device keeps, and follows again from the pinned key.
    #[must_use]
    pub fn chain(&self) -> &[Signed] {
        &self.chain
    }

    /// Follows rotations, given in their order from any that is known or the next. Says whether there is a newer key now.
    ///
    /// # Errors
    /// [`RotationError`] for the first that cannot be followed: then nothing has changed.
    pub fn follow(&mut self, practice: PracticeId, chain: &[Signed]) -> Result<bool, RotationError> {
        if chain.len() > Self::MAX_ROTATIONS {
            return Err(RotationError::TooMany);
        }
        let mut keys = self.clone();
        for signed in chain {
            keys.step(practice, signed)?;
        }
        let moved = keys.chain.len() > self.chain.len();
        *self = keys;
        Ok(moved)
    }

    fn step(&mut self, practice: PracticeId, signed: &Signed) -> Result<(), RotationError> {
        if self.chain.iter().any(|known| known.body == signed.body) {
            return Ok(());
        }
        let rotation = match Rotation::open(signed, &self.newest) {
            Ok(rotation) => rotation,
            Err(unsigned) => return Err(self.why_not(signed, unsigned)),
        };
        if rotation.practice != practice {
            return Err(RotationError::NotMyPractice);
        }
        if rotation.n != self.rotations().saturating_add(1) {
            return Err(RotationError::Gap);
        }
        if self.chain.len() == Self::MAX_ROTATIONS {
            return Err(RotationError::TooMany);
        }
        if rotation.to == self.newest || self.former.contains(&rotation.to) {
            return Err(RotationError::Backwards);
        }
        self.former.push(std::mem::replace(&mut self.newest, rotation.to));
        self.chain.push(signed.clone());
        Ok(())
    }

    /// A statement by a key that was replaced already is another future of that key.
    fn why_not(&self, signed: &Signed, unsigned: StatementError) -> RotationError {
        let forked = self.former.iter().any(|key| Rotation::open(signed, key).is_ok());
        if forked { RotationError::Forked } else { unsigned.into() }
    }

    /// Reads a denial that the practice signed, with the newest key or one before it.
    ///
    /// # Errors
    /// [`StatementError`] when none of its keys signed it, or it is of another shape.
    pub fn open_denial(&self, signed: &Signed) -> Result<Denial, StatementError> {
        let by_newest = Denial::open(signed, &self.newest);
        let Err(StatementError::BadSignature(_)) = by_newest else { return by_newest };
        self.former.iter().rev().find_map(|key| Denial::open(signed, key).ok()).map_or(by_newest, Ok)
    }
}
