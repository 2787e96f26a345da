//! Authority: which peer may write which change, asked of every change before it is applied
//! (invariant I5).
//!
//! A change is refused for its author and its shape, never for business state: a refused change
//! would strand every later change of that device. A release without consent is accepted and waits.
//! The vet checks all of this:
//!
//! - the actor belongs to the caller's device, or to no device yet (automerge authenticates no
//!   actor);
//! - the change continues its actor's sequence, depends on changes that are known or came before it
//!   in the same batch (a missing one would be queued, and come alive unvetted) and on one at
//!   least, counts its operations on from there, and carries no message, author or further actors;
//! - every operation puts bytes under a new key of `entries`, overwriting nothing: the journal also
//!   takes counts under the device's own keys of `plays`;
//! - the bytes are the one encoding of an entry that the document takes, written as the caller's
//!   device, naming only entries and releases that exist.
//!
//! A restriction is never lost: if a batch may not be applied, the restrictions that
//! [`restrictions`] finds in it are entered all the same.

pub(crate) mod denied;
mod naming;
mod restrictions;
pub(crate) mod room;
pub(crate) mod vet;

pub use denied::Denied;
pub(crate) use naming::Names;
pub use restrictions::restrictions;
pub use vet::{Actors, Vetted, vet};

use crate::{documents::Kind, id::DeviceId};

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// A therapist's device.
    Console(DeviceId),
    /// A client's device.
    Companion(DeviceId),
}

/// What somebody may do with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Nothing: it does not exist for them.
    None,
    /// Read it.
    Read,
    /// Read it, and write whole new entries as themselves.
    Append,
}

impl Writer {
    /// The device.
    #[must_use]
    pub const fn device(self) -> DeviceId {
        match self {
            Self::Console(device) | Self::Companion(device) => device,
        }
    }

    /// What this writer may do with a document of its client.
    #[must_use]
    pub const fn right(self, kind: Kind) -> Right {
        match (self, kind) {
            (Self::Console(_), Kind::Orders | Kind::Casebook) | (Self::Companion(_), Kind::Journal) => {
                Right::Append
            }
            (Self::Console(_) | Self::Companion(_), Kind::Shelf) => Right::Read,
            (Self::Console(_), Kind::Journal) | (Self::Companion(_), Kind::Orders | Kind::Casebook) => {
                Right::None
            }
        }
    }
}

#[cfg(test)]
mod tests;
