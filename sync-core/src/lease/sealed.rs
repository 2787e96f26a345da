//! The sealed part of a lease: only the device reads it.

use ciborium::Value;
use zeroize::Zeroizing;

use super::Marks;
use crate::{
    cbor::{CborError, Map},
    instant::Span,
    media::{ClipKey, MediaRecord, RecordSize},
};

/// What only the device may read of one lease.
#[derive(Clone)]
pub struct Sealed {
    /// The clip's key material (RFC 8188 section 2.2).
    pub key: ClipKey,
    /// What the ciphertext must be.
    pub media: MediaRecord,
    /// How long it plays.
    pub duration: Span,
    /// What the clip is called.
    pub title: String,
    /// The therapist's note.
    pub note: Option<String>,
    /// Words at points of the clip.
    pub marks: Marks,
    /// The kind words it leaves when it ends.
    pub parting_note: String,
}

impl Sealed {
    /// The bytes that are sealed.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(
            Map::new()
                .with("key", Value::Bytes(self.key.expose().to_vec()))
                .with("plain_len", self.media.plain_len)
                .with("cipher_len", self.media.cipher_len)
                .with("record_size", self.media.record_size.bytes())
                .with("sha256", Value::Bytes(self.media.cipher_sha256.to_vec()))
                .with("media_type", self.media.media_type.as_str())
                .with("duration_ms", self.duration)
                .with("title", self.title.as_str())
                .with_some("note", self.note.as_deref())
                .with("marks", self.marks.to_value())
                .with("parting_note", self.parting_note.as_str())
                .to_bytes(),
        )
    }

    /// Reads what a key store has opened.
    ///
    /// # Errors
    /// [`CborError`] when it is of another shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = Map::read(bytes)?;
        let sealed = Self {
            key: ClipKey::from_bytes(map.array("key")?),
            media: MediaRecord {
                plain_len: map.integer("plain_len")?,
                cipher_len: map.integer("cipher_len")?,
                record_size: RecordSize::new(map.integer("record_size")?).map_err(|_| CborError::Shape)?,
                cipher_sha256: map.array("sha256")?,
                media_type: map.text("media_type")?,
            },
            duration: map.span("duration_ms")?,
            title: map.text("title")?,
            note: if map.has("note") { Some(map.text("note")?) } else { None },
            marks: Marks::read(map.list("marks")?)?,
            parting_note: map.text("parting_note")?,
        };
        map.end()?;
        Ok(sealed)
    }
}
