//! A lease's facts about a clip's bytes.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{ClipKey, Layout, OpenError, Opener, RecordSize};

/// The facts of one clip's bytes that RFC 8188 does not bind; sealed in the lease beside the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRecord {
    /// How long the plain clip is.
    pub plain_len: u64,
    /// How long the sealed clip is.
    pub cipher_len: u64,
    /// The size of a full sealed record.
    pub record_size: RecordSize,
    /// SHA-256 of the sealed clip.
    #[serde(with = "serde_bytes")]
    pub cipher_sha256: [u8; 32],
    /// What the plain clip is, `audio/mpeg` for example.
    pub media_type: String,
}

/// Why a stored clip is not the one that the lease speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReadBackError {
    /// The record's numbers contradict each other.
    #[error("the media record contradicts itself")]
    Contradiction,
    /// The stored file is longer or shorter than the sealed clip.
    #[error("the stored clip has the wrong length")]
    Length,
    /// The first record does not open.
    #[error("the first record does not open")]
    First(#[source] OpenError),
    /// The last record does not open.
    #[error("the last record does not open")]
    Last(#[source] OpenError),
}

impl MediaRecord {
    /// Where everything lies in the clip.
    ///
    /// # Errors
    /// [`ReadBackError::Contradiction`] when the two lengths are not those of one clip.
    pub fn layout(&self) -> Result<Layout, ReadBackError> {
        match Layout::of_plain(self.plain_len, self.record_size) {
            Ok(layout) if layout.cipher_len() == self.cipher_len => Ok(layout),
            Ok(_) | Err(_) => Err(ReadBackError::Contradiction),
        }
    }

    /// Checks a clip that has just been stored by reading its two ends back: `head` is header and first record, `last`
    /// the last record (of a clip of one record, that record again), `stored_len` the length of what is stored.
    ///
    /// That both ends open under this key and the length is right proves key, order and completeness of the file. A
    /// changed byte in between is found when its record is opened, and by the digest.
    ///
    /// # Errors
    /// [`ReadBackError`] with the first thing that is wrong.
    pub fn read_back(
        &self,
        key: &ClipKey,
        head: &mut [u8],
        last: &mut [u8],
        stored_len: u64,
    ) -> Result<(), ReadBackError> {
        let layout = self.layout()?;
        if stored_len != self.cipher_len {
            return Err(ReadBackError::Length);
        }
        let (header, first) =
            head.split_at_mut_checked(Layout::HEADER_LEN).ok_or(ReadBackError::First(OpenError::Header))?;
        let opener = Opener::new(key, header, layout).map_err(ReadBackError::First)?;
        opener.open(0, first).map_err(ReadBackError::First)?;
        opener.open(layout.records() - 1, last).map_err(ReadBackError::Last)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::seal;

    fn stored() -> (MediaRecord, ClipKey, Vec<u8>, Vec<u8>) {
        let (key, size) = (ClipKey::from_bytes([4; 16]), RecordSize::new(50).unwrap());
        let sealed = seal(&[8; 100], &key, [6; 16], size).unwrap();
        let record = MediaRecord {
            plain_len: 100,
            cipher_len: sealed.len() as u64,
            record_size: size,
            cipher_sha256: [0; 32],
            media_type: "audio/mpeg".into(),
        };
        let last = record.layout().unwrap().cipher_range(3).unwrap();
        let (head, last) = (sealed[..71].to_vec(), sealed[last.start as usize..].to_vec());
        (record, key, head, last)
    }

    #[test]
    fn a_stored_clip_reads_back() {
        let (record, key, mut head, mut last) = stored();
        assert_eq!(record.read_back(&key, &mut head, &mut last, record.cipher_len), Ok(()));
    }

    #[test]
    fn a_clip_of_one_record_reads_back() {
        let key = ClipKey::from_bytes([4; 16]);
        let sealed = seal(&[8; 5], &key, [6; 16], RecordSize::DEFAULT).unwrap();
        let record = MediaRecord {
            plain_len: 5,
            cipher_len: sealed.len() as u64,
            record_size: RecordSize::DEFAULT,
            cipher_sha256: [0; 32],
            media_type: "audio/mpeg".into(),
        };
        let (mut head, mut last) = (sealed.clone(), sealed[21..].to_vec());
        assert_eq!(record.read_back(&key, &mut head, &mut last, record.cipher_len), Ok(()));
    }

    #[test]
    fn every_way_of_being_another_clip_is_named() {
        let (record, key, head, last) = stored();
        let check = |record: &MediaRecord, key: &ClipKey, head: &[u8], last: &[u8], len| {
            record.read_back(key, &mut head.to_vec(), &mut last.to_vec(), len)
        };
        let len = record.cipher_len;
        assert_eq!(check(&record, &key, &head, &last, len - 1), Err(ReadBackError::Length));
        assert_eq!(
            check(&record, &key, &head[..9], &last, len),
            Err(ReadBackError::First(OpenError::Header))
        );
        let other = ClipKey::from_bytes([5; 16]);
        assert_eq!(
            check(&record, &other, &head, &last, len),
            Err(ReadBackError::First(OpenError::NotAuthentic))
        );
        let cut = Err(ReadBackError::Last(OpenError::RecordLength));
        assert_eq!(check(&record, &key, &head, &last[..3], len), cut);
        let first_again = Err(ReadBackError::Last(OpenError::RecordLength));
        assert_eq!(check(&record, &key, &head, &head[21..], len), first_again);
        let wrong = MediaRecord { plain_len: 99, ..record.clone() };
        assert_eq!(check(&wrong, &key, &head, &last, len), Err(ReadBackError::Contradiction));
    }

    #[test]
    fn a_media_record_survives_cbor_as_bytes() {
        let (record, ..) = stored();
        let mut bytes = Vec::new();
        ciborium::into_writer(&record, &mut bytes).unwrap();
        assert!(bytes.len() < 160, "the digest must be one byte string: {} bytes", bytes.len());
        let back: MediaRecord = ciborium::from_reader(bytes.as_slice()).unwrap();
        assert_eq!(back, record);
    }
}
