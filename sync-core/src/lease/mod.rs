//! Leases: one device's time-limited right to hold one clip's key, and the statements that end it.
//!
//! A [`Batch`] answers a device's fresh nonce with leases sealed to its key (HPKE, RFC 9180) and
//! signed by the practice. A [`Denial`] ends or pauses a lease; a [`Receipt`] is the device's own
//! signed word; a [`Rotation`] says that the practice signs with another key from now on, and
//! [`PracticeKeys`] follows it. All of them are [`Signed`]: a body of deterministic CBOR and an
//! ES256 signature over `tag ‖ sha256(body)`.

mod batch;
mod claim;
mod denial;
mod generation;
mod header;
mod marks;
mod offer;
mod practice_keys;
mod question;
mod receipt;
mod rotation;
mod sealed;
pub(crate) mod signed;

pub use batch::{Batch, BatchDraft, BatchError, Item, MAX_LEASES, aad, info};
pub use claim::Claim;
pub use denial::{Denial, DenialKind};
pub use generation::{may_be_held, next_generation};
pub use header::LeaseHeader;
pub use marks::Marks;
pub use offer::{DEBIT_STEP, GENEROUS_PLAYS, LONGEST, Offer, in_turn};
pub use practice_keys::{PracticeKeys, RotationError};
pub use question::{BATCHES, BATCHES_FOR_A_DECISION, BATCHES_WITHIN, Heard, Progress, Step, may_have_more};
pub use receipt::{Receipt, ReceiptCause, ReceiptKind};
pub use rotation::Rotation;
pub use sealed::Sealed;
pub use signed::{BadSignature, MAX_STATEMENT_BYTES, Signed, StatementError, Tag, VerifyingKey, kid_of};

#[cfg(test)]
mod tests;
