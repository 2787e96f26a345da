//! How a companion asks for leases, takes answers, and follows rotations of the practice's key.

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use reqwest::Method;
use serde_json::json;
use sync_core::{
    device::{Effect, Invalid},
    lease::{BatchError, Signed},
};

use super::Companion;

impl Companion {
    /// Asks for leases, due or not, and finishes what the answer brings.
    ///
    /// # Errors
    /// When the server cannot be reached, or answers with what is no batch for this device.
    pub async fn ask(&mut self) -> anyhow::Result<()> {
        let effects = self.machine.ask(rand::random(), self.clock.reading());
        self.perform(effects).await
    }

    /// Asks the server and takes its answer as it is; for those who tamper with answers.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn batch(&mut self) -> anyhow::Result<Signed> {
        let effects = self.machine.ask(rand::random(), self.clock.reading());
        let [question @ Effect::Ask { .. }] = effects.as_slice() else { bail!("expected a question") };
        self.question(question).await
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// When it is none for this device.
    pub async fn take(&mut self, batch: &Signed) -> anyhow::Result<()> {
        let effects = self.answered(batch).await?;
        self.perform(effects).await
    }

    /// Takes an answer. When another key of the practice has signed it, follows the rotations that lead there, if any do,
    /// and takes it then: the question is still out.
    pub(super) async fn answered(&mut self, batch: &Signed) -> anyhow::Result<Vec<Effect>> {
        match self.machine.take_batch(batch, self.clock.reading()) {
            Err(Invalid::Batch(BatchError::AnotherKey)) if self.follows => {
                let mut effects = self.follow().await?;
                effects.extend(self.machine.take_batch(batch, self.clock.reading())?);
                Ok(effects)
            }
            taken => Ok(taken?),
        }
    }

    /// Follows the rotations that the server tells of.
    async fn follow(&mut self) -> anyhow::Result<Vec<Effect>> {
        let path = format!("/v1/device/practice-keys?after={}", self.machine.practice_keys().rotations());
        let told = self.api.call(Method::GET, &path, None).await?;
        let told = told["rotations"].as_array().context("rotations")?.iter();
        let chain = told
            .map(|signed| Ok(Signed::decode(&BASE64.decode(signed.as_str().context("a statement")?)?)?))
            .collect::<anyhow::Result<Vec<_>>>()?;
        Ok(self.machine.take_rotations(&chain)?)
    }

    pub(super) async fn question(&self, question: &Effect) -> anyhow::Result<Signed> {
        let Effect::Ask { nonce, step, holding, removed, denials } = question else { bail!("no question") };
        let denials: Vec<_> = denials.iter().map(|denial| BASE64.encode(denial.encode())).collect();
        let holding: Vec<_> = holding
            .iter()
            .map(|(release, generation)| json!({ "release": release, "generation": generation }))
            .collect();
        let nonce = BASE64.encode(nonce);
        let step = json!({ "n": step.n, "after": BASE64.encode(step.after) });
        let step = self.api.signer().map(|_| step);
        let body = json!({ "nonce": nonce, "step": step, "holding": holding, "removed": removed, "denials": denials });
        let bytes = self.api.bytes(Method::POST, "/v1/device/leases", Some(body)).await?;
        Ok(Signed::decode(&bytes)?)
    }

    /// Asks for leases if it is time to; whether it was.
    ///
    /// # Errors
    /// When the server cannot be reached, or answers with what is no batch for this device.
    pub async fn renew(&mut self) -> anyhow::Result<bool> {
        let shelf = self.shelf();
        let due = self.machine.wants_leases(&shelf, self.clock.reading());
        if due {
            self.ask().await?;
        }
        Ok(due)
    }
}
