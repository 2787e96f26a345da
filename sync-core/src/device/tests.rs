//! A companion and its platform, with a practice that answers: plays, leases taken and refused,
//! wipes.

mod answers;
mod console;
mod crashes;
mod documents;
mod phone;
mod playing;
mod practice;
mod renewing;
mod rotations;
mod steps;
mod wiping;

use std::collections::BTreeSet;

use hpke::{
    Deserializable, Kem as _, OpModeR, Serializable, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256,
    setup_receiver,
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::{
    clock::Reading,
    documents::{Shelf, ShelfItem, ShelfState},
    fixtures::*,
    id::{BatchId, DenialId, DeviceId, IncarnationId, PracticeId, ReceiptId, ReleaseId},
    instant::{Instant, Span},
    lease::{
        BatchDraft, Denial, DenialKind, LeaseHeader, Marks, Receipt, ReceiptCause, ReceiptKind, Sealed,
        Signed,
    },
    media::{ClipKey, MediaRecord, RecordSize},
    policy::Access,
};

const PRACTICE: PracticeId = PracticeId::from_bytes(sixteen(6, 1));
const DEVICE: DeviceId = device(1);

/// The practice's side.
struct Practice {
    authority: SigningKey,
    exchange_key: [u8; 65],
    incarnation: IncarnationId,
    rng: StdRng,
}

/// The device's side: the companion, and the platform that carries out its effects.
struct Phone {
    companion: Companion,
    identity: Identity,
    exchange: <DhP256HkdfSha256 as hpke::Kem>::PrivateKey,
    signing: SigningKey,
    /// What is on the disk.
    saved: Vec<u8>,
    keys: BTreeSet<ReleaseId>,
    ciphertexts: BTreeSet<ReleaseId>,
    /// Whether fetched ciphertext reads back.
    network_is_good: bool,
    asked: Vec<(Vec<(ReleaseId, u64)>, usize)>,
    wall: Instant,
    mono: Span,
    receipt_ids: u8,
    done: Vec<Effect>,
    /// How many more effects are carried out before the phone dies.
    lives_for: usize,
}

/// The phone has died.
struct Died;

fn practice_and_phone() -> (Practice, Phone) {
    let mut rng = StdRng::seed_from_u64(3);
    let (exchange, public) = DhP256HkdfSha256::gen_keypair_with_rng(&mut rng);
    let exchange_key = public.to_bytes().as_slice().try_into().unwrap();
    let authority = signing_key(9);
    let identity = Identity {
        device: DEVICE,
        practice: PRACTICE,
        exchange_key,
        authority: *authority.verifying_key(),
        rotations: 0,
    };
    let practice =
        Practice { authority, exchange_key, incarnation: IncarnationId::from_bytes(sixteen(8, 1)), rng };
    let mut companion = Companion::new(identity.clone());
    let saved = companion.save();
    let phone = Phone {
        companion,
        identity,
        exchange,
        signing: signing_key(4),
        saved,
        keys: BTreeSet::new(),
        ciphertexts: BTreeSet::new(),
        network_is_good: true,
        asked: Vec::new(),
        wall: NOON,
        mono: Span::ZERO,
        receipt_ids: 0,
        done: Vec::new(),
        lives_for: usize::MAX,
    };
    (practice, phone)
}

fn lease(n: u8, generation: u64) -> LeaseHeader {
    LeaseHeader {
        release: release(n),
        clip: clip(n),
        device: DEVICE,
        generation,
        not_before: None,
        valid_until: NOON + Span::from_days(3),
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
        days: (0..30).map(|n| NOON - Span::from_hours(12) + Span::from_days(n)).collect(),
        quiet: Vec::new(),
        budget: Span::from_mins(10),
    }
}

fn media(n: u8) -> MediaRecord {
    MediaRecord {
        plain_len: 10,
        cipher_len: 48,
        record_size: RecordSize::DEFAULT,
        cipher_sha256: [n; 32],
        media_type: "audio/mpeg".into(),
    }
}

fn on_shelf(items: &[(u8, ShelfState)]) -> Shelf {
    let item = |n: u8, state| ShelfItem {
        clip: clip(n),
        state,
        not_before: None,
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
    };
    Shelf(items.iter().map(|(n, state)| (release(*n), item(*n, *state))).collect())
}

/// A phone with one clip that is ready.
fn ready() -> (Practice, Phone) {
    let (mut practice, mut phone) = practice_and_phone();
    phone.carry_out_shelf(&[(1, ShelfState::Live)]);
    phone.renew(&mut practice, NOON, &[lease(1, 1)], &[]);
    (practice, phone)
}

impl Phone {
    fn carry_out_shelf(&mut self, items: &[(u8, ShelfState)]) {
        let effects = self.companion.shelf_changed(&on_shelf(items));
        self.carry_out(effects);
    }
}

#[test]
fn from_a_batch_to_the_last_receipt() {
    let (mut practice, mut phone) = ready();
    assert_eq!(phone.receipts(), [(1, ReceiptKind::Ready, ReceiptCause::Lease, 1)]);
    assert!(phone.plays(1));
    let effects = phone.companion.delivered(1);
    phone.carry_out(effects);
    let effects = phone.companion.debit(release(1), DEBIT_STEP, phone.reading()).unwrap();
    phone.carry_out(effects);
    phone.wait(Span::from_mins(1));
    let denial = practice.denial(1, 1, DenialKind::Paused);
    phone.renew(&mut practice, NOON + Span::from_mins(1), &[], &[denial]);
    assert_eq!(phone.access(1), Access::Held);
    assert!(phone.keys.is_empty() && phone.ciphertexts.contains(&release(1)));
    phone.renew(&mut practice, NOON + Span::from_mins(2), &[lease(1, 2)], &[]);
    assert!(phone.plays(1));
    let denial = practice.denial(1, 2, DenialKind::Ended);
    phone.renew(&mut practice, NOON + Span::from_mins(3), &[], &[denial]);
    assert_eq!(phone.access(1), Access::Ended);
    assert!(phone.keys.is_empty() && phone.ciphertexts.is_empty());
    let told =
        [(2, ReceiptKind::Ready, ReceiptCause::Lease, 2), (3, ReceiptKind::Wiped, ReceiptCause::Denial, 2)];
    assert_eq!(phone.receipts(), told);
    let effects = phone.companion.delivered(3);
    phone.carry_out(effects);
    assert!(phone.receipts().is_empty());
}

#[test]
fn what_was_saved_is_what_is_restored() {
    let (mut practice, mut phone) = ready();
    let (effects, _) =
        phone.companion.played(release(1), Span::from_secs(40), Span::from_mins(2), false, phone.reading());
    phone.carry_out(effects);
    let denial = practice.denial(2, 7, DenialKind::Ended);
    phone.renew(&mut practice, NOON, &[lease(3, 1)], &[denial]);
    let effects = phone.companion.remove(release(3));
    phone.carry_out(effects);
    phone.carry_out_shelf(&[(4, ShelfState::Paused), (5, ShelfState::Ended)]);
    let mut restored = Companion::restore(phone.identity.clone(), &phone.saved).unwrap();
    assert_eq!(restored.save(), phone.saved);
    assert_eq!(restored.access(release(3), phone.reading()), Access::Ended);
    assert_eq!(restored.access(release(4), phone.reading()), Access::Held);
    for cut in 0..phone.saved.len() {
        assert!(Companion::restore(phone.identity.clone(), &phone.saved[..cut]).is_err());
    }
}
