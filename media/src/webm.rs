//! WebM (RFC 8794, RFC 9559): elements of id, size and data.
//!
//! Segments and clusters of a recording that was never finished have no size. The walk therefore
//! keeps no stack: it steps into the elements that hold the facts it needs and over all others, one
//! after the other, as they lie.

use sync_core::instant::Span;

use super::found::{MediaType, NotRecognised, Recognised};

const EBML: u64 = 0x1a45_dfa3;
const DOC_TYPE: u64 = 0x4282;
const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_a966;
const TIMESTAMP_SCALE: u64 = 0x002a_d7b1;
const DURATION: u64 = 0x4489;
const TRACKS: u64 = 0x1654_ae6b;
const TRACK_ENTRY: u64 = 0xae;
const TRACK_TYPE: u64 = 0x83;
const CLUSTER: u64 = 0x1f43_b675;
const TIMESTAMP: u64 = 0xe7;
const SIMPLE_BLOCK: u64 = 0xa3;
const BLOCK_GROUP: u64 = 0xa0;
const BLOCK: u64 = 0xa1;
const BLOCK_DURATION: u64 = 0x9b;

#[derive(Default)]
struct Found {
    webm: bool,
    segment: bool,
    audio: bool,
    video: bool,
    scale: Option<u64>,
    duration: Option<f64>,
    cluster: u64,
    block: u64,
    end: u64,
}

pub(super) fn looks_so(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1a, 0x45, 0xdf, 0xa3])
}

pub(super) fn read(bytes: &[u8]) -> Result<Recognised, NotRecognised> {
    let (mut rest, mut found) = (bytes, Found::default());
    while !rest.is_empty() {
        let (id, _, after_id) = number(rest)?;
        let (size, body) = size_of(after_id)?;
        let steps_in = matches!(id, EBML | SEGMENT | INFO | TRACKS | TRACK_ENTRY | CLUSTER | BLOCK_GROUP);
        rest = match size {
            // Checked although it is stepped into: a segment knows that its end is missing.
            Some(size) if steps_in && size <= body.len() as u64 => body,
            None if matches!(id, SEGMENT | CLUSTER) => body,
            None => return Err(NotRecognised::NotMedia),
            Some(size) => {
                let size = usize::try_from(size).map_err(|_| NotRecognised::Truncated)?;
                let (data, after) = body.split_at_checked(size).ok_or(NotRecognised::Truncated)?;
                found.take(id, data);
                after
            }
        };
        found.segment |= id == SEGMENT;
        if found.segment && !found.webm {
            return Err(NotRecognised::NotMedia);
        }
    }
    found.judge()
}

impl Found {
    fn take(&mut self, id: u64, data: &[u8]) {
        match id {
            DOC_TYPE => self.webm = data.strip_suffix(&[0]).unwrap_or(data) == b"webm",
            TIMESTAMP_SCALE => self.scale = Some(unsigned(data)),
            DURATION => self.duration = float(data),
            TRACK_TYPE => match unsigned(data) {
                1 => self.video = true,
                2 => self.audio = true,
                _ => {}
            },
            TIMESTAMP => self.cluster = unsigned(data),
            SIMPLE_BLOCK | BLOCK => {
                // Track number, then the time after the cluster's, two bytes and signed.
                let Ok((_, _, [high, low, ..])) = number(data) else { return };
                let after = i64::from(i16::from_be_bytes([*high, *low]));
                self.block = self.cluster.saturating_add_signed(after);
                self.end = self.end.max(self.block);
            }
            BLOCK_DURATION => self.end = self.end.max(self.block.saturating_add(unsigned(data))),
            _ => {}
        }
    }

    fn judge(self) -> Result<Recognised, NotRecognised> {
        if !self.webm {
            return Err(NotRecognised::NotMedia);
        }
        let media_type = match (self.video, self.audio) {
            (true, _) => MediaType::VideoWebm,
            (false, true) => MediaType::AudioWebm,
            (false, false) => return Err(NotRecognised::Truncated),
        };
        // One tick is a millisecond unless the file says otherwise.
        let nanos_per_tick = self.scale.unwrap_or(1_000_000);
        let ticks = self.duration.filter(|ticks| ticks.is_finite() && *ticks > 0.0);
        let millis = match ticks {
            Some(ticks) => (ticks * nanos_per_tick as f64 / 1e6) as u64,
            // A recording that was never finished lasts until its last block begins; what a block lasts is not said.
            None => (u128::from(self.end) * u128::from(nanos_per_tick) / 1_000_000).min(u128::from(u64::MAX))
                as u64,
        };
        Ok(Recognised { media_type, duration: Span::from_millis(millis) })
    }
}

/// A number of one to eight bytes whose first bit set tells its length (RFC 8794 section 4), that bit included.
fn number(bytes: &[u8]) -> Result<(u64, u32, &[u8]), NotRecognised> {
    let first = bytes.first().ok_or(NotRecognised::Truncated)?;
    let len = first.leading_zeros() + 1;
    if len > 8 {
        return Err(NotRecognised::NotMedia);
    }
    let (digits, rest) = bytes.split_at_checked(len as usize).ok_or(NotRecognised::Truncated)?;
    Ok((unsigned(digits), len, rest))
}

/// An element's size; `None` when all its bits are set, which means that nobody knew.
fn size_of(bytes: &[u8]) -> Result<(Option<u64>, &[u8]), NotRecognised> {
    let (marked, len, rest) = number(bytes)?;
    let all = (1u64 << (7 * len)) - 1;
    let size = marked & all;
    Ok(((size != all).then_some(size), rest))
}

fn unsigned(data: &[u8]) -> u64 {
    data.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn float(data: &[u8]) -> Option<f64> {
    match data.len() {
        4 => data.try_into().ok().map(|bytes| f64::from(f32::from_be_bytes(bytes))),
        8 => data.try_into().ok().map(f64::from_be_bytes),
        _ => None,
    }
}
