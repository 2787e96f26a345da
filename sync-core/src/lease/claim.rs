//! Claims: a device says that it holds leases, and the server answers those that the gate does not allow.

use super::{DenialKind, may_be_held};
use crate::{
    instant::Instant,
    policy::{Grant, Reason},
};

/// What a device says to hold of one release, beside what the server knows of it. Nobody has signed it.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// What the gate says of the release; none where the orders do not have it.
    pub gate: Option<Result<Grant, Reason>>,
    /// Whether the end of the release is on record.
    pub ended_on_record: bool,
    /// The generation that the device names.
    pub generation: u64,
    /// The newest generation that the server knows to have issued to the device.
    pub issued: Option<u64>,
}

impl Claim {
    /// The denial that answers a claim: the device hears of an end or a pause even if the server does not know of the
    /// lease, or of the release, because its database comes from a backup. None where the gate allows the release.
    ///
    /// `told` are the denials of the release that the answer holds already, by kind and by the newest generation that
    /// each covers.
    #[must_use]
    pub fn denied(
        &self,
        told: impl IntoIterator<Item = (DenialKind, u64)>,
        now: Instant,
    ) -> Option<DenialKind> {
        let kind = match self.gate {
            Some(Ok(_)) => return None,
            Some(Err(reason)) if reason.ends() => DenialKind::Ended,
            // A successor of the orders has left it out: its end is on record.
            None if self.ended_on_record => DenialKind::Ended,
            // A release that was made after the backup rests until it is here again.
            Some(Err(_)) | None => DenialKind::Paused,
        };
        let is_told = told.into_iter().any(|(told, upto)| told == kind && upto >= self.generation);
        (!is_told && may_be_held(self.generation, self.issued, now)).then_some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::Span;

    const NOW: Instant = Instant::from_millis(1_800_000_000_000);

    fn claim(gate: Option<Result<Grant, Reason>>) -> Claim {
        Claim { gate, ended_on_record: false, generation: 7, issued: Some(7) }
    }

    fn denied(claim: Claim) -> Option<DenialKind> {
        claim.denied([], NOW)
    }

    #[test]
    fn what_the_gate_allows_is_not_denied() {
        let grant = Grant { not_before: None, valid_until: NOW, ends_at: NOW };
        assert_eq!(denied(claim(Some(Ok(grant)))), None);
    }

    #[test]
    fn a_reason_that_ends_ends_and_every_other_one_pauses() {
        assert_eq!(denied(claim(Some(Err(Reason::ConsentEnded)))), Some(DenialKind::Ended));
        assert_eq!(denied(claim(Some(Err(Reason::ConsentMissing)))), Some(DenialKind::Paused));
    }

    #[test]
    fn what_the_orders_do_not_have_rests_unless_its_end_is_on_record() {
        assert_eq!(denied(claim(None)), Some(DenialKind::Paused));
        let left_out = Claim { ended_on_record: true, ..claim(None) };
        assert_eq!(denied(left_out), Some(DenialKind::Ended));
    }

    #[test]
    fn what_is_told_already_is_not_told_twice() {
        let held = claim(Some(Err(Reason::Held)));
        assert_eq!(held.denied([(DenialKind::Paused, 7)], NOW), None);
        assert_eq!(
            held.denied([(DenialKind::Paused, 6), (DenialKind::Ended, 9)], NOW),
            Some(DenialKind::Paused)
        );
    }

    #[test]
    fn what_no_server_can_have_issued_is_not_answered() {
        let wild = Claim { generation: u64::MAX, ..claim(None) };
        assert_eq!(denied(wild), None);
        assert_eq!(denied(Claim { issued: None, ..claim(None) }), Some(DenialKind::Paused));
        assert!(wild.denied([], NOW + Span::from_days(9)).is_none());
    }
}
