//! How batches are sealed: for real, or with the words left open.
//!
//! HPKE costs ten times as much as the rest of an answer. Without it, the body is the same map,
//! signed by the same key and read by the same code; only the sealed part of an item is open.
//! Neither the key store that opens it nor the device that judges it can tell the difference.

use anyhow::anyhow;
use ciborium::Value;
use hpke::{
    Deserializable, Kem, OpModeR, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256, setup_receiver,
};
use p256::ecdsa::SigningKey;
use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use sync_core::{
    cbor::Map,
    device::{Opened, ToOpen},
    lease::{BatchDraft, LeaseHeader, Sealed, Signed, Tag},
};

use crate::cast::DeviceKeys;

/// Whether batches are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sealing {
    /// As they are.
    Hpke,
    /// The sealed part is left open.
    Open,
}

impl Sealing {
    /// Seals and signs a batch.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn seal(
        self,
        draft: &BatchDraft,
        leases: &[(LeaseHeader, Sealed)],
        denials: &[Signed],
        authority: &SigningKey,
    ) -> anyhow::Result<Signed> {
        if self == Self::Hpke {
            let mut seed = [0; 32];
            seed.copy_from_slice(&Sha256::digest(draft.nonce));
            return Ok(draft.seal(leases, denials, authority, &mut StdRng::from_seed(seed))?);
        }
        let item = |(header, sealed): &(LeaseHeader, Sealed)| {
            Value::Array(vec![Value::Bytes(header.encode()), Value::Bytes(sealed.encode().to_vec())])
        };
        let denials = denials.iter().map(|denial| Value::Bytes(denial.encode())).collect();
        let body = Map::new()
            .with("v", 1)
            .with("batch_id", draft.id)
            .with("incarnation", draft.incarnation)
            .with("practice", draft.practice)
            .with("dev", draft.device)
            .with("key_hash", Value::Bytes(Sha256::digest(draft.exchange_key).to_vec()))
            .with("issued_at", draft.issued_at)
            .with("nonce", Value::Bytes(draft.nonce.to_vec()))
            .with("kid", draft.kid.as_str())
            .with("enc", Value::Bytes(Vec::new()))
            .with("items", Value::Array(leases.iter().map(item).collect()))
            .with("denials", Value::Array(denials))
            .to_bytes();
        Ok(Signed::sign(Tag::Batch, body, authority))
    }
}

/// Opens the items of a batch in their order, as a key store does; an empty `enc` says that they are open.
///
/// # Errors
/// When one does not open.
pub fn open(keys: &DeviceKeys, enc: &[u8], info: &[u8], items: &[ToOpen]) -> anyhow::Result<Vec<Opened>> {
    let mut plains = Vec::with_capacity(items.len());
    if enc.is_empty() {
        plains.extend(items.iter().map(|item| item.ciphertext.clone()));
    } else {
        let enc = <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(enc).map_err(|e| anyhow!("{e:?}"))?;
        let mut context = setup_receiver::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(
            &OpModeR::Base,
            &keys.exchange,
            &enc,
            info,
        )
        .map_err(|e| anyhow!("{e:?}"))?;
        for item in items {
            plains.push(context.open(&item.ciphertext, &item.aad).map_err(|e| anyhow!("{e:?}"))?);
        }
    }
    let wanted = items.iter().zip(&plains).filter(|(item, _)| item.wanted);
    wanted
        .map(|(item, plain)| Ok(Opened { release: item.release, media: Sealed::decode(plain)?.media }))
        .collect()
}
