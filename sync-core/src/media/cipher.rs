//! One file's key schedule and the sealing and opening of single records (RFC 8188 section 2).

use aes_gcm::{Aes128Gcm, Key, KeyInit, Nonce, Tag, aead::AeadInOut};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::ClipKey;

pub(super) const TAG_LEN: usize = 16;
pub(super) const DELIMITER_LEN: usize = 1;
pub(super) const SALT_LEN: usize = 16;

const KEY_INFO: &[u8] = b"Content-Encoding: aes128gcm\0";
const NONCE_INFO: &[u8] = b"Content-Encoding: nonce\0";

/// What a record says about its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    More,
    Last,
}

impl Mark {
    /// The byte that ends a record's content.
    pub(super) const fn delimiter(self) -> u8 {
        match self {
            Self::More => 1,
            Self::Last => 2,
        }
    }
}

/// The cipher refused: a wrong key, or bytes that are not those that were sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAuthentic;

/// Derived once for each file: expanding the key costs more than a small record.
pub(super) struct RecordCipher {
    aead: Aes128Gcm,
    nonce: Zeroizing<[u8; 12]>,
}

impl RecordCipher {
    pub(super) fn new(key: &ClipKey, salt: &[u8; SALT_LEN]) -> Result<Self, NotAuthentic> {
        let hkdf = Hkdf::<Sha256>::new(Some(salt), key.expose());
        let mut content_key = Zeroizing::new([0; 16]);
        let mut nonce = Zeroizing::new([0; 12]);
        hkdf.expand(KEY_INFO, content_key.as_mut_slice()).map_err(|_| NotAuthentic)?;
        hkdf.expand(NONCE_INFO, nonce.as_mut_slice()).map_err(|_| NotAuthentic)?;
        let content_key: &Key<Aes128Gcm> = (&*content_key).into();
        Ok(Self { aead: Aes128Gcm::new(content_key), nonce })
    }

    /// Seals `plain`, which already ends with its delimiter, where it lies.
    pub(super) fn seal(&self, index: u64, plain: &mut [u8]) -> Result<[u8; TAG_LEN], NotAuthentic> {
        let tag = self.aead.encrypt_inout_detached(&self.nonce_of(index), b"", plain.into());
        tag.map(Into::into).map_err(|_| NotAuthentic)
    }

    /// Opens a record where it lies; the content with delimiter and padding, without the tag.
    pub(super) fn open<'a>(&self, index: u64, record: &'a mut [u8]) -> Result<&'a mut [u8], NotAuthentic> {
        let (body, tag) = record.split_last_chunk_mut::<TAG_LEN>().ok_or(NotAuthentic)?;
        let tag: &Tag = (&*tag).into();
        let opened = self.aead.decrypt_inout_detached(&self.nonce_of(index), b"", body.into(), tag);
        opened.map_err(|_| NotAuthentic)?;
        Ok(body)
    }

    /// The file's nonce xor the record's index, big-endian (section 2.3).
    fn nonce_of(&self, index: u64) -> Nonce<aes_gcm::aead::consts::U12> {
        let mut nonce = *self.nonce;
        for (byte, of_index) in nonce[4..].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= of_index;
        }
        nonce.into()
    }
}

/// Finds the delimiter, which is the last byte that is not zero (section 2); what lies before it is content.
pub(super) fn unpad(opened: &[u8]) -> Option<(usize, Mark)> {
    let at = opened.iter().rposition(|byte| *byte != 0)?;
    let mark = [Mark::More, Mark::Last].into_iter().find(|mark| mark.delimiter() == opened[at])?;
    Some((at, mark))
}
