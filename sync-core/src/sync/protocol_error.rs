//! Why a connection is closed.

use thiserror::Error;

use super::{
    FrameError,
    limits::{MAX_CONNECTIONS, MAX_DOCUMENTS},
    message::Unreadable,
};

/// Why a connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// A frame is malformed.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// A sync message is malformed.
    #[error("a sync message is malformed")]
    Message,
    /// A sync message names more hashes or filters than it may, or the connection would have to keep too much.
    #[error("a sync message is too large")]
    MessageTooLarge,
    /// A frame came before the greeting.
    #[error("a frame came before the greeting")]
    NotGreeted,
    /// More documents than one connection may sync.
    #[error("more than {MAX_DOCUMENTS} documents on one connection")]
    TooManyDocuments,
    /// The device has opened more connections than it may; the oldest gives way.
    #[error("more than {MAX_CONNECTIONS} connections of one device")]
    TooManyConnections,
}

impl ProtocolError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Frame(error) => error.code(),
            Self::Message => "sync_message_malformed",
            Self::MessageTooLarge => "sync_message_too_large",
            Self::NotGreeted => "not_greeted",
            Self::TooManyDocuments => "documents_too_many",
            Self::TooManyConnections => "connections_too_many",
        }
    }
}

impl From<Unreadable> for ProtocolError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Malformed => Self::Message,
            Unreadable::TooLarge => Self::MessageTooLarge,
        }
    }
}
