//! Frames: the CBOR messages of automerge-repo's WebSocket protocol.

use ciborium::Value;
use thiserror::Error;

use crate::id::IncarnationId;

use crate::{cbor, documents::DocumentId};

/// How many bytes a frame may have.
pub const MAX_FRAME_BYTES: usize = 4 * 1_024 * 1_024;
/// How many strings, numbers and containers a frame may hold; ours and the stock client's hold a few dozen.
pub(crate) const MAX_ITEMS: usize = 1_024;
/// How long a peer's name may be.
pub(crate) const MAX_NAME: usize = 128;
/// The version of the protocol that we speak.
const VERSION: &str = "1";

/// How a peer calls itself. It authenticates nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerName(String);

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A device greets.
    Join {
        /// Who greets.
        sender: PeerName,
    },
    /// The server greets back.
    Peer {
        /// Who answers.
        sender: PeerName,
        /// Who is answered.
        target: PeerName,
        /// The server's storage id, if it says one.
        storage: Option<String>,
    },
    /// An automerge sync message; a `request` asks for a document that the sender does not have.
    Sync {
        /// Who speaks.
        sender: PeerName,
        /// To whom.
        target: PeerName,
        /// About which document.
        document: DocumentId,
        /// Whether the sender does not have the document yet.
        request: bool,
        /// The sync message.
        data: Vec<u8>,
    },
    /// The document is not to be had here.
    Unavailable {
        /// Who speaks.
        sender: PeerName,
        /// To whom.
        target: PeerName,
        /// Which document.
        document: DocumentId,
    },
    /// Something was refused.
    Error {
        /// Who speaks.
        sender: PeerName,
        /// To whom.
        target: PeerName,
        /// The refusal's code.
        message: String,
    },
    /// The peer goes.
    Leave,
    /// A message that is no concern of ours: ephemeral, or about remote heads.
    Tolerated,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// More than [`MAX_FRAME_BYTES`].
    #[error("a frame is longer than {MAX_FRAME_BYTES} bytes")]
    TooLong,
    /// Not CBOR, or a field is missing or of another type.
    #[error("a frame is malformed")]
    Malformed,
    /// The peer speaks no version that we do.
    #[error("no common protocol version")]
    Version,
}

impl FrameError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "frame_too_long",
            Self::Malformed => "frame_malformed",
            Self::Version => "protocol_version",
        }
    }
}

impl PeerName {
    /// The name that a server goes by in one life of its database.
    #[must_use]
    pub fn of(incarnation: IncarnationId) -> Self {
        Self(format!("refrain-{incarnation}"))
    }

    /// Takes a name of 1 to 128 bytes.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        (!name.is_empty() && name.len() <= MAX_NAME).then(|| Self(name.to_owned()))
    }
}

impl Frame {
    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let text = |key: &str, value: &str| (Value::from(key), Value::from(value));
        let mut fields = vec![text("type", self.kind())];
        match self {
            Self::Join { sender } => {
                fields.push(text("senderId", &sender.0));
                fields.push(("peerMetadata".into(), Value::Map(vec![("isEphemeral".into(), true.into())])));
                fields.push(("supportedProtocolVersions".into(), Value::Array(vec![VERSION.into()])));
            }
            Self::Peer { sender, target, storage } => {
                let mut metadata = vec![("isEphemeral".into(), storage.is_none().into())];
                metadata.extend(storage.as_deref().map(|storage| text("storageId", storage)));
                fields.push(text("senderId", &sender.0));
                fields.push(("peerMetadata".into(), Value::Map(metadata)));
                fields.push(text("selectedProtocolVersion", VERSION));
                fields.push(text("targetId", &target.0));
            }
            Self::Sync { sender, target, document, data, .. } => {
                fields.push(text("senderId", &sender.0));
                fields.push(text("targetId", &target.0));
                fields.push(text("documentId", &document.to_string()));
                fields.push(("data".into(), Value::Bytes(data.clone())));
            }
            Self::Unavailable { sender, target, document } => {
                fields.push(text("senderId", &sender.0));
                fields.push(text("targetId", &target.0));
                fields.push(text("documentId", &document.to_string()));
            }
            Self::Error { sender, target, message } => {
                fields.push(text("senderId", &sender.0));
                fields.push(text("targetId", &target.0));
                fields.push(text("message", message));
            }
            Self::Leave | Self::Tolerated => {}
        }
        let mut bytes = Vec::new();
        // Writing to memory cannot fail.
        let _ = ciborium::into_writer(&Value::Map(fields), &mut bytes);
        bytes
    }

    /// Reads a frame. Unlike our signed bodies it may be any well-formed CBOR: the stock client writes its own way.
    ///
    /// # Errors
    /// [`FrameError`] before memory is spent on more than the frame itself.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(FrameError::TooLong);
        }
        if !cbor::has_few_items(bytes, MAX_ITEMS) {
            return Err(FrameError::Malformed);
        }
        let value: Value =
            ciborium::de::from_reader_with_recursion_limit(bytes, 8).map_err(|_| FrameError::Malformed)?;
        let Value::Map(fields) = value else { return Err(FrameError::Malformed) };
        let mut fields = Fields(fields);
        match fields.text("type")?.as_str() {
            "join" => {
                let versions = fields.take("supportedProtocolVersions").and_then(|v| v.into_array().ok());
                let speaks = |versions: Vec<Value>| versions.iter().any(|v| v.as_text() == Some(VERSION));
                if !versions.is_none_or(speaks) {
                    return Err(FrameError::Version);
                }
                Ok(Self::Join { sender: fields.name("senderId")? })
            }
            "peer" => {
                if fields.text("selectedProtocolVersion")? != VERSION {
                    return Err(FrameError::Version);
                }
                let sender = fields.name("senderId")?;
                Ok(Self::Peer { sender, target: fields.name("targetId")?, storage: fields.storage() })
            }
            kind @ ("request" | "sync") => {
                let request = kind == "request";
                Ok(Self::Sync {
                    sender: fields.name("senderId")?,
                    target: fields.name("targetId")?,
                    document: fields.document()?,
                    request,
                    data: fields.bytes("data")?,
                })
            }
            "doc-unavailable" => Ok(Self::Unavailable {
                sender: fields.name("senderId")?,
                target: fields.name("targetId")?,
                document: fields.document()?,
            }),
            "error" => Ok(Self::Error {
                sender: fields.name("senderId")?,
                target: fields.name("targetId")?,
                message: fields.text("message")?,
            }),
            "leave" => Ok(Self::Leave),
            _ => Ok(Self::Tolerated),
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Join { .. } => "join",
            Self::Peer { .. } => "peer",
            Self::Sync { request: true, .. } => "request",
            Self::Sync { request: false, .. } => "sync",
            Self::Unavailable { .. } => "doc-unavailable",
            Self::Error { .. } => "error",
            Self::Leave => "leave",
            Self::Tolerated => "ephemeral",
        }
    }
}

struct Fields(Vec<(Value, Value)>);

impl Fields {
    fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(name, _)| name.as_text() == Some(key))?;
        Some(self.0.swap_remove(at).1)
    }

    fn text(&mut self, key: &str) -> Result<String, FrameError> {
        self.take(key).and_then(|value| value.into_text().ok()).ok_or(FrameError::Malformed)
    }

    fn name(&mut self, key: &str) -> Result<PeerName, FrameError> {
        PeerName::new(&self.text(key)?).ok_or(FrameError::Malformed)
    }

    fn document(&mut self) -> Result<DocumentId, FrameError> {
        DocumentId::parse(&self.text("documentId")?).map_err(|_| FrameError::Malformed)
    }

    /// The peer's storage id, if it has one. What is no name is none: nobody is refused for it.
    fn storage(&mut self) -> Option<String> {
        let metadata = self.take("peerMetadata")?.into_map().ok()?;
        let storage = Fields(metadata).take("storageId")?.into_text().ok()?;
        (storage.len() <= MAX_NAME).then_some(storage)
    }

    /// A byte string; encoders in JavaScript may tag it as a typed array (RFC 8746).
    fn bytes(&mut self, key: &str) -> Result<Vec<u8>, FrameError> {
        let value = match self.take(key) {
            Some(Value::Tag(64, inner)) => Some(*inner),
            other => other,
        };
        value.and_then(|value| value.into_bytes().ok()).ok_or(FrameError::Malformed)
    }
}
