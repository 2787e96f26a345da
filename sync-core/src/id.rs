//! Ids: one newtype for each noun, a UUIDv7 inside, a prefix on the wire.
//!
//! An id is sixteen bytes in storage and in signed bytes, and `prefix_` followed by 32 hexadecimal digits in JSON and
//! URLs. Two nouns never share a type, so that a clip's id cannot be handed to a function that wants a release's.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::instant::Instant;

/// Text that is no id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// What the id starts with on the wire, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Makes a UUIDv7 (RFC 9562 section 5.7) of an instant and ten random bytes.
            #[must_use]
            pub fn new(now: Instant, random: [u8; 10]) -> Self {
                Self(uuid_v7(now, random))
            }

            /// Takes sixteen stored bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The sixteen bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads the wire form.
            ///
            /// # Errors
            /// [`NotAnId`] when the prefix, the length or a digit is wrong.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                parse(text, Self::PREFIX).map(Self)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl crate::cbor::From16 for $name {
            fn from_16(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl From<$name> for ciborium::Value {
            fn from(id: $name) -> Self {
                Self::Bytes(id.0.to_vec())
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = NotAnId;
            fn try_from(bytes: &[u8]) -> Result<Self, NotAnId> {
                bytes.try_into().map(Self).map_err(|_| NotAnId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(f, Self::PREFIX, &self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(f, Self::PREFIX, &self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Self::parse(text)
            }
        }

        /// Text in human-readable formats (JSON), sixteen bytes in binary ones (CBOR).
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { to.serialize_bytes(&self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    let text = String::deserialize(from)?;
                    Self::parse(&text).map_err(serde::de::Error::custom)
                } else {
                    let bytes = serde_bytes::ByteBuf::deserialize(from)?;
                    Self::try_from(bytes.as_slice()).map_err(serde::de::Error::custom)
                }
            }
        }
    )*};
}

ids! {
    /// A clinic or solo practitioner: the tenant.
    PracticeId "prac";
    /// A member of staff: therapist, supervisor or practice admin.
    StaffId "staff";
    /// The person in therapy.
    ClientId "client";
    /// One paired phone, tablet or browser.
    DeviceId "dev";
    /// What one therapy session's recording was.
    RecordingId "rec";
    /// A person heard or seen on a recording.
    ParticipantId "part";
    /// A version of a consent text.
    FormId "form";
    /// One consent given or withdrawn.
    ConsentId "consent";
    /// An immutable encrypted excerpt.
    ClipId "clip";
    /// A clip on its way in, in pieces.
    UploadId "up";
    /// One clip made available to one client.
    ReleaseId "rel";
    /// A single-use pairing code's record.
    InvitationId "inv";
    /// One answer to a device's request for leases.
    BatchId "batch";
    /// One signed denial.
    DenialId "den";
    /// One receipt of a device.
    ReceiptId "rcpt";
    /// One life of a server's database; a restore begins another.
    IncarnationId "inc";
    /// A piece of work that a committed decision left to do.
    OutboxId "out";
    /// One server's ledger file.
    LedgerId "ledger";
}

/// Names one entry: sixteen random bytes, 22 characters of base64url as a key of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId([u8; 16]);

impl EntryId {
    /// How many characters an entry's key has.
    pub const KEY_LEN: usize = 22;

    /// Takes sixteen random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads a document key: exactly 22 characters of unpadded base64url.
    ///
    /// # Errors
    /// [`NotAnId`] for any other text, and for a second spelling of the same bytes.
    pub fn parse(key: &str) -> Result<Self, NotAnId> {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        if key.len() != Self::KEY_LEN {
            return Err(NotAnId);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(key).map_err(|_| NotAnId)?;
        bytes.try_into().map(Self).map_err(|_| NotAnId)
    }
}

impl AsRef<[u8]> for EntryId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl crate::cbor::From16 for EntryId {
    fn from_16(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text in human-readable formats (JSON), sixteen bytes in binary ones (CBOR).
impl Serialize for EntryId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { to.serialize_bytes(&self.0) }
    }
}

impl<'de> Deserialize<'de> for EntryId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = String::deserialize(from)?;
            Self::parse(&text).map_err(serde::de::Error::custom)
        } else {
            let bytes = serde_bytes::ByteBuf::deserialize(from)?;
            let bytes = bytes.into_vec().try_into().map_err(|_| serde::de::Error::custom(NotAnId))?;
            Ok(Self(bytes))
        }
    }
}

fn uuid_v7(now: Instant, random: [u8; 10]) -> [u8; 16] {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes()
}

fn parse(text: &str, prefix: &str) -> Result<[u8; 16], NotAnId> {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(NotAnId)?;
    if digits.len() != 32 || !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(NotAnId);
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| NotAnId)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAnId)?;
    }
    Ok(bytes)
}

fn write(f: &mut fmt::Formatter<'_>, prefix: &str, bytes: &[u8; 16]) -> fmt::Result {
    write!(f, "{prefix}_")?;
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_wrote() {
        let id = ClipId::new(Instant::from_millis(1_800_000_000_000), [7; 10]);
        assert_eq!(ClipId::parse(&id.to_string()), Ok(id));
        assert_eq!(id.as_bytes()[6] >> 4, 7);
    }

    #[test]
    fn an_id_of_another_noun_is_refused() {
        let id = ClipId::new(Instant::from_millis(1), [7; 10]).to_string();
        assert_eq!(ReleaseId::parse(&id), Err(NotAnId));
        assert_eq!(ClipId::parse(&id.to_uppercase()), Err(NotAnId));
        assert_eq!(ClipId::parse(&id[..id.len() - 1]), Err(NotAnId));
    }

    #[test]
    fn an_entry_key_has_one_spelling() {
        let id = EntryId::from_bytes([255; 16]);
        let key = id.to_string();
        assert_eq!(key.len(), EntryId::KEY_LEN);
        assert_eq!(EntryId::parse(&key), Ok(id));
        let second_spelling = format!("{}{}", &key[..21], '-');
        assert!(second_spelling == key || EntryId::parse(&second_spelling).is_err());
        assert_eq!(EntryId::parse("short"), Err(NotAnId));
    }
}
