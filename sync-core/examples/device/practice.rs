//! The practice's side: it signs answers, and seals the clip's key into leases.

use hpke::{Kem, Serializable, kem::DhP256HkdfSha256};
use p256::ecdsa::SigningKey;
use rand::{SeedableRng, rngs::StdRng};
use sync_core::{
    device::Identity,
    id::{BatchId, DenialId},
    instant::{Instant, Span},
    lease::{BatchDraft, Denial, DenialKind, LeaseHeader, Marks, Sealed, Signed, kid_of},
    media::{ClipKey, Layout, MediaRecord, RecordSize, seal},
};

use super::{Answer, CLIP, DEVICE, LIFE, NOON, PRACTICE, RELEASE, phone::ExchangeKey};

const KEY: [u8; 16] = [6; 16];
static SOUND: [u8; 100_000] = [42; 100_000];

/// A practice with one paired phone.
pub(crate) struct Practice {
    authority: SigningKey,
    exchange_key: [u8; 65],
    chance: StdRng,
}

impl Practice {
    /// Pairs a phone: its key stays there, the practice has the public half. The story is the same at every run.
    pub(crate) fn paired() -> Answer<(ExchangeKey, Self)> {
        let mut chance = StdRng::seed_from_u64(7);
        let (exchange, public) = DhP256HkdfSha256::gen_keypair_with_rng(&mut chance);
        let exchange_key = public.to_bytes().as_slice().try_into()?;
        Ok((exchange, Self { authority: SigningKey::from_slice(&[7; 32])?, exchange_key, chance }))
    }

    /// The facts that the phone pins.
    pub(crate) fn identity(&self) -> Identity {
        let (exchange_key, authority) = (self.exchange_key, *self.authority.verifying_key());
        Identity { device: DEVICE, practice: PRACTICE, exchange_key, authority, rotations: 0 }
    }

    /// The clip as it lies in the object store.
    pub(crate) fn ciphertext(&self) -> Answer<Vec<u8>> {
        Ok(seal(&SOUND, &ClipKey::from_bytes(KEY), [0; 16], RecordSize::DEFAULT)?)
    }

    /// Answers a question with a lease, or with a denial where the clip is over.
    pub(crate) fn answer(&mut self, nonce: [u8; 32], now: Instant, is_over: bool) -> Answer<Signed> {
        let draft = BatchDraft {
            id: BatchId::from_bytes(nonce[..16].try_into()?),
            incarnation: LIFE,
            practice: PRACTICE,
            device: DEVICE,
            exchange_key: self.exchange_key,
            issued_at: now,
            nonce,
            kid: kid_of(self.authority.verifying_key().to_sec1_point(false).as_bytes()),
        };
        let leases = if is_over { Vec::new() } else { vec![(header(now), self.sealed()?)] };
        let denials = if is_over { vec![self.denial(now)] } else { Vec::new() };
        Ok(draft.seal(&leases, &denials, &self.authority, &mut self.chance)?)
    }

    fn sealed(&self) -> Answer<Sealed> {
        let layout = Layout::of_plain(SOUND.len() as u64, RecordSize::DEFAULT)?;
        let media = MediaRecord {
            plain_len: layout.plain_len(),
            cipher_len: layout.cipher_len(),
            record_size: RecordSize::DEFAULT,
            cipher_sha256: [0; 32],
            media_type: "audio/mpeg".into(),
        };
        Ok(Sealed {
            key: ClipKey::from_bytes(KEY),
            media,
            duration: Span::from_mins(2),
            title: "Breathing".into(),
            note: None,
            marks: Marks::default(),
            parting_note: "You know this one by heart now.".into(),
        })
    }

    fn denial(&self, now: Instant) -> Signed {
        Denial {
            id: DenialId::from_bytes([10; 16]),
            device: DEVICE,
            release: Some(RELEASE),
            upto_generation: 1,
            kind: DenialKind::Ended,
            at: now,
            issued_at: now,
            incarnation: LIFE,
        }
        .sign(&self.authority)
    }
}

/// A lease for three days, with ten minutes of budget.
fn header(now: Instant) -> LeaseHeader {
    LeaseHeader {
        release: RELEASE,
        clip: CLIP,
        device: DEVICE,
        generation: 1,
        not_before: None,
        valid_until: now + Span::from_days(3),
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
        days: (0..4).map(|n| NOON + Span::from_days(n)).collect(),
        quiet: Vec::new(),
        budget: Span::from_mins(10),
    }
}
