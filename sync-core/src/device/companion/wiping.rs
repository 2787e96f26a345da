//! How clips leave a device, and which receipts it signs about them.

use super::Companion;
use crate::device::{
    effect::Effect,
    holding::{Held, Phase},
};
use crate::{
    clock::{Now, Reading},
    id::{IncarnationId, ReceiptId, ReleaseId},
    instant::Span,
    lease::{DenialKind, LeaseHeader, Receipt, ReceiptCause, ReceiptKind, Signed, Tag},
};

/// How often fetching a clip is tried anew within one run.
const MAX_FAILURES: u8 = 3;
/// How many receipts are handed in at once, at most.
pub const MAX_RECEIPTS: usize = 256;
/// How long plays of a wiped release are remembered: longer than any local day.
const REMEMBERED: Span = Span::from_days(2);

impl Companion {
    /// Takes a denial that reached the device, in a batch or on its own. One that is not validly signed for this device
    /// says nothing.
    pub fn take_denial(&mut self, signed: &Signed) -> Vec<Effect> {
        let Ok(denial) = self.keys.open_denial(signed) else { return Vec::new() };
        if denial.device != self.identity.device {
            return Vec::new();
        }
        match (denial.kind, denial.release) {
            (DenialKind::Unpaired, _) => self.unpair(),
            (DenialKind::Ended, Some(release)) => {
                // It may be buried already, by what the shelf said: the signed word is kept all the same.
                let is_newer =
                    self.tombstones.get(&release).is_none_or(|upto| *upto < denial.upto_generation);
                if is_newer || !self.denials.contains_key(&release) {
                    self.denials.insert(release, signed.clone());
                }
                self.bury(release, denial.upto_generation)
            }
            (DenialKind::Paused, Some(release)) => self.pause(release, denial.upto_generation),
            (DenialKind::Ended | DenialKind::Paused, None) => Vec::new(),
        }
    }

    fn unpair(&mut self) -> Vec<Effect> {
        self.unpaired = true;
        if let Some(opening) = &mut self.opening {
            opening.drop_all();
        }
        let all: Vec<_> = self.held.keys().copied().collect();
        let wipes = all.into_iter().flat_map(|release| self.wipe(release, ReceiptCause::Denial));
        let mut effects: Vec<_> = wipes.collect();
        effects.insert(0, Effect::Save);
        effects
    }

    fn bury(&mut self, release: ReleaseId, upto: u64) -> Vec<Effect> {
        if let Some(opening) = &mut self.opening {
            opening.drop_upto(release, upto);
        }
        let buried = self.tombstones.entry(release).or_insert(0);
        *buried = (*buried).max(upto);
        if self.held.get(&release).is_some_and(|held| held.lease.generation <= upto) {
            return self.wipe(release, ReceiptCause::Denial);
        }
        vec![Effect::Save]
    }

    pub(in crate::device) fn pause(&mut self, release: ReleaseId, upto: u64) -> Vec<Effect> {
        if let Some(opening) = &mut self.opening {
            opening.drop_upto(release, upto);
        }
        let Some(held) = self.held.get_mut(&release).filter(|held| held.lease.generation <= upto) else {
            return Vec::new();
        };
        if matches!(held.phase, Phase::Wiping { .. }) {
            return Vec::new();
        }
        held.paused = true;
        held.phase = Phase::Locked;
        vec![Effect::Save, Effect::EraseKey(release)]
    }

    /// The person wants a clip gone from this device. Works offline; it does not come back of itself.
    pub fn remove(&mut self, release: ReleaseId) -> Vec<Effect> {
        self.removed.insert(release);
        let mut effects = self.wipe(release, ReceiptCause::Person);
        if effects.is_empty() {
            effects.push(Effect::Save);
        }
        effects
    }

    /// The person wants a clip back that they had removed: the next answer with a lease of it is taken.
    pub fn bring_back(&mut self, release: ReleaseId) -> Vec<Effect> {
        if !self.removed.remove(&release) {
            return Vec::new();
        }
        // What the person buried themself they may dig out; what the server has ended stays ended.
        if !self.denials.contains_key(&release) {
            self.tombstones.remove(&release);
        }
        self.ask_anew();
        vec![Effect::Save]
    }

    pub(in crate::device) fn wipe(&mut self, release: ReleaseId, cause: ReceiptCause) -> Vec<Effect> {
        // A newer lease whose key is being opened would be erased with the old one's, and be thought to be held.
        if self.opening.as_mut().is_some_and(|opening| opening.drop(release)) {
            self.ask_anew();
        }
        let Some(held) = self.held.get_mut(&release) else { return Vec::new() };
        if matches!(held.phase, Phase::Wiping { .. }) {
            return Vec::new();
        }
        held.phase = Phase::Wiping { cause };
        // A lease that only ran out may be followed by a newer one; what was ended may not be taken again.
        if cause != ReceiptCause::Time {
            let buried = self.tombstones.entry(release).or_insert(0);
            *buried = (*buried).max(held.lease.generation);
        }
        vec![Effect::Save, Effect::Erase(release)]
    }

    /// Key, words and ciphertext are gone: now, and only now, the receipt is written. Needs a random id for it.
    pub fn erased(&mut self, release: ReleaseId, id: ReceiptId, reading: Reading) -> Vec<Effect> {
        let Some(Phase::Wiping { cause }) = self.held.get(&release).map(|held| held.phase.clone()) else {
            return Vec::new();
        };
        let Some(Held { lease, mut plays, .. }) = self.held.remove(&release) else { return Vec::new() };
        if let Now::Trusted(now) = self.now(reading) {
            let recent = now - REMEMBERED;
            plays.retain(|day, _| *day >= recent);
            self.played.retain(|_, plays| plays.keys().any(|day| *day >= recent));
        }
        if !plays.is_empty() {
            self.played.insert(release, plays);
        }
        let kind = if cause == ReceiptCause::Time { ReceiptKind::Lapsed } else { ReceiptKind::Wiped };
        self.receipt(kind, cause, &lease, id, reading)
    }

    /// The ciphertext is here, as far as the network says.
    #[must_use]
    pub fn fetched(&self, release: ReleaseId) -> Vec<Effect> {
        match self.held.get(&release) {
            Some(Held { phase: Phase::Fetching, .. }) => vec![Effect::ReadBack(release)],
            _ => Vec::new(),
        }
    }

    /// The read-back has shown that the clip plays, or that it does not. Needs a random id for the receipt.
    ///
    /// A clip that does not play is thrown away and fetched anew, a few times; the first failure is told.
    pub fn read_back(
        &mut self,
        release: ReleaseId,
        plays: bool,
        id: ReceiptId,
        reading: Reading,
    ) -> Vec<Effect> {
        let Some(held) = self.held.get_mut(&release) else { return Vec::new() };
        if held.phase != Phase::Fetching {
            return Vec::new();
        }
        let lease = held.lease.clone();
        if plays {
            held.phase = Phase::Ready;
            held.failures = 0;
            return self.receipt(ReceiptKind::Ready, ReceiptCause::Lease, &lease, id, reading);
        }
        held.failures = held.failures.saturating_add(1);
        let failures = held.failures;
        let mut effects = Vec::new();
        if failures == 1 {
            effects = self.receipt(ReceiptKind::Failed, ReceiptCause::Lease, &lease, id, reading);
        }
        effects.push(Effect::Discard(release));
        if failures < MAX_FAILURES {
            effects.push(Effect::Fetch(release));
        }
        effects
    }

    /// The platform has found that ciphertext of a clip is gone: a browser may take back what it stores. It is fetched anew.
    pub fn lost(&mut self, release: ReleaseId) -> Vec<Effect> {
        match self.held.get_mut(&release) {
            Some(held) if held.phase == Phase::Ready => held.phase = Phase::Fetching,
            _ => return Vec::new(),
        }
        vec![Effect::Save, Effect::Discard(release), Effect::Fetch(release)]
    }

    fn receipt(
        &mut self,
        kind: ReceiptKind,
        cause: ReceiptCause,
        lease: &LeaseHeader,
        id: ReceiptId,
        reading: Reading,
    ) -> Vec<Effect> {
        let at = match self.now(reading) {
            Now::Trusted(now) => now,
            Now::NeedsContact => self.clock.floor().unwrap_or(reading.wall),
        };
        let n = self.next_receipt;
        let receipt = Receipt {
            id,
            n,
            kind,
            device: self.identity.device,
            release: lease.release,
            clip: lease.clip,
            generation: lease.generation,
            cause,
            at,
            incarnation: self.incarnation.unwrap_or(IncarnationId::from_bytes([0; 16])),
        };
        self.next_receipt = n.saturating_add(1);
        let body = receipt.body();
        let effect = sign(n, &body);
        self.unsigned.insert(n, body);
        vec![Effect::Save, effect]
    }

    /// The key store has signed a receipt.
    pub fn signed(&mut self, n: u64, signature: [u8; 64]) -> Vec<Effect> {
        let Some(body) = self.unsigned.remove(&n) else { return Vec::new() };
        self.unsent.insert(n, Signed { body, signature });
        vec![Effect::Save, Effect::SendReceipts]
    }

    /// The next receipts that the server has not taken yet, as many as are handed in at once, in order and without a gap:
    /// one that is not signed yet holds up those after it, for the server takes everything up to a number.
    #[must_use]
    pub fn receipts(&self) -> Vec<Signed> {
        let first_unsigned = self.unsigned.keys().next().copied().unwrap_or(u64::MAX);
        let most = (MAX_RECEIPTS >> self.deliveries_halved.min(usize::BITS - 1)).max(1);
        self.unsent.range(..first_unsigned).map(|(_, signed)| signed.clone()).take(most).collect()
    }

    /// A delivery was refused as too large, by an older server or what stands before it: the next ones are half as long.
    pub fn shorten_deliveries(&mut self) {
        self.deliveries_halved = self.deliveries_halved.saturating_add(1);
    }

    /// The server has taken every receipt up to `n`.
    pub fn delivered(&mut self, n: u64) -> Vec<Effect> {
        self.unsent = self.unsent.split_off(&n.saturating_add(1));
        vec![Effect::Save]
    }
}

pub(in crate::device) fn sign(n: u64, body: &[u8]) -> Effect {
    Effect::Sign { n, message: Signed::message(Tag::Receipt, body) }
}
