//! Opening a sealed clip, one record at a time.

use thiserror::Error;
use zeroize::Zeroizing;

use super::cipher::{Mark, NotAuthentic, RecordCipher, SALT_LEN, unpad};
use super::{ClipKey, Layout, RecordSize};

/// Why bytes are not the clip, or the piece of it, that they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The header is short, names a key or says another record size.
    #[error("the header is not that of this clip")]
    Header,
    /// There is no record of this index.
    #[error("there is no such record")]
    NoSuchRecord,
    /// The record has not the length that it has in this clip: it was cut, or bytes were added.
    #[error("the record has the wrong length")]
    RecordLength,
    /// Wrong key, another file's record, one that changed places, or changed bytes.
    #[error("the record is not authentic")]
    NotAuthentic,
    /// The record has no valid delimiter.
    #[error("the record's padding is wrong")]
    Padding,
    /// The clip ends with a record that is not the last, or goes on after the last: it was cut or glued.
    #[error("the last record is not where the clip ends")]
    LastMark,
}

/// Opens the records of one clip in any order, never needing the whole.
pub struct Opener {
    cipher: RecordCipher,
    layout: Layout,
}

impl Opener {
    /// Takes the clip's first 21 bytes and the layout that the lease vouches for.
    ///
    /// # Errors
    /// [`OpenError::Header`] when the header is not the one that sealing writes for this layout.
    pub fn new(key: &ClipKey, header: &[u8], layout: Layout) -> Result<Self, OpenError> {
        Ok(Self { cipher: RecordCipher::new(key, layout.salt(header)?)?, layout })
    }

    /// Where everything lies.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Opens one record where it lies; the plaintext that [`Layout::plain_range`] names.
    ///
    /// # Errors
    /// [`OpenError`] when the record is not exactly the one that stands at `index` in this clip; then its bytes are
    /// erased or still sealed, never half-read.
    pub fn open<'a>(&self, index: u64, record: &'a mut [u8]) -> Result<&'a [u8], OpenError> {
        let place = self.layout.cipher_range(index).ok_or(OpenError::NoSuchRecord)?;
        if record.len() as u64 != place.end - place.start {
            return Err(OpenError::RecordLength);
        }
        let opened = self.cipher.open(index, record)?;
        let len = self.layout.judge(index, opened);
        if len.is_err() {
            opened.fill(0);
        }
        len.map(|len| &opened[..len])
    }
}

impl Layout {
    /// The salt in a clip's first 21 bytes: what a platform's key store derives the records' key from.
    ///
    /// # Errors
    /// [`OpenError::Header`] when the header is not the one that sealing writes for this layout.
    pub fn salt<'a>(&self, header: &'a [u8]) -> Result<&'a [u8; SALT_LEN], OpenError> {
        let (salt, record_size, rest) = split_header(header)?;
        if record_size != self.record_size() || rest != [0] { Err(OpenError::Header) } else { Ok(salt) }
    }

    /// Judges a record that a platform's key store decrypted (its tag checked and removed): how much of it is content.
    ///
    /// # Errors
    /// [`OpenError`] when delimiter, last mark or length are not those of the record at `index`.
    pub fn judge(&self, index: u64, opened: &[u8]) -> Result<usize, OpenError> {
        let place = self.plain_range(index).ok_or(OpenError::NoSuchRecord)?;
        let (len, mark) = unpad(opened).ok_or(OpenError::Padding)?;
        if (mark == Mark::Last) != self.is_last(index) {
            return Err(OpenError::LastMark);
        }
        // Clips are never padded: padding would move every later byte away from where the layout looks for it.
        if len as u64 != place.end - place.start || len + 1 != opened.len() {
            return Err(OpenError::RecordLength);
        }
        Ok(len)
    }
}

/// Opens a whole file in the published format, whoever wrote it: with a key id, with padding.
///
/// # Errors
/// [`OpenError`] when any record is not authentic or the last one is not marked so.
pub fn open_whole(sealed: &[u8], key: &ClipKey) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (salt, record_size, rest) = split_header(sealed)?;
    let (key_id_len, rest) = rest.split_first().ok_or(OpenError::Header)?;
    let body = rest.get(usize::from(*key_id_len)..).ok_or(OpenError::Header)?;
    let cipher = RecordCipher::new(key, salt)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut records = body.chunks(record_size.bytes() as usize).zip(0u64..).peekable();
    let mut mark = Mark::More;
    while let Some((record, index)) = records.next() {
        let mut record = Zeroizing::new(record.to_vec());
        let opened = cipher.open(index, &mut record)?;
        let (len, its_mark) = unpad(opened).ok_or(OpenError::Padding)?;
        if (its_mark == Mark::Last) != records.peek().is_none() {
            return Err(OpenError::LastMark);
        }
        plain.extend_from_slice(&opened[..len]);
        mark = its_mark;
    }
    if mark == Mark::Last { Ok(plain) } else { Err(OpenError::LastMark) }
}

fn split_header(bytes: &[u8]) -> Result<(&[u8; SALT_LEN], RecordSize, &[u8]), OpenError> {
    let (salt, rest) = bytes.split_first_chunk::<SALT_LEN>().ok_or(OpenError::Header)?;
    let (record_size, rest) = rest.split_first_chunk::<4>().ok_or(OpenError::Header)?;
    let record_size = RecordSize::new(u32::from_be_bytes(*record_size)).map_err(|_| OpenError::Header)?;
    Ok((salt, record_size, rest))
}

impl From<NotAuthentic> for OpenError {
    fn from(_: NotAuthentic) -> Self {
        Self::NotAuthentic
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media::{Sealer, seal};

    const SIZE: u32 = 40;

    fn key(n: u8) -> ClipKey {
        ClipKey::from_bytes([n; 16])
    }

    fn sealed(plain: &[u8]) -> (Vec<u8>, Layout) {
        let size = RecordSize::new(SIZE).unwrap();
        let sealed = seal(plain, &key(1), [2; 16], size).unwrap();
        let layout = Layout::of_plain(plain.len() as u64, size).unwrap();
        assert_eq!(sealed.len() as u64, layout.cipher_len());
        (sealed, layout)
    }

    fn record(sealed: &[u8], layout: Layout, index: u64) -> Vec<u8> {
        let place = layout.cipher_range(index).unwrap();
        sealed[place.start as usize..place.end as usize].to_vec()
    }

    #[test]
    fn records_that_changed_places_are_refused() {
        let (sealed, layout) = sealed(&[9; 100]);
        let opener = Opener::new(&key(1), &sealed[..21], layout).unwrap();
        let mut second = record(&sealed, layout, 1);
        assert_eq!(opener.open(0, &mut second.clone()), Err(OpenError::NotAuthentic));
        assert_eq!(opener.open(1, &mut second).unwrap(), &[9; 23]);
    }

    #[test]
    fn a_record_of_another_file_under_the_same_key_is_refused() {
        let (sealed, layout) = sealed(&[9; 100]);
        let other = seal(&[9; 100], &key(1), [3; 16], layout.record_size()).unwrap();
        let opener = Opener::new(&key(1), &sealed[..21], layout).unwrap();
        assert_eq!(opener.open(0, &mut record(&other, layout, 0)), Err(OpenError::NotAuthentic));
    }

    #[test]
    fn the_wrong_key_opens_nothing() {
        let (sealed, layout) = sealed(&[9; 100]);
        let opener = Opener::new(&key(2), &sealed[..21], layout).unwrap();
        assert_eq!(opener.open(0, &mut record(&sealed, layout, 0)), Err(OpenError::NotAuthentic));
    }

    #[test]
    fn a_header_of_another_shape_is_refused() {
        let (sealed, layout) = sealed(&[9; 100]);
        for header in [&sealed[..20], &sealed[..22], &[]] {
            assert_eq!(Opener::new(&key(1), header, layout).err(), Some(OpenError::Header));
        }
        let mut with_key_id = sealed[..21].to_vec();
        with_key_id[20] = 1;
        assert_eq!(Opener::new(&key(1), &with_key_id, layout).err(), Some(OpenError::Header));
        let mut other_size = sealed[..21].to_vec();
        other_size[19] += 1;
        assert_eq!(Opener::new(&key(1), &other_size, layout).err(), Some(OpenError::Header));
    }

    #[test]
    fn a_file_cut_at_a_record_s_end_does_not_pass_for_a_whole_one() {
        // 3 full records and a last one; a reader that believes the shorter length meets a record that is not the last.
        let (sealed, _) = sealed(&[9; 80]);
        let cut = &sealed[..21 + 2 * SIZE as usize];
        let believed = Layout::of_cipher(cut.len() as u64, RecordSize::new(SIZE).unwrap()).unwrap();
        let opener = Opener::new(&key(1), &cut[..21], believed).unwrap();
        assert_eq!(opener.open(1, &mut record(cut, believed, 1)), Err(OpenError::LastMark));
    }

    #[test]
    fn a_file_that_goes_on_after_its_last_record_is_refused() {
        let (mut glued, _) = sealed(&[9; 23]);
        let cipher = RecordCipher::new(&key(1), &[2; 16]).unwrap();
        let mut second = [8, 2];
        let tag = cipher.seal(1, &mut second).unwrap();
        glued.extend_from_slice(&second);
        glued.extend_from_slice(&tag);
        assert_eq!(open_whole(&glued, &key(1)).err(), Some(OpenError::LastMark));
    }

    #[test]
    fn a_padded_record_is_valid_in_the_format_and_refused_in_a_clip() {
        let (_, layout) = sealed(&[9; 23]);
        let mut padded = [9; 24];
        padded[22..].copy_from_slice(&[2, 0]);
        assert_eq!(layout.judge(0, &padded), Err(OpenError::RecordLength));
        padded[22..].copy_from_slice(&[0, 0]);
        assert_eq!(layout.judge(0, &padded), Err(OpenError::Padding));
        assert_eq!(layout.judge(0, &[0; 24]), Err(OpenError::Padding));
        let padded_to_another_length = [[9; 23].as_slice(), &[2, 0]].concat();
        assert_eq!(layout.judge(0, &padded_to_another_length), Err(OpenError::RecordLength));
        padded[22..].copy_from_slice(&[9, 2]);
        assert_eq!(layout.judge(0, &padded), Ok(23));
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_record_by_record(plain in proptest::collection::vec(any::<u8>(), 0..400)) {
            let (mut sealed, layout) = sealed(&plain);
            let opener = Opener::new(&key(1), &sealed[..21], layout).unwrap();
            for index in (0..layout.records()).rev() {
                let place = layout.cipher_range(index).unwrap();
                let opened = opener.open(index, &mut sealed[place.start as usize..place.end as usize]).unwrap();
                let wanted = layout.plain_range(index).unwrap();
                prop_assert_eq!(opened, &plain[wanted.start as usize..wanted.end as usize]);
            }
        }

        #[test]
        fn pieces_and_the_whole_seal_alike(plain in proptest::collection::vec(any::<u8>(), 0..400), piece in 1..90usize) {
            let (whole, layout) = sealed(&plain);
            let mut sealer = Sealer::new(&key(1), [2; 16], layout.record_size()).unwrap();
            let mut out = Vec::new();
            for piece in plain.chunks(piece) {
                sealer.push(piece, &mut out).unwrap();
            }
            prop_assert_eq!(sealer.finish(&mut out).unwrap(), layout);
            prop_assert_eq!(out, whole);
        }

        #[test]
        fn a_file_cut_anywhere_is_refused(plain in proptest::collection::vec(any::<u8>(), 0..200), cut in any::<proptest::sample::Index>()) {
            let (sealed, _) = sealed(&plain);
            let cut = &sealed[..cut.index(sealed.len())];
            prop_assert!(open_whole(cut, &key(1)).is_err());
        }

        #[test]
        fn one_changed_bit_never_changes_what_is_heard(plain in proptest::collection::vec(any::<u8>(), 0..200), at in any::<proptest::sample::Index>(), bit in 0..8u8) {
            let (mut sealed, _) = sealed(&plain);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            // A file of one record opens under any record size that it fits: nothing else in the header is forgiving.
            if let Ok(opened) = open_whole(&sealed, &key(1)) {
                prop_assert_eq!(opened.as_slice(), plain.as_slice());
            }
        }

        #[test]
        fn hostile_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(open_whole(&bytes, &key(1)).is_err());
        }
    }
}
