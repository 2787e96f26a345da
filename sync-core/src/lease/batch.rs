//! A batch of leases: sealed to one device's key, bound to their headers, signed once.

use std::collections::BTreeSet;

use ciborium::Value;
use hpke::{
    Deserializable, OpModeS, Serializable, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256,
    setup_sender_with_rng,
};
use p256::ecdsa::SigningKey;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{LeaseHeader, Sealed, Signed, StatementError, Tag, VerifyingKey, kid_of, signed::uncompressed};
use crate::{
    cbor::{CborError, Map},
    id::{BatchId, DeviceId, IncarnationId, PracticeId},
    instant::Instant,
};

/// How many leases one batch may carry.
pub const MAX_LEASES: usize = 64;
/// How long a nonce may be.
const NONCE_LEN: usize = 32;

/// What the server says in a batch, before it is sealed.
#[derive(Debug, Clone)]
pub struct BatchDraft {
    /// Its id.
    pub id: BatchId,
    /// The server's life.
    pub incarnation: IncarnationId,
    /// The practice that signs.
    pub practice: PracticeId,
    /// The only device it is for.
    pub device: DeviceId,
    /// That device's exchange key: 65 bytes, an uncompressed P-256 point.
    pub exchange_key: [u8; 65],
    /// When it was issued: the device's source of time.
    pub issued_at: Instant,
    /// The device's fresh nonce.
    pub nonce: [u8; 32],
    /// Names the practice's key.
    pub kid: String,
}

/// One lease of a batch, still closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The exact bytes of its header.
    pub header_bytes: Vec<u8>,
    /// The header, read.
    pub header: LeaseHeader,
    /// The sealed part.
    pub ciphertext: Vec<u8>,
}

/// A batch that is validly signed and for this device; its items are still closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// The server's life.
    pub incarnation: IncarnationId,
    /// When it was issued.
    pub issued_at: Instant,
    /// The nonce that it answers.
    pub nonce: [u8; 32],
    /// What a key store needs to open the items: HPKE's `enc`; empty when there are none.
    pub enc: Vec<u8>,
    /// HPKE's `info`.
    pub info: Vec<u8>,
    /// The leases, in the order in which they must be opened.
    pub items: Vec<Item>,
    /// Denials, each signed on its own.
    pub denials: Vec<Signed>,
}

/// Why a batch was not made, or not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BatchError {
    /// The device's key is no P-256 point.
    #[error("the device's key is no point of P-256")]
    BadKey,
    /// More leases than a batch may carry.
    #[error("more than {MAX_LEASES} leases in a batch")]
    TooMany,
    /// Sealing failed.
    #[error("sealing failed")]
    Seal,
    /// Not validly signed, or of another shape.
    #[error("{0}")]
    Statement(#[from] StatementError),
    /// Signed by another key of the practice than the one that is trusted, or naming another: there may be a rotation to
    /// follow.
    #[error("signed by another key of the practice")]
    AnotherKey,
    /// For another device, practice or key.
    #[error("for another device, practice or key")]
    NotForMe,
    /// Does not answer the outstanding nonce.
    #[error("does not answer the outstanding nonce")]
    NotMyQuestion,
}

impl From<CborError> for BatchError {
    fn from(error: CborError) -> Self {
        Self::Statement(error.into())
    }
}

impl BatchDraft {
    /// Seals leases to the device with one encapsulation, and signs the whole once.
    ///
    /// # Errors
    /// [`BatchError`] when the device's key is no point, there are too many, or sealing fails: then nothing is sent.
    pub fn seal(
        &self,
        leases: &[(LeaseHeader, Sealed)],
        denials: &[Signed],
        authority: &SigningKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Signed, BatchError> {
        if leases.len() > MAX_LEASES {
            return Err(BatchError::TooMany);
        }
        let (enc, items) = if leases.is_empty() { (vec![], vec![]) } else { self.seal_items(leases, rng)? };
        let body = Map::new()
            .with("v", 1)
            .with("batch_id", self.id)
            .with("incarnation", self.incarnation)
            .with("practice", self.practice)
            .with("dev", self.device)
            .with("key_hash", Value::Bytes(Sha256::digest(self.exchange_key).to_vec()))
            .with("issued_at", self.issued_at)
            .with("nonce", Value::Bytes(self.nonce.to_vec()))
            .with("kid", self.kid.as_str())
            .with("enc", Value::Bytes(enc))
            .with("items", Value::Array(items))
            .with(
                "denials",
                Value::Array(denials.iter().map(|denial| Value::Bytes(denial.encode())).collect()),
            )
            .to_bytes();
        Ok(Signed::sign(Tag::Batch, body, authority))
    }

    fn seal_items(
        &self,
        leases: &[(LeaseHeader, Sealed)],
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Vec<Value>), BatchError> {
        type PublicKey = <DhP256HkdfSha256 as hpke::Kem>::PublicKey;
        let key = PublicKey::from_bytes(&self.exchange_key).map_err(|_| BatchError::BadKey)?;
        let info =
            info(self.practice, self.device, &self.exchange_key, self.id, self.incarnation, self.issued_at);
        let (enc, mut context) = setup_sender_with_rng::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(
            &OpModeS::Base,
            &key,
            &info,
            rng,
        )
        .map_err(|_| BatchError::Seal)?;
        let mut items = Vec::with_capacity(leases.len());
        for (i, (header, sealed)) in (0_u32..).zip(leases) {
            let header = header.encode();
            let plain = sealed.encode();
            let ciphertext =
                context.seal(&plain, &aad(i, &self.nonce, &header)).map_err(|_| BatchError::Seal)?;
            items.push(Value::Array(vec![Value::Bytes(header), Value::Bytes(ciphertext)]));
        }
        Ok((enc.to_bytes().to_vec(), items))
    }
}

impl Batch {
    /// Reads a batch if the practice signed it, for this device, in answer to this nonce. Items stay closed.
    ///
    /// # Errors
    /// [`BatchError`] when it is not for this device now: then it is no contact at all.
    pub fn read(
        signed: &Signed,
        authority: &VerifyingKey,
        practice: PracticeId,
        device: DeviceId,
        exchange_key: &[u8; 65],
        nonce: &[u8; 32],
    ) -> Result<Self, BatchError> {
        let own_kid = kid_of(&uncompressed(authority));
        let body = match signed.verify(Tag::Batch, authority) {
            Ok(body) => body,
            // Nobody vouches for the name of the key: it is a hint to ask for rotations, and no more.
            Err(_) if Self::says_another_kid(signed, &own_kid) => return Err(BatchError::AnotherKey),
            Err(bad) => return Err(StatementError::from(bad).into()),
        };
        let mut map = Map::read(body)?;
        if map.integer::<u8>("v")? != 1 {
            return Err(CborError::Shape.into());
        }
        let (id, incarnation): (BatchId, IncarnationId) = (map.id("batch_id")?, map.id("incarnation")?);
        let (its_practice, its_device): (PracticeId, DeviceId) = (map.id("practice")?, map.id("dev")?);
        let key_hash = map.array::<32>("key_hash")?;
        let for_me = its_practice == practice
            && its_device == device
            && key_hash[..] == Sha256::digest(exchange_key)[..];
        let issued_at = map.instant("issued_at")?;
        let answered = map.array::<NONCE_LEN>("nonce")?;
        let kid = map.text("kid")?;
        let enc = map.bytes("enc")?;
        let items = map.list("items")?;
        let denials = map.list("denials")?;
        map.end()?;
        if kid != own_kid {
            return Err(BatchError::AnotherKey);
        }
        if !for_me {
            return Err(BatchError::NotForMe);
        }
        if answered != *nonce {
            return Err(BatchError::NotMyQuestion);
        }
        if items.len() > MAX_LEASES {
            return Err(BatchError::TooMany);
        }
        let items: Vec<_> =
            items.into_iter().map(|item| Item::read(item, device)).collect::<Result<_, _>>()?;
        let releases: BTreeSet<_> = items.iter().map(|item| item.header.release).collect();
        if releases.len() < items.len() {
            // Which of two leases of one release counts would be anybody's guess.
            return Err(CborError::Shape.into());
        }
        let denials = denials
            .into_iter()
            .map(|denial| Signed::decode(&denial.into_bytes().map_err(|_| CborError::Shape)?))
            .collect::<Result<_, _>>()?;
        let info = info(practice, device, exchange_key, id, incarnation, issued_at);
        Ok(Self { id, incarnation, issued_at, nonce: answered, enc, info, items, denials })
    }

    fn says_another_kid(signed: &Signed, own: &str) -> bool {
        Map::read(&signed.body).and_then(|mut map| map.text("kid")).is_ok_and(|kid| kid != own)
    }

    /// What item `i` must be opened with besides the key, `enc` and `info`.
    #[must_use]
    pub fn aad(&self, i: u32, item: &Item) -> Vec<u8> {
        aad(i, &self.nonce, &item.header_bytes)
    }
}

impl Item {
    fn read(value: Value, device: DeviceId) -> Result<Self, BatchError> {
        let pair = value.into_array().map_err(|_| CborError::Shape)?;
        let [header, ciphertext] = <[Value; 2]>::try_from(pair).map_err(|_| CborError::Shape)?;
        let header_bytes = header.into_bytes().map_err(|_| CborError::Shape)?;
        let ciphertext = ciphertext.into_bytes().map_err(|_| CborError::Shape)?;
        let header = LeaseHeader::decode(&header_bytes)?;
        if header.device != device {
            return Err(BatchError::NotForMe);
        }
        Ok(Self { header_bytes, header, ciphertext })
    }
}

/// HPKE's `info`: what a whole batch is bound to. Ids are 16 bytes, the key 65, the instant 8 (big-endian).
#[must_use]
pub fn info(
    practice: PracticeId,
    device: DeviceId,
    exchange_key: &[u8; 65],
    batch: BatchId,
    incarnation: IncarnationId,
    issued_at: Instant,
) -> Vec<u8> {
    [
        b"refrain/lease/v1".as_slice(),
        practice.as_bytes(),
        device.as_bytes(),
        exchange_key,
        batch.as_bytes(),
        incarnation.as_bytes(),
        &issued_at.as_millis().to_be_bytes(),
    ]
    .concat()
}

/// The associated data of item `i`: its place (4 bytes, big-endian), the nonce's SHA-256, and its header's exact bytes.
#[must_use]
pub fn aad(i: u32, nonce: &[u8; 32], header: &[u8]) -> Vec<u8> {
    [&i.to_be_bytes()[..], &Sha256::digest(nonce), header].concat()
}
