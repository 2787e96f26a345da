//! Which bytes of a sealed clip hold which bytes of the plain one.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::cipher::{DELIMITER_LEN, TAG_LEN};

/// What a record has beside plaintext: delimiter and tag.
const OVERHEAD: u64 = (DELIMITER_LEN + TAG_LEN) as u64;

/// The size of a sealed record in bytes, within the bounds that Refrain reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RecordSize(u32);

/// Where everything lies in one sealed clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    record_size: RecordSize,
    plain_len: u64,
    cipher_len: u64,
    records: u64,
}

/// Why numbers make no layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// The record size is below 18 or above 1,048,593 bytes.
    #[error("the record size is out of bounds")]
    RecordSize,
    /// No clip of this record size has this length.
    #[error("no clip has this length")]
    Length,
}

impl RecordSize {
    /// 65,536 bytes of plaintext a record.
    pub const DEFAULT: Self = Self(65_536 + 17);

    // RFC 8188 section 2: 18 is the smallest that carries a byte. The upper bound is ours: a reader buffers one record,
    // and a phone must not be told to buffer four gigabytes.
    const MIN: u32 = 18;
    const MAX: u32 = 1_048_576 + 17;

    /// Takes a size in bytes.
    ///
    /// # Errors
    /// [`LayoutError::RecordSize`] when it is below 18 or above 1,048,593.
    pub const fn new(bytes: u32) -> Result<Self, LayoutError> {
        if bytes < Self::MIN || bytes > Self::MAX { Err(LayoutError::RecordSize) } else { Ok(Self(bytes)) }
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        self.0
    }

    /// How much plaintext a full record carries.
    #[must_use]
    pub const fn plain(self) -> u32 {
        self.0 - OVERHEAD as u32
    }
}

impl TryFrom<u32> for RecordSize {
    type Error = LayoutError;
    fn try_from(bytes: u32) -> Result<Self, LayoutError> {
        Self::new(bytes)
    }
}

impl From<RecordSize> for u32 {
    fn from(size: RecordSize) -> Self {
        size.0
    }
}

impl Layout {
    /// How long the header of a clip is: salt, record size and an empty key id.
    pub const HEADER_LEN: usize = 21;

    /// Lays out a clip of `plain_len` bytes.
    ///
    /// # Errors
    /// [`LayoutError::Length`] when the sealed length does not fit 64 bits.
    pub fn of_plain(plain_len: u64, record_size: RecordSize) -> Result<Self, LayoutError> {
        // Even an empty clip has one record: the one that says that it is the last.
        let records = plain_len.div_ceil(u64::from(record_size.plain())).max(1);
        let cipher_len = records
            .checked_mul(OVERHEAD)
            .and_then(|overhead| overhead.checked_add(plain_len))
            .and_then(|body| body.checked_add(Self::HEADER_LEN as u64))
            .ok_or(LayoutError::Length)?;
        Ok(Self { record_size, plain_len, cipher_len, records })
    }

    /// Finds the layout of a sealed clip of `cipher_len` bytes.
    ///
    /// # Errors
    /// [`LayoutError::Length`] when sealing never gives that length.
    pub fn of_cipher(cipher_len: u64, record_size: RecordSize) -> Result<Self, LayoutError> {
        let body = cipher_len.checked_sub(Self::HEADER_LEN as u64).ok_or(LayoutError::Length)?;
        let records = body.div_ceil(u64::from(record_size.0));
        let plain_len = body.checked_sub(records * OVERHEAD).ok_or(LayoutError::Length)?;
        let layout = Self::of_plain(plain_len, record_size)?;
        if layout.cipher_len == cipher_len { Ok(layout) } else { Err(LayoutError::Length) }
    }

    /// The size of a full record.
    #[must_use]
    pub const fn record_size(&self) -> RecordSize {
        self.record_size
    }

    /// How long the plain clip is.
    #[must_use]
    pub const fn plain_len(&self) -> u64 {
        self.plain_len
    }

    /// How long the sealed clip is, header included.
    #[must_use]
    pub const fn cipher_len(&self) -> u64 {
        self.cipher_len
    }

    /// How many records there are; never none.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// The records that hold a range of plaintext; none for a range that holds nothing. The range is cut to the clip.
    #[must_use]
    pub fn records_holding(&self, plain: Range<u64>) -> Range<u64> {
        let end = plain.end.min(self.plain_len);
        if plain.start >= end {
            return 0..0;
        }
        let each = u64::from(self.record_size.plain());
        plain.start / each..end.div_ceil(each)
    }

    /// The sealed bytes that hold a range of plaintext, whole records; empty for a range that holds nothing.
    #[must_use]
    pub fn cipher_holding(&self, plain: Range<u64>) -> Range<u64> {
        let records = self.records_holding(plain);
        match (
            records.end.checked_sub(1).and_then(|last| self.cipher_range(last)),
            self.cipher_range(records.start),
        ) {
            (Some(last), Some(first)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// Where a record lies in the sealed clip.
    #[must_use]
    pub fn cipher_range(&self, index: u64) -> Option<Range<u64>> {
        if index >= self.records {
            return None;
        }
        let size = u64::from(self.record_size.0);
        let start = Self::HEADER_LEN as u64 + index * size;
        Some(start..start.saturating_add(size).min(self.cipher_len))
    }

    /// Where a record's plaintext lies in the plain clip.
    #[must_use]
    pub fn plain_range(&self, index: u64) -> Option<Range<u64>> {
        if index >= self.records {
            return None;
        }
        let each = u64::from(self.record_size.plain());
        let start = index * each;
        Some(start..start.saturating_add(each).min(self.plain_len))
    }

    /// Whether a record is the one that must say that it is the last.
    #[must_use]
    pub const fn is_last(&self, index: u64) -> bool {
        index + 1 == self.records
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_clip_that_fills_its_records_has_no_empty_last_one() {
        let layout = Layout::of_plain(131_072, RecordSize::DEFAULT).unwrap();
        assert_eq!((layout.records(), layout.cipher_len()), (2, 21 + 131_072 + 34));
        assert_eq!(layout.cipher_range(2), None);
    }

    #[test]
    fn an_empty_clip_has_one_record_that_is_the_last() {
        let layout = Layout::of_plain(0, RecordSize::DEFAULT).unwrap();
        assert_eq!((layout.records(), layout.cipher_len(), layout.is_last(0)), (1, 38, true));
        assert_eq!(layout.records_holding(0..10), 0..0);
        assert_eq!(layout.cipher_holding(0..10), 0..0);
    }

    #[test]
    fn record_sizes_out_of_bounds_are_refused() {
        for bytes in [0, 17, 1_048_594, u32::MAX] {
            assert_eq!(RecordSize::new(bytes), Err(LayoutError::RecordSize));
        }
        assert!(RecordSize::new(18).is_ok());
    }

    proptest! {
        #[test]
        fn the_sealed_length_gives_the_layout_back(plain_len in 0..u64::MAX / 32, size in 18..1_048_594u32) {
            let size = RecordSize::new(size).unwrap();
            let layout = Layout::of_plain(plain_len, size).unwrap();
            prop_assert_eq!(Layout::of_cipher(layout.cipher_len(), size), Ok(layout));
        }

        #[test]
        fn any_length_whatever_is_answered_without_panic(len in any::<u64>(), from in any::<u64>(), to in any::<u64>(), size in 18..1_048_594u32) {
            let size = RecordSize::new(size).unwrap();
            for layout in [Layout::of_cipher(len, size), Layout::of_plain(len, size)].into_iter().flatten() {
                let _ = layout.cipher_holding(from..to);
                let _ = layout.plain_range(from);
                let _ = layout.cipher_range(to);
            }
        }

        #[test]
        fn records_tile_both_sides_without_gap(plain_len in 0..5_000u64, size in 18..200u32) {
            let layout = Layout::of_plain(plain_len, RecordSize::new(size).unwrap()).unwrap();
            let (mut plain, mut cipher) = (0, Layout::HEADER_LEN as u64);
            for index in 0..layout.records() {
                let (p, c) = (layout.plain_range(index).unwrap(), layout.cipher_range(index).unwrap());
                prop_assert_eq!((p.start, c.start), (plain, cipher));
                prop_assert_eq!(c.end - c.start, p.end - p.start + OVERHEAD);
                (plain, cipher) = (p.end, c.end);
            }
            prop_assert_eq!((plain, cipher), (layout.plain_len(), layout.cipher_len()));
        }

        #[test]
        fn the_records_named_for_a_range_hold_it(plain_len in 1..5_000u64, size in 18..200u32, from in 0..5_000u64, len in 1..500u64) {
            let layout = Layout::of_plain(plain_len, RecordSize::new(size).unwrap()).unwrap();
            let records = layout.records_holding(from..from + len);
            if from >= plain_len {
                prop_assert_eq!(records, 0..0);
            } else {
                let first = layout.plain_range(records.start).unwrap();
                let last = layout.plain_range(records.end - 1).unwrap();
                prop_assert!(first.contains(&from));
                prop_assert!(last.contains(&((from + len).min(plain_len) - 1)));
            }
        }
    }
}
