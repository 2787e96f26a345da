//! Rotations: the practice's word, signed by its key, that another key takes this one's place.

use ciborium::Value;
use p256::ecdsa::SigningKey;

use super::{
    Signed, StatementError, Tag, VerifyingKey, kid_of,
    signed::{MAX_BODY_BYTES, uncompressed},
};
use crate::{
    cbor::{CborError, Map},
    id::PracticeId,
    instant::Instant,
};

/// From here on the practice signs with another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The practice.
    pub practice: PracticeId,
    /// Counts up by one from 1 for each rotation of the practice.
    pub n: u64,
    /// Names the key that signs this: the one that is replaced.
    pub from: String,
    /// The key that takes its place.
    pub to: VerifyingKey,
    /// When it was decided: shown, never judged.
    pub at: Instant,
}

impl Rotation {
    /// Signs it with the key that is replaced.
    #[must_use]
    pub fn sign(&self, replaced: &SigningKey) -> Signed {
        let body = Map::new()
            .with("v", 1)
            .with("practice", self.practice)
            .with("n", self.n)
            .with("from", self.from.as_str())
            .with("to", Value::Bytes(uncompressed(&self.to).to_vec()))
            .with("at", self.at)
            .to_bytes();
        Signed::sign(Tag::Rotation, body, replaced)
    }

    /// Reads one that is validly signed by the key that it replaces.
    ///
    /// # Errors
    /// [`StatementError`] when it is not signed by this key, names another one as replaced, or is of another shape.
    pub fn open(signed: &Signed, replaced: &VerifyingKey) -> Result<Self, StatementError> {
        let rotation = Self::read(signed.verify(Tag::Rotation, replaced)?)?;
        if rotation.from == kid_of(&uncompressed(replaced)) {
            Ok(rotation)
        } else {
            Err(CborError::Shape.into())
        }
    }

    /// When it says that it was decided; whether it is signed is not asked.
    #[must_use]
    pub fn at_unproved(signed: &Signed) -> Option<Instant> {
        Self::read(&signed.body).ok().map(|rotation| rotation.at)
    }

    fn read(body: &[u8]) -> Result<Self, StatementError> {
        let mut map = Map::read_within(MAX_BODY_BYTES, body)?;
        if map.integer::<u8>("v")? != 1 {
            return Err(CborError::Shape.into());
        }
        let rotation = Self {
            practice: map.id("practice")?,
            n: map.integer("n")?,
            from: map.text("from")?,
            to: VerifyingKey::from_sec1_bytes(&map.array::<65>("to")?).map_err(|_| CborError::Shape)?,
            at: map.instant("at")?,
        };
        map.end()?;
        Ok(rotation)
    }
}
