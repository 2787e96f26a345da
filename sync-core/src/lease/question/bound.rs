//! The bound of batches: a device that asks in a row would fill the tables, and the writer's time, with leases that
//! look like real ones. Denials are told beyond it all the same.

use crate::instant::Span;

/// How many batches with leases a device is given within [`BATCHES_WITHIN`].
pub const BATCHES: u64 = 64;
/// See [`BATCHES`].
pub const BATCHES_WITHIN: Span = Span::from_hours(1);
/// How many a device is given beyond that since the newest decision of the staff. A companion asks for what is new within a
/// second, and a morning of many decisions is honest: each of them pays for its own question, and for lost answers.
pub const BATCHES_FOR_A_DECISION: u64 = 4;

/// Whether a device may have another batch with leases: `lately` were issued to it within [`BATCHES_WITHIN`], and
/// `since_decision` since the newest decision of the staff, if there was one. What clients and time bring about is no
/// decision: a device could bring it about itself.
#[must_use]
pub fn may_have_more(lately: u64, since_decision: Option<u64>) -> bool {
    lately < BATCHES || since_decision.is_some_and(|batches| batches < BATCHES_FOR_A_DECISION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_only_a_decision_pays() {
        assert!(may_have_more(63, None) && !may_have_more(64, None));
        assert!(may_have_more(64, Some(3)) && !may_have_more(64, Some(4)));
    }
}
