//! A companion carries out the effects of its machine: keys, files, downloads and receipts.

use std::{collections::VecDeque, fmt};

use anyhow::{Context, bail, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};
use sync_core::{
    device::Effect,
    id::{ClipId, ReceiptId, ReleaseId},
};

use super::Companion;

/// How much ciphertext one request fetches: small, so that every clip is fetched in several pieces.
const PIECE: u64 = 100_000;

/// A clip is not to be had, or not any more.
#[derive(Debug)]
struct NotThere;

impl fmt::Display for NotThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the clip is not there")
    }
}

impl std::error::Error for NotThere {}

impl Companion {
    /// Carries out what the machine asks for, and what follows from that.
    pub(super) async fn perform(&mut self, effects: Vec<Effect>) -> anyhow::Result<()> {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            queue.extend(self.carry_out(effect).await?);
        }
        Ok(())
    }

    async fn carry_out(&mut self, effect: Effect) -> anyhow::Result<Vec<Effect>> {
        Ok(match effect {
            Effect::Save => {
                self.saved = self.machine.save();
                self.machine.saved();
                Vec::new()
            }
            question @ Effect::Ask { .. } => {
                let batch = self.question(&question).await?;
                self.answered(&batch).await?
            }
            Effect::OpenBatch { enc, info, items } => {
                let opened = self.vault.open(&enc, &info, &items)?;
                self.machine.opened(&opened)
            }
            Effect::Fetch(release) if self.online => match self.fetch(release).await {
                Ok(()) => self.machine.fetched(release),
                // Taken back since it was leased. Shelf and server say so in what follows: whoever gave up here would
                // never hear of it.
                Err(error) if error.is::<NotThere>() => Vec::new(),
                Err(error) => return Err(error),
            },
            Effect::Fetch(_) => Vec::new(),
            Effect::ReadBack(release) => {
                let plays = self.read_back(release)?;
                if !plays {
                    self.files.remove(&release);
                }
                self.machine.read_back(release, plays, self.receipt_id(), self.clock.reading())
            }
            Effect::Discard(release) => {
                self.files.remove(&release);
                Vec::new()
            }
            Effect::EraseKey(release) => {
                self.vault.erase(release);
                Vec::new()
            }
            Effect::Erase(release) => {
                self.vault.erase(release);
                self.files.remove(&release);
                self.machine.erased(release, self.receipt_id(), self.clock.reading())
            }
            Effect::Sign { n, message } => {
                let signature = self.vault.sign(&message);
                self.machine.signed(n, signature)
            }
            Effect::SendReceipts if self.online => self.send_receipts().await?,
            Effect::SendReceipts => Vec::new(),
        })
    }

    fn receipt_id(&self) -> ReceiptId {
        ReceiptId::new(self.clock.reading().wall, rand::random())
    }

    /// Fetches what is missing of a clip, piece by piece, from where an earlier download broke off.
    async fn fetch(&mut self, release: ReleaseId) -> anyhow::Result<()> {
        let held = self.machine.held(release).context("not held")?;
        let (clip, len) = (held.lease.clip, held.media.cipher_len);
        let sha256 = held.media.cipher_sha256;
        loop {
            let have = self.files.get(&release).map_or(0, |file| file.len() as u64);
            if have >= len {
                break;
            }
            if let Some(left) = &mut self.breaks_after {
                if *left == 0 {
                    self.breaks_after = None;
                    bail!("the download broke off");
                }
                *left -= 1;
            }
            let piece = self.piece(clip, have, (have + PIECE).min(len) - 1).await?;
            self.files.entry(release).or_default().extend_from_slice(&piece);
        }
        let file = self.files.get(&release).context("nothing was fetched")?;
        ensure!(Sha256::digest(file)[..] == sha256[..], "the ciphertext is another one");
        Ok(())
    }

    async fn piece(&self, clip: ClipId, from: u64, to: u64) -> anyhow::Result<Vec<u8>> {
        let request = self.api.request(Method::GET, &format!("/v1/device/clips/{clip}"));
        let response = self.api.ask(request.header(header::RANGE, format!("bytes={from}-{to}"))).await?;
        if response.status() == StatusCode::NOT_FOUND {
            bail!(NotThere);
        }
        ensure!(response.status() == StatusCode::PARTIAL_CONTENT, "was answered {}", response.status());
        Ok(response.bytes().await?.to_vec())
    }

    fn read_back(&self, release: ReleaseId) -> anyhow::Result<bool> {
        let held = self.machine.held(release).context("not held")?;
        let (Some(key), Some(file)) = (self.vault.key(release), self.files.get(&release)) else {
            return Ok(false);
        };
        let layout = held.media.layout()?;
        let first = layout.cipher_range(0).context("no record")?;
        let last = layout.cipher_range(layout.records() - 1).context("no record")?;
        let slice = |from: u64, to: u64| -> anyhow::Result<Vec<u8>> {
            Ok(file.get(usize::try_from(from)?..usize::try_from(to)?).unwrap_or_default().to_vec())
        };
        let (mut head, mut tail) = (slice(0, first.end)?, slice(last.start, last.end)?);
        Ok(held.media.read_back(&key, &mut head, &mut tail, file.len() as u64).is_ok())
    }

    async fn send_receipts(&mut self) -> anyhow::Result<Vec<Effect>> {
        let receipts = self.machine.receipts();
        if receipts.is_empty() {
            return Ok(Vec::new());
        }
        let encoded: Vec<_> = receipts.iter().map(|receipt| BASE64.encode(receipt.encode())).collect();
        let body = json!({ "receipts": encoded });
        let taken = self.api.call(Method::POST, "/v1/device/receipts", Some(body)).await?;
        self.taken_upto = taken["taken_upto"].as_u64().context("taken_upto")?;
        Ok(self.machine.delivered(self.taken_upto))
    }

    /// Hands in receipts that were written offline.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses them.
    pub async fn hand_in(&mut self) -> anyhow::Result<()> {
        let effects = self.send_receipts().await?;
        self.perform(effects).await
    }
}
