//! A device's key store, in plain Rust: it does the work of WebCrypto, Keystore or Secure Enclave.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use hpke::{
    Deserializable, OpModeR, Serializable, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256,
    setup_receiver,
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use sync_core::{
    device::{Opened, ToOpen},
    id::ReleaseId,
    lease::Sealed,
    media::ClipKey,
};

use crate::signer::Signer;

type PrivateKey = <DhP256HkdfSha256 as hpke::Kem>::PrivateKey;

/// Keys of a device, and the clips' keys and words that it was given.
pub struct Vault {
    exchange: PrivateKey,
    exchange_public: [u8; 65],
    signing: SigningKey,
    clips: BTreeMap<ReleaseId, Sealed>,
    /// Kind words that stay after their clip has gone, until they are read.
    parting_notes: BTreeMap<ReleaseId, String>,
}

impl Vault {
    /// New key pairs.
    ///
    /// # Errors
    /// Never in practice: when a drawn scalar is none.
    pub fn new() -> anyhow::Result<Self> {
        use hpke::Kem;
        let seed: [u8; 32] = rand::random();
        let (exchange, public) = DhP256HkdfSha256::derive_keypair(&seed);
        let exchange_public = public.to_bytes().as_slice().try_into()?;
        let signing = loop {
            if let Ok(key) = SigningKey::from_slice(&rand::random::<[u8; 32]>()) {
                break key;
            }
        };
        Ok(Self {
            exchange,
            exchange_public,
            signing,
            clips: BTreeMap::new(),
            parting_notes: BTreeMap::new(),
        })
    }

    /// The public exchange key, 65 bytes.
    #[must_use]
    pub const fn exchange_key(&self) -> [u8; 65] {
        self.exchange_public
    }

    /// Signs requests with the signing key.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer::new(self.signing.clone())
    }

    /// The public signing key, 65 bytes.
    #[must_use]
    pub fn signing_key(&self) -> Vec<u8> {
        self.signing.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// The private exchange key, for checks by other implementations.
    #[must_use]
    pub fn private_exchange_key(&self) -> Vec<u8> {
        self.exchange.to_bytes().to_vec()
    }

    /// Opens a batch and keeps what is wanted.
    ///
    /// # Errors
    /// When an item does not open: then nothing is kept.
    pub fn open(&mut self, enc: &[u8], info: &[u8], items: &[ToOpen]) -> anyhow::Result<Vec<Opened>> {
        type Enc = <DhP256HkdfSha256 as hpke::Kem>::EncappedKey;
        let enc = Enc::from_bytes(enc).map_err(|error| anyhow!("enc: {error:?}"))?;
        let mut context = setup_receiver::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(
            &OpModeR::Base,
            &self.exchange,
            &enc,
            info,
        )
        .map_err(|error| anyhow!("setup: {error:?}"))?;
        let mut opened = Vec::new();
        for item in items {
            let plain = context
                .open(&item.ciphertext, &item.aad)
                .map_err(|error| anyhow!("an item does not open: {error:?}"))?;
            if item.wanted {
                opened.push((item.release, Sealed::decode(&plain)?));
            }
        }
        let found =
            opened.iter().map(|(release, sealed)| Opened { release: *release, media: sealed.media.clone() });
        let found = found.collect();
        self.clips.extend(opened);
        Ok(found)
    }

    /// A clip's key, as long as it is here.
    #[must_use]
    pub fn key(&self, release: ReleaseId) -> Option<ClipKey> {
        self.clips.get(&release).map(|sealed| sealed.key.clone())
    }

    /// What goes with a clip, as long as it is here.
    #[must_use]
    pub fn words(&self, release: ReleaseId) -> Option<&Sealed> {
        self.clips.get(&release)
    }

    /// Erases key and words; the parting note stays.
    pub fn erase(&mut self, release: ReleaseId) {
        if let Some(sealed) = self.clips.remove(&release) {
            self.parting_notes.insert(release, sealed.parting_note);
        }
    }

    /// Reads a parting note; then it is gone.
    pub fn read_parting_note(&mut self, release: ReleaseId) -> Option<String> {
        self.parting_notes.remove(&release)
    }

    /// Signs a statement.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: Signature = self.signing.sign(message);
        signature.to_bytes().into()
    }

    /// Another device with the same keys: what a backup of an operating system makes of one phone.
    ///
    /// # Errors
    /// Never in practice.
    pub fn copy(&self) -> anyhow::Result<Self> {
        let exchange = PrivateKey::from_bytes(&self.exchange.to_bytes()).map_err(|e| anyhow!("{e:?}"))?;
        Ok(Self {
            exchange,
            exchange_public: self.exchange_public,
            signing: SigningKey::from_slice(&self.signing.to_bytes()).context("signing key")?,
            clips: self.clips.clone(),
            parting_notes: self.parting_notes.clone(),
        })
    }
}
