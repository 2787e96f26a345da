//! The step of a question: questions are a ratchet, so that a copied device is found.
//!
//! A device numbers its questions, and each names the batch that was taken last. If two devices go
//! on from one state, they take different batches, and the second one to ask then names a batch
//! that the first has not taken, or an earlier number.
//!
//! ```text
//! (1, 0…0) ─► batch a ─► (2, hash a) ─► batch b ─► (3, hash b)      an answer that is lost: the same step again
//!                    └─► batch c ─► (2, hash c)                     a copy
//! ```

use sha2::{Digest, Sha256};

use crate::{
    instant::{Instant, Span},
    lease::Signed,
};

/// By how much the clocks of two servers of one practice may differ.
const SKEW: Span = Span::from_secs(5);

/// The place of a question in the row of a device's questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// One more than batches were taken before.
    pub n: u64,
    /// The SHA-256 of the batch that was taken last, as it came; zeros before the first.
    pub after: [u8; 32],
}

/// The furthest step that a server has heard of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The step.
    pub step: Step,
    /// When it was heard first.
    pub at: Instant,
}

/// How a question stands to what was heard before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It is the next one: to be noted as heard, and answered.
    Next,
    /// The answer to it was lost: to be answered again.
    Again,
    /// A later one was heard, and this one may have been under way for longer: no answer, no verdict.
    Overtaken,
    /// Two devices ask with one voice.
    Copied,
}

impl Default for Step {
    fn default() -> Self {
        Self::FIRST
    }
}

impl Step {
    /// The step of the first question of a device.
    pub const FIRST: Self = Self { n: 1, after: [0; 32] };

    /// The step that follows when a batch was taken.
    #[must_use]
    pub fn taking(self, batch: &Signed) -> Self {
        Self { n: self.n.saturating_add(1), after: Sha256::digest(batch.encode()).into() }
    }

    /// How a question of this step stands to what was heard before. `asked_after` is an instant of the server's after
    /// which the question was certainly signed.
    ///
    /// A device that moves on says nothing of earlier steps any more. So one that was signed after a later step had been
    /// heard comes from another device.
    #[must_use]
    pub fn progress(self, heard: Option<Heard>, asked_after: Instant) -> Progress {
        let Some(heard) = heard else { return Progress::Next };
        if self.n > heard.step.n {
            // Not only by one: a server that was restored from a backup has missed some.
            return Progress::Next;
        }
        if self == heard.step {
            return Progress::Again;
        }
        if self.n == heard.step.n || asked_after > heard.at + SKEW {
            Progress::Copied
        } else {
            Progress::Overtaken
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Instant = Instant::from_millis(1_000_000_000_000);

    fn batch(n: u8) -> Signed {
        Signed { body: vec![n], signature: [n; 64] }
    }

    fn heard(step: Step) -> Option<Heard> {
        Some(Heard { step, at: NOON })
    }

    #[test]
    fn a_device_goes_on_and_asks_again_where_an_answer_was_lost() {
        let (first, second) = (Step::FIRST, Step::FIRST.taking(&batch(1)));
        assert_eq!(first.progress(None, NOON), Progress::Next);
        assert_eq!(first.progress(heard(first), NOON + Span::from_hours(9)), Progress::Again);
        assert_eq!(second.progress(heard(first), NOON), Progress::Next);
        assert_eq!(second.taking(&batch(2)).progress(heard(first), NOON), Progress::Next, "after a restore");
    }

    #[test]
    fn two_that_have_taken_different_batches_are_a_copy() {
        let (one, other) = (Step::FIRST.taking(&batch(1)), Step::FIRST.taking(&batch(2)));
        assert_eq!(other.progress(heard(one), NOON - Span::from_hours(9)), Progress::Copied);
    }

    #[test]
    fn an_earlier_step_is_a_copy_only_where_it_was_certainly_signed_later() {
        let (first, second) = (Step::FIRST, Step::FIRST.taking(&batch(1)));
        for (signed_after, progress) in [
            (NOON - Span::from_hours(1), Progress::Overtaken),
            (NOON + SKEW, Progress::Overtaken),
            (NOON + SKEW + Span::from_millis(1), Progress::Copied),
        ] {
            assert_eq!(first.progress(heard(second), signed_after), progress);
        }
    }

    #[test]
    fn each_batch_makes_another_step() {
        let second = Step::FIRST.taking(&batch(1));
        assert_eq!((second.n, second.after), (2, Sha256::digest(batch(1).encode()).into()));
        let last = Step { n: u64::MAX, ..second };
        assert_eq!(last.taking(&batch(2)).n, u64::MAX, "and numbers do not begin again");
    }
}
