//! Document ids, as automerge-repo spells them.

use std::fmt;

use crate::id::NotAnId;

/// Names a document: sixteen bytes, spelled in base58 with a checksum (Bitcoin's base58check) as automerge-repo does.
///
/// In automerge-repo knowing the id is having the document. Here it is a name and nothing more: the connection is
/// authenticated, and the server asks whose the document is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId([u8; 16]);

impl DocumentId {
    /// A new id of sixteen random bytes. It is a UUID of version 4 (RFC 9562, section 5.4): automerge-repo takes no other
    /// for a document's.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Self {
        let mut bytes = random;
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }

    /// Takes sixteen bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the spelling.
    ///
    /// # Errors
    /// [`NotAnId`] when the text, its length or its checksum is wrong.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        if text.len() > 40 {
            return Err(NotAnId);
        }
        let bytes = bs58::decode(text).with_check(None).into_vec().map_err(|_| NotAnId)?;
        bytes.try_into().map(Self).map_err(|_| NotAnId)
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).with_check().into_string())
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
