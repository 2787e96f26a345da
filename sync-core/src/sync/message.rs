//! A sync message, measured before automerge makes anything of it.
//!
//! Automerge reads every list of a message as long as it says it is: an item of one or two bytes becomes a structure of
//! dozens. It divides by the number of a Bloom filter's bits, and makes room for as many probes as a filter names: one of
//! no bits would panic, one of four thousand million probes would take all memory. And a change that a message asks for
//! ten thousand times it sends ten thousand times. So the raw bytes are walked here first.
//!
//! The layout is that of automerge's sync messages: type, heads, needs, for each `have` its last sync and its filter, then
//! chunks, and flags perhaps. Lists and byte strings begin with their length in LEB128.

use automerge::{ChangeHash, sync::Message};

/// How many hashes one list of a message may hold: heads, needs, the heads of a last sync.
pub(crate) const MAX_HASHES: u64 = 1_024;
/// How many filters a message may carry; automerge writes one.
pub(crate) const MAX_FILTERS: u64 = 4;
/// How many bytes all filters of a message may have together: enough for two hundred thousand changes.
pub(crate) const MAX_FILTER_BYTES: u64 = 256 * 1_024;
/// How many probes a filter may have; automerge writes seven.
const MAX_PROBES: u64 = 32;
/// A chunk is no shorter than its header: magic, checksum, type and length.
const MIN_CHUNK_BYTES: u64 = 10;

/// Why a message is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Not a sync message.
    Malformed,
    /// One of its lists, or its filters together, are longer than they may be.
    TooLarge,
}

/// Reads a message within the bounds, each list of hashes in order and without repetition.
pub(super) fn read(bytes: &[u8]) -> Result<Message, Unreadable> {
    Reader(bytes).message()?;
    let mut message = Message::decode(bytes).map_err(|_| Unreadable::Malformed)?;
    sort(&mut message.heads);
    sort(&mut message.need);
    message.have.iter_mut().for_each(|have| sort(&mut have.last_sync));
    Ok(message)
}

fn sort(hashes: &mut Vec<ChangeHash>) {
    hashes.sort_unstable();
    hashes.dedup();
}

/// How many bytes automerge keeps of a message until the next one.
pub(super) fn kept_bytes(message: &Message) -> usize {
    let have = |have: &automerge::sync::Have| have.last_sync.len() * 32 + have.bloom.to_bytes().len();
    (message.heads.len() + message.need.len()) * 32 + message.have.iter().map(have).sum::<usize>()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn message(mut self) -> Result<(), Unreadable> {
        self.take(1)?;
        self.hashes()?;
        self.hashes()?;
        let filters = self.number()?;
        if filters > MAX_FILTERS {
            return Err(Unreadable::TooLarge);
        }
        let mut filter_bytes = 0;
        for _ in 0..filters {
            self.hashes()?;
            let filter = self.bytes()?;
            filter_bytes += filter.len() as u64;
            if filter_bytes > MAX_FILTER_BYTES {
                return Err(Unreadable::TooLarge);
            }
            Self(filter).filter()?;
        }
        for _ in 0..self.number()? {
            if (self.bytes()?.len() as u64) < MIN_CHUNK_BYTES {
                return Err(Unreadable::Malformed);
            }
        }
        if !self.0.is_empty() {
            self.bytes()?;
        }
        Ok(())
    }

    /// A filter is its number of entries, bits an entry and probes, and just as many bits; or nothing at all.
    fn filter(mut self) -> Result<(), Unreadable> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (entries, bits, probes) = (self.number()?, self.number()?, self.number()?);
        let bytes = entries.checked_mul(bits).map(|bits| bits.div_ceil(8));
        // Counted, not looked at: bytes that are no bits of the filter would hide that it has none.
        if probes > MAX_PROBES || self.0.is_empty() || bytes != Some(self.0.len() as u64) {
            return Err(Unreadable::Malformed);
        }
        Ok(())
    }

    fn hashes(&mut self) -> Result<(), Unreadable> {
        let hashes = self.number()?;
        if hashes > MAX_HASHES {
            return Err(Unreadable::TooLarge);
        }
        self.take(hashes * 32).map(|_| ())
    }

    fn bytes(&mut self) -> Result<&'a [u8], Unreadable> {
        let len = self.number()?;
        self.take(len)
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], Unreadable> {
        let len = usize::try_from(len).map_err(|_| Unreadable::Malformed)?;
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Unreadable::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Unreadable::Malformed)
    }
}
