//! The platform: carries out the companion's effects until it dies.

use super::*;

impl Phone {
    pub(super) fn reading(&self) -> Reading {
        Reading { wall: self.wall, mono: self.mono }
    }

    /// Time passes on both clocks.
    pub(super) fn wait(&mut self, span: Span) {
        self.wall = self.wall + span;
        self.mono = self.mono.saturating_add(span);
    }

    pub(super) fn receipt_id(&mut self) -> ReceiptId {
        self.receipt_ids += 1;
        ReceiptId::from_bytes(sixteen(10, self.receipt_ids))
    }

    /// Asks and takes the practice's answer, with the true time.
    pub(super) fn renew(
        &mut self,
        practice: &mut Practice,
        now: Instant,
        leases: &[LeaseHeader],
        denials: &[Signed],
    ) {
        let nonce = [self.mono.as_millis() as u8; 32];
        let asking = self.companion.ask(nonce, self.reading());
        self.carry_out(asking);
        let answer = practice.batch(nonce, now, leases, denials);
        let effects = self.companion.take_batch(&answer, self.reading()).unwrap();
        self.carry_out(effects);
    }

    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) {
        assert!(self.try_to(effects).is_ok(), "the phone died");
    }

    /// Carries out effects and what follows from them, in order, as long as the phone lives.
    pub(super) fn try_to(&mut self, effects: Vec<Effect>) -> Result<(), Died> {
        for effect in effects {
            self.lives_for = self.lives_for.checked_sub(1).ok_or(Died)?;
            self.done.push(effect.clone());
            let more = self.one(effect);
            self.lives_for = self.lives_for.checked_sub(1).ok_or(Died)?;
            self.try_to(more)?;
        }
        Ok(())
    }

    pub(super) fn one(&mut self, effect: Effect) -> Vec<Effect> {
        let reading = self.reading();
        match effect {
            Effect::Save => {
                self.saved = self.companion.save();
                self.companion.saved();
                Vec::new()
            }
            Effect::Ask { holding, denials, .. } => {
                self.asked.push((holding, denials.len()));
                Vec::new()
            }
            Effect::OpenBatch { enc, info, items } => {
                let opened = self.open(&enc, &info, &items);
                self.companion.opened(&opened)
            }
            Effect::Fetch(release) => {
                self.ciphertexts.insert(release);
                self.companion.fetched(release)
            }
            Effect::Discard(release) => {
                self.ciphertexts.remove(&release);
                Vec::new()
            }
            Effect::ReadBack(release) => {
                let plays = self.network_is_good && self.keys.contains(&release);
                let id = self.receipt_id();
                self.companion.read_back(release, plays, id, reading)
            }
            Effect::EraseKey(release) => {
                self.keys.remove(&release);
                Vec::new()
            }
            Effect::Erase(release) => {
                self.keys.remove(&release);
                self.ciphertexts.remove(&release);
                let id = self.receipt_id();
                self.companion.erased(release, id, reading)
            }
            Effect::Sign { n, message } => {
                let signature: Signature = self.signing.sign(&message);
                self.companion.signed(n, signature.to_bytes().into())
            }
            Effect::SendReceipts => Vec::new(),
        }
    }

    pub(super) fn open(&mut self, enc: &[u8], info: &[u8], items: &[ToOpen]) -> Vec<Opened> {
        let enc = <DhP256HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(enc).unwrap();
        let mut context = setup_receiver::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(
            &OpModeR::Base,
            &self.exchange,
            &enc,
            info,
        )
        .unwrap();
        let mut opened = Vec::new();
        for item in items {
            let plain = context.open(&item.ciphertext, &item.aad).unwrap();
            if item.wanted {
                self.keys.insert(item.release);
                opened.push(Opened { release: item.release, media: Sealed::decode(&plain).unwrap().media });
            }
        }
        opened
    }

    /// The process dies and starts again: the monotonic clock with it.
    pub(super) fn restart(&mut self) {
        self.companion = Companion::restore(self.identity.clone(), &self.saved).unwrap();
        self.mono = Span::ZERO;
        let orphans: Vec<_> =
            self.keys.iter().copied().filter(|key| self.companion.held(*key).is_none()).collect();
        for orphan in orphans {
            self.keys.remove(&orphan);
            self.ciphertexts.remove(&orphan);
        }
        let effects = self.companion.resume();
        self.carry_out(effects);
    }

    pub(super) fn access(&mut self, n: u8) -> Access {
        self.companion.access(release(n), self.reading())
    }

    pub(super) fn plays(&mut self, n: u8) -> bool {
        matches!(self.access(n), Access::Playable { .. })
    }

    pub(super) fn receipts(&self) -> Vec<(u64, ReceiptKind, ReceiptCause, u64)> {
        let key = self.signing.verifying_key();
        let opened = self.companion.receipts().into_iter().map(|signed| Receipt::open(&signed, key).unwrap());
        opened.map(|receipt| (receipt.n, receipt.kind, receipt.cause, receipt.generation)).collect()
    }
}
