//! A body and its ES256 signature.

use p256::ecdsa::{
    Signature, SigningKey,
    signature::{Signer, Verifier},
};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::cbor::{CborError, Map};

pub use p256::ecdsa::VerifyingKey;

/// What a signature is for, so that a signature of one kind is none of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// A batch of leases, by the practice.
    Batch,
    /// A denial, by the practice.
    Denial,
    /// A receipt, by a device.
    Receipt,
    /// A rotation, by the practice's key that it replaces.
    Rotation,
}

impl Tag {
    const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Batch => b"refrain/batch/v1",
            Self::Denial => b"refrain/denial/v1",
            Self::Receipt => b"refrain/receipt/v1",
            Self::Rotation => b"refrain/rotation/v1",
        }
    }
}

/// How many bytes a signed statement may have; the greatest, a batch of leases, has far fewer.
pub(crate) const MAX_SIGNED_BYTES: usize = 8 * 1_024 * 1_024;
/// How many bytes the body of a denial, a receipt or a rotation may have.
pub(crate) const MAX_BODY_BYTES: usize = 1_024;
/// The longest denial, receipt or rotation in its wire form: body, signature, and what CBOR says of the two.
pub const MAX_STATEMENT_BYTES: usize = MAX_BODY_BYTES + 64 + 16;

/// The signature does not fit the body, the tag or the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not validly signed")]
pub struct BadSignature;

/// A body, and 64 bytes `r ‖ s` of ECDSA over P-256 with SHA-256 (RFC 7518 ES256) over `tag ‖ sha256(body)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The exact bytes that were signed.
    pub body: Vec<u8>,
    /// `r ‖ s`.
    pub signature: [u8; 64],
}

impl Signed {
    /// Signs a body.
    #[must_use]
    pub fn sign(tag: Tag, body: Vec<u8>, key: &SigningKey) -> Self {
        let signature: Signature = key.sign(&Self::message(tag, &body));
        Self { body, signature: signature.to_bytes().into() }
    }

    /// What is signed: for a key store that signs on its own.
    #[must_use]
    pub fn message(tag: Tag, body: &[u8]) -> Vec<u8> {
        let mut message = tag.as_bytes().to_vec();
        message.extend_from_slice(&Sha256::digest(body));
        message
    }

    /// Gives the body if the signature fits.
    ///
    /// # Errors
    /// [`BadSignature`] if it does not.
    pub fn verify(&self, tag: Tag, key: &VerifyingKey) -> Result<&[u8], BadSignature> {
        let signature = Signature::from_slice(&self.signature).map_err(|_| BadSignature)?;
        key.verify(&Self::message(tag, &self.body), &signature).map_err(|_| BadSignature)?;
        Ok(&self.body)
    }

    /// The wire form: a map of `body` and `sig`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        use ciborium::Value;
        Map::new()
            .with("body", Value::Bytes(self.body.clone()))
            .with("sig", Value::Bytes(self.signature.to_vec()))
            .to_bytes()
    }

    /// Reads the wire form. Nothing is verified yet.
    ///
    /// # Errors
    /// [`CborError`] when it is another shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = Map::read_within(MAX_SIGNED_BYTES, bytes)?;
        let signed = Self { body: map.bytes("body")?, signature: map.array("sig")? };
        map.end()?;
        Ok(signed)
    }
}

/// A key as a point of 65 bytes, uncompressed.
pub(crate) fn uncompressed(key: &VerifyingKey) -> [u8; 65] {
    let mut point = [0; 65];
    point.copy_from_slice(key.to_sec1_point(false).as_bytes());
    point
}

/// Names a practice's key: the first eight bytes of the SHA-256 of its 65-byte uncompressed point, in base64url.
#[must_use]
pub fn kid_of(public_key: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(public_key)[..8])
}

/// Why a signed statement is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StatementError {
    /// Not signed by the expected key for this purpose.
    #[error("{0}")]
    BadSignature(#[from] BadSignature),
    /// Validly signed, and of another shape.
    #[error("the statement is {0}")]
    Shape(#[from] CborError),
}
