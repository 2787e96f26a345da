//! Denials: the server's signed word that a lease has ended or is paused.

use super::{Signed, StatementError, Tag, VerifyingKey, signed::MAX_BODY_BYTES};
use crate::{
    cbor::{CborError, Map},
    id::{DenialId, DeviceId, IncarnationId, ReleaseId},
    instant::Instant,
    vocabulary::Vocabulary,
};
use p256::ecdsa::SigningKey;
use strum::{IntoStaticStr, VariantArray};

/// What has happened to a lease. Never why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum DenialKind {
    /// Over: wipe, and take no older lease again.
    Ended,
    /// Paused: erase the key, keep the ciphertext.
    Paused,
    /// This device is no longer paired: wipe everything.
    Unpaired,
}

impl DenialKind {
    /// Whether a device is to hear it once more: it has not acted on it, or it is an end of which it was never `told`. An
    /// end that came to a device that had wiped the clip by itself keeps a restored server from bringing it back.
    #[must_use]
    pub const fn is_open(self, told: bool, done: bool) -> bool {
        !done || (matches!(self, Self::Ended) && !told)
    }
}

/// Ends or pauses every lease of one device and release up to a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Its id.
    pub id: DenialId,
    /// The device it speaks to.
    pub device: DeviceId,
    /// The release; none when the whole device is unpaired.
    pub release: Option<ReleaseId>,
    /// The newest lease it covers. A lease granted later, after a pause, is newer.
    pub upto_generation: u64,
    /// What has happened.
    pub kind: DenialKind,
    /// When it was decided.
    pub at: Instant,
    /// When it was signed.
    pub issued_at: Instant,
    /// The server's life it was signed in.
    pub incarnation: IncarnationId,
}

impl Denial {
    /// The release whose end it tells to this device; none for every other denial.
    #[must_use]
    pub fn ended_on(&self, device: DeviceId) -> Option<ReleaseId> {
        self.release.filter(|_| self.device == device && self.kind == DenialKind::Ended)
    }

    /// Signs it.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Signed {
        let body = Map::new()
            .with("v", 1)
            .with("id", self.id)
            .with("dev", self.device)
            .with_some("rel", self.release)
            .with("upto_gen", self.upto_generation)
            .with("kind", self.kind.as_str())
            .with("at", self.at)
            .with("issued_at", self.issued_at)
            .with("incarnation", self.incarnation)
            .to_bytes();
        Signed::sign(Tag::Denial, body, key)
    }

    /// Reads one that is validly signed.
    ///
    /// # Errors
    /// [`StatementError`] when it is not signed by this key, or its body is of another shape.
    pub fn open(signed: &Signed, key: &VerifyingKey) -> Result<Self, StatementError> {
        Self::read(signed.verify(Tag::Denial, key)?)
    }

    /// When it says that it was signed: a hint at the key, and proves nothing.
    #[must_use]
    pub fn issued_at_unproved(signed: &Signed) -> Option<Instant> {
        Self::read(&signed.body).ok().map(|denial| denial.issued_at)
    }

    fn read(body: &[u8]) -> Result<Self, StatementError> {
        let mut map = Map::read_within(MAX_BODY_BYTES, body)?;
        if map.integer::<u8>("v")? != 1 {
            return Err(CborError::Shape.into());
        }
        let denial = Self {
            id: map.id("id")?,
            device: map.id("dev")?,
            release: if map.has("rel") { Some(map.id("rel")?) } else { None },
            upto_generation: map.integer("upto_gen")?,
            kind: DenialKind::parse(&map.text("kind")?).ok_or(CborError::Shape)?,
            at: map.instant("at")?,
            issued_at: map.instant("issued_at")?,
            incarnation: map.id("incarnation")?,
        };
        map.end()?;
        Ok(denial)
    }
}
