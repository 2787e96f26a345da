//! A client's phone, which asks for leases and states receipts.

use super::*;

impl Phone {
    /// The same phone, talking to another server of its database.
    pub(crate) fn at(&self, app: &Arc<App>) -> Self {
        Self { app: Arc::clone(app), ..self.clone() }
    }

    /// Asks, holding nothing.
    pub(crate) async fn ask(&self) -> Answer {
        self.ask_holding(&[]).await.unwrap()
    }

    pub(crate) async fn ask_holding(&self, holding: &[(ReleaseId, u64)]) -> Result<Answer, Refusal> {
        self.ask_with(holding, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        holding: &[(ReleaseId, u64)],
        removed: &[ReleaseId],
    ) -> Result<Answer, Refusal> {
        let (nonce, signed) = self.send(holding, removed).await?;
        let newest = authority(&self.app, self.caller.practice).await.unwrap();
        Ok(self.read(&signed, newest.signing_key().verifying_key(), &nonce))
    }

    /// Asks, and gives the nonce and the answer as it is.
    pub(crate) async fn send(
        &self,
        holding: &[(ReleaseId, u64)],
        removed: &[ReleaseId],
    ) -> Result<([u8; 32], Signed), Refusal> {
        let nonce: [u8; 32] = self.app.ground.entropy.bytes();
        let removed = removed.iter().copied().collect();
        let question =
            Question { nonce, step: None, holding: holding.to_vec(), removed, handed_back: Vec::new() };
        Ok((nonce, leases::ask(&self.app.binders, self.caller, question).await?))
    }

    /// Reads an answer that must be signed by this key.
    pub(crate) fn read(&self, signed: &Signed, by: &VerifyingKey, nonce: &[u8; 32]) -> Answer {
        let CompanionCaller { practice, device, .. } = self.caller;
        let batch = Batch::read(signed, by, practice, device, &self.exchange_key, nonce).unwrap();
        let denials = batch.denials.iter().map(|denial| Denial::open(denial, by).unwrap()).collect();
        Answer { batch, denials }
    }

    /// States something about a release, as its `n`th receipt.
    pub(crate) fn receipt(&self, n: u64, kind: ReceiptKind, release: ReleaseId, generation: u64) -> Signed {
        self.receipt_signed_by(&self.signing_key, n, kind, release, generation)
    }

    pub(crate) fn receipt_signed_by(
        &self,
        key: &SigningKey,
        n: u64,
        kind: ReceiptKind,
        release: ReleaseId,
        generation: u64,
    ) -> Signed {
        let receipt = Receipt {
            id: ReceiptId::from_bytes([7; 16]),
            n,
            kind,
            device: self.caller.device,
            release,
            clip: ClipId::from_bytes([0; 16]),
            generation,
            cause: ReceiptCause::Denial,
            at: self.app.ground.clock.now(),
            incarnation: IncarnationId::from_bytes([0; 16]),
        };
        Signed::sign(Tag::Receipt, receipt.body(), key)
    }

    pub(crate) async fn hand_in(&self, receipts: Vec<Signed>) -> Result<u64, Refusal> {
        receipts::take(&self.app.binders, self.caller, receipts).await
    }
}

impl Answer {
    /// The lease of a release, if there is one.
    pub(crate) fn lease(&self, release: ReleaseId) -> Option<&LeaseHeader> {
        self.batch.items.iter().map(|item| &item.header).find(|header| header.release == release)
    }

    /// What was denied of a release, oldest first, with the newest lease that it covers.
    pub(crate) fn denied(&self, release: ReleaseId) -> Vec<(DenialKind, u64)> {
        let about = self.denials.iter().filter(|denial| denial.release == Some(release));
        about.map(|denial| (denial.kind, denial.upto_generation)).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.batch.items.is_empty()
    }
}
