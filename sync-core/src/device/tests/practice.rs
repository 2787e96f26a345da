//! The practice's answers.

use super::*;
use crate::lease::kid_of;

impl Practice {
    pub(super) fn denial(&self, n: u8, upto_generation: u64, kind: DenialKind) -> Signed {
        Denial {
            id: DenialId::from_bytes(sixteen(9, n)),
            device: DEVICE,
            release: (kind != DenialKind::Unpaired).then_some(release(n)),
            upto_generation,
            kind,
            at: NOON,
            issued_at: NOON,
            incarnation: self.incarnation,
        }
        .sign(&self.authority)
    }

    pub(super) fn batch(
        &mut self,
        nonce: [u8; 32],
        at: Instant,
        leases: &[LeaseHeader],
        denials: &[Signed],
    ) -> Signed {
        let draft = BatchDraft {
            id: BatchId::from_bytes(sixteen(7, 1)),
            incarnation: self.incarnation,
            practice: PRACTICE,
            device: DEVICE,
            exchange_key: self.exchange_key,
            issued_at: at,
            nonce,
            kid: kid_of(self.authority.verifying_key().to_sec1_point(false).as_bytes()),
        };
        let sealed = |header: &LeaseHeader| Sealed {
            key: ClipKey::from_bytes([1; 16]),
            media: media(header.clip.as_bytes()[1]),
            duration: Span::from_mins(2),
            title: "Breathing".into(),
            note: None,
            marks: Marks::default(),
            parting_note: "Until next time.".into(),
        };
        let leases: Vec<_> = leases.iter().map(|header| (header.clone(), sealed(header))).collect();
        draft.seal(&leases, denials, &self.authority, &mut self.rng).unwrap()
    }
}
