//! The platform: the key store, disk, network and clocks that carry out effects for the state machine.

use hpke::{
    Deserializable, Kem, OpModeR, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256, setup_receiver,
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use sync_core::{
    clock::Reading,
    device::{Companion, Effect, Identity, Opened, ToOpen},
    id::ReceiptId,
    instant::{Instant, Span},
    lease::{Sealed, Signed},
    media::{Layout, Opener},
    policy::Access,
};

use super::{Answer, NOON, Practice, RELEASE};

/// A key that opens leases.
pub(crate) type ExchangeKey = <DhP256HkdfSha256 as Kem>::PrivateKey;

/// A phone with room for one clip.
pub(crate) struct Phone {
    pub(crate) machine: Companion,
    pub(crate) parting_note: String,
    /// Time since the app was started.
    pub(crate) passed: Span,
    started: Instant,
    identity: Identity,
    exchange: ExchangeKey,
    signing: SigningKey,
    at_the_server: Vec<u8>,
    disk: Vec<u8>,
    key: Option<Sealed>,
    file: Option<Vec<u8>>,
}

impl Phone {
    pub(crate) fn new(exchange: ExchangeKey, practice: &Practice) -> Answer<Self> {
        let identity = practice.identity();
        Ok(Self {
            machine: Companion::new(identity.clone()),
            parting_note: String::new(),
            passed: Span::ZERO,
            started: NOON,
            identity,
            exchange,
            signing: SigningKey::from_slice(&[8; 32])?,
            at_the_server: practice.ciphertext()?,
            disk: Vec::new(),
            key: None,
            file: None,
        })
    }

    pub(crate) fn reading(&self) -> Reading {
        Reading { wall: self.started + self.passed, mono: self.passed }
    }

    pub(crate) fn access(&mut self) -> Access {
        self.machine.access(RELEASE, self.reading())
    }

    /// The process ends and begins anew from its saved state; the wall clock was set back meanwhile.
    pub(crate) fn restart(&mut self, set_back: Span) -> Answer<()> {
        self.started = self.reading().wall - set_back;
        self.passed = Span::ZERO;
        self.machine = Companion::restore(self.identity.clone(), &self.disk)?;
        let effects = self.machine.resume();
        self.perform(effects)
    }

    /// Takes an answer; an error means that nothing has changed.
    pub(crate) fn take(&mut self, answer: &Signed) -> Answer<()> {
        let effects = self.machine.take_batch(answer, self.reading())?;
        self.perform(effects)
    }

    /// Carries out effects in their order, and the effects that follow from each before the next.
    pub(crate) fn perform(&mut self, effects: Vec<Effect>) -> Answer<()> {
        for effect in effects {
            let more = self.carry_out(effect)?;
            self.perform(more)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) -> Answer<Vec<Effect>> {
        let (id, reading) = (ReceiptId::from_bytes([9; 16]), self.reading());
        match effect {
            Effect::Save => {
                self.disk = self.machine.save();
                self.machine.saved();
            }
            Effect::EraseKey(_) => self.key = None,
            Effect::Discard(_) => self.file = None,
            // The story itself carries the question to the practice, and no receipt.
            Effect::Ask { .. } | Effect::SendReceipts => {}
            Effect::OpenBatch { enc, info, items } => {
                let opened = self.open_lease(&enc, &info, &items)?;
                return Ok(self.machine.opened(&[opened]));
            }
            Effect::Fetch(release) => {
                self.file = Some(self.at_the_server.clone());
                return Ok(self.machine.fetched(release));
            }
            Effect::ReadBack(release) => {
                println!("  The ciphertext is here. Its first record opens: {} bytes.", self.open_record()?);
                return Ok(self.machine.read_back(release, true, id, reading));
            }
            Effect::Erase(release) => {
                self.parting_note = self.key.take().map(|key| key.parting_note).unwrap_or_default();
                self.file = None;
                println!("  Key, words and ciphertext are erased. Only then the receipt is written.");
                return Ok(self.machine.erased(release, id, reading));
            }
            Effect::Sign { n, message } => {
                println!("  The phone signs receipt {n}.");
                let signature: Signature = self.signing.sign(&message);
                return Ok(self.machine.signed(n, signature.to_bytes().into()));
            }
        }
        Ok(Vec::new())
    }

    fn open_lease(&mut self, enc: &[u8], info: &[u8], items: &[ToOpen]) -> Answer<Opened> {
        let enc = <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(enc).map_err(|_| "no point of P-256")?;
        let (exchange, item) = (&self.exchange, items.first().ok_or("an empty batch")?);
        let context =
            setup_receiver::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(&OpModeR::Base, exchange, &enc, info);
        let mut context = context.map_err(|_| "the batch is for another key")?;
        let plain = context.open(&item.ciphertext, &item.aad).map_err(|_| "the lease was changed")?;
        let sealed = Sealed::decode(&plain)?;
        println!("  The key store opens the lease and keeps the key of “{}”.", sealed.title);
        let media = sealed.media.clone();
        self.key = Some(sealed);
        Ok(Opened { release: item.release, media })
    }

    /// Decrypts the first record, as a player does for the first seconds. Says how many bytes are readable then.
    pub(crate) fn open_record(&self) -> Answer<usize> {
        let (key, file) = self.key.as_ref().zip(self.file.as_ref()).ok_or("nothing is here to open")?;
        let layout = key.media.layout()?;
        let range = layout.cipher_range(0).ok_or("no such record")?;
        let mut record = file[usize::try_from(range.start)?..usize::try_from(range.end)?].to_vec();
        Ok(Opener::new(&key.key, &file[..Layout::HEADER_LEN], layout)?.open(0, &mut record)?.len())
    }
}
