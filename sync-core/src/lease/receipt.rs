//! Receipts: a device's signed word about a clip.

use super::{Signed, StatementError, Tag, VerifyingKey, signed::MAX_BODY_BYTES};
use crate::{
    cbor::{CborError, Map},
    id::{ClipId, DeviceId, IncarnationId, ReceiptId, ReleaseId},
    instant::Instant,
    vocabulary::Vocabulary,
};
use strum::{IntoStaticStr, VariantArray};

/// What has happened on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ReceiptKind {
    /// The clip is there and a read-back has shown that it plays.
    Ready,
    /// Key, words and ciphertext are erased.
    Wiped,
    /// The lease ended without contact; key, words and ciphertext are erased.
    Lapsed,
    /// The clip could not be fetched or read back.
    Failed,
}

/// What made the device act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ReceiptCause {
    /// A new lease.
    Lease,
    /// The end was seen on the shelf.
    Shelf,
    /// A signed denial.
    Denial,
    /// The lease's end by trusted time.
    Time,
    /// The person holding the device.
    Person,
}

impl ReceiptKind {
    /// Whether the clip is gone from the device.
    #[must_use]
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Wiped | Self::Lapsed)
    }
}

/// One statement of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// Counts up by one for each receipt of this device.
    pub n: u64,
    /// What has happened.
    pub kind: ReceiptKind,
    /// The device that speaks.
    pub device: DeviceId,
    /// The release.
    pub release: ReleaseId,
    /// The clip.
    pub clip: ClipId,
    /// The newest lease of it that the device held.
    pub generation: u64,
    /// What made it act.
    pub cause: ReceiptCause,
    /// When, by its trusted time.
    pub at: Instant,
    /// The server's life that the device heard last.
    pub incarnation: IncarnationId,
}

impl Receipt {
    /// The exact bytes for the device's key store to sign: see [`Signed::message`] with [`Tag::Receipt`].
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        Map::new()
            .with("v", 1)
            .with("id", self.id)
            .with("n", self.n)
            .with("kind", self.kind.as_str())
            .with("dev", self.device)
            .with("rel", self.release)
            .with("clip", self.clip)
            .with("gen", self.generation)
            .with("cause", self.cause.as_str())
            .with("at", self.at)
            .with("incarnation", self.incarnation)
            .to_bytes()
    }

    /// Reads one that is validly signed.
    ///
    /// # Errors
    /// [`StatementError`] when it is not signed by this key, or its body is of another shape.
    pub fn open(signed: &Signed, key: &VerifyingKey) -> Result<Self, StatementError> {
        let mut map = Map::read_within(MAX_BODY_BYTES, signed.verify(Tag::Receipt, key)?)?;
        if map.integer::<u8>("v")? != 1 {
            return Err(CborError::Shape.into());
        }
        let receipt = Self {
            id: map.id("id")?,
            n: map.integer("n")?,
            kind: ReceiptKind::parse(&map.text("kind")?).ok_or(CborError::Shape)?,
            device: map.id("dev")?,
            release: map.id("rel")?,
            clip: map.id("clip")?,
            generation: map.integer("gen")?,
            cause: ReceiptCause::parse(&map.text("cause")?).ok_or(CborError::Shape)?,
            at: map.instant("at")?,
            incarnation: map.id("incarnation")?,
        };
        map.end()?;
        Ok(receipt)
    }
}
