//! The effects that a companion asks of its platform, and the reports that it gets.

use thiserror::Error;

use crate::{
    id::ReleaseId,
    lease::{BatchError, Signed, Step},
    media::MediaRecord,
};

/// What the platform is to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write [`Companion::save`](super::Companion::save) durably before anything that follows; answer with
    /// [`Companion::saved`](super::Companion::saved).
    Save,
    /// Ask the server for leases with this nonce, naming what is held and handing in receipts.
    Ask {
        /// 32 fresh random bytes.
        nonce: [u8; 32],
        /// Which question it is.
        step: Step,
        /// The newest generation held of each release.
        holding: Vec<(ReleaseId, u64)>,
        /// What the person has removed from this device: it is not to be leased.
        removed: Vec<ReleaseId>,
        /// The server's own denials, given back to one that may have been restored from before it signed them.
        denials: Vec<Signed>,
    },
    /// Open these items in their order with the device's exchange key, keep a non-extractable key per release, encrypt
    /// the words under it, and answer with [`Companion::opened`](super::Companion::opened). The batch itself is never
    /// stored.
    OpenBatch {
        /// HPKE's `enc`.
        enc: Vec<u8>,
        /// HPKE's `info`.
        info: Vec<u8>,
        /// What to open.
        items: Vec<ToOpen>,
    },
    /// Fetch the rest of a clip's ciphertext; answer with [`Companion::fetched`](super::Companion::fetched).
    Fetch(ReleaseId),
    /// Throw away what was fetched of a clip's ciphertext: it is not the clip.
    Discard(ReleaseId),
    /// Open first and last record and compare the length; answer with
    /// [`Companion::read_back`](super::Companion::read_back).
    ReadBack(ReleaseId),
    /// Erase the key alone.
    EraseKey(ReleaseId),
    /// Erase key, words and ciphertext, keep the parting note until it is read; answer with
    /// [`Companion::erased`](super::Companion::erased).
    Erase(ReleaseId),
    /// Sign with the device's signing key; answer with [`Companion::signed`](super::Companion::signed).
    Sign {
        /// The receipt's number.
        n: u64,
        /// What to sign.
        message: Vec<u8>,
    },
    /// Send what [`Companion::receipts`](super::Companion::receipts) gives; answer with
    /// [`Companion::delivered`](super::Companion::delivered).
    SendReceipts,
}

/// One item of a batch, for the key store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToOpen {
    /// The release it is for.
    pub release: ReleaseId,
    /// The associated data.
    pub aad: Vec<u8>,
    /// The sealed part.
    pub ciphertext: Vec<u8>,
    /// Whether to keep it: one that is not newer is opened, for HPKE counts, and dropped.
    pub wanted: bool,
}

/// What the key store found in an item that it opened and keeps: never the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The release.
    pub release: ReleaseId,
    /// What the ciphertext must be.
    pub media: MediaRecord,
}

/// An answer that is no answer: no contact, nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Invalid {
    /// Nothing was asked.
    #[error("nothing was asked")]
    NotAsked,
    /// Not a signed batch for this device and question.
    #[error("{0}")]
    Batch(#[from] BatchError),
    /// The answer took too long to set the clock by, and brought no denial.
    #[error("the answer took too long")]
    TooSlow,
}
