//! Ogg (RFC 3533) with Opus (RFC 7845) or Vorbis.

use super::found::{MediaType, NotRecognised, Recognised, span};

const HEADER: usize = 27;
const FIRST: u8 = 2;
const LAST: u8 = 4;
/// A page on which no packet ends has no position.
const NO_POSITION: u64 = u64::MAX;

/// The one logical stream: how its positions become time.
struct Stream {
    serial: [u8; 4],
    opus: bool,
    per_second: u64,
    skipped: u64,
    start: Start,
}

/// Where an Opus stream begins: one that was cut out of a longer one goes on counting (RFC 7845 section 4.3).
#[derive(Default)]
struct Start {
    /// How many packets came to their end: the first two are headers.
    packets: u64,
    /// How long those of sound last that did, until a page has said where they end.
    samples: u64,
    /// The packet that the next page goes on with.
    open: Option<u64>,
    found: Option<u64>,
}

pub(super) fn looks_so(bytes: &[u8]) -> bool {
    bytes.starts_with(b"OggS")
}

pub(super) fn read(bytes: &[u8]) -> Result<Recognised, NotRecognised> {
    let (mut rest, mut stream, mut position, mut ended) = (bytes, None, 0, false);
    while !rest.is_empty() {
        if !rest.starts_with(&b"OggS"[..rest.len().min(4)]) {
            return Err(NotRecognised::NotMedia);
        }
        let (header, body) = rest.split_first_chunk::<HEADER>().ok_or(NotRecognised::Truncated)?;
        let (lacing, body) =
            body.split_at_checked(usize::from(header[26])).ok_or(NotRecognised::Truncated)?;
        let size = lacing.iter().map(|part| usize::from(*part)).sum();
        let (payload, after) = body.split_at_checked(size).ok_or(NotRecognised::Truncated)?;
        let [.., p0, p1, p2, p3, p4, p5, p6, p7, s0, s1, s2, s3] =
            header.first_chunk::<18>().ok_or(NotRecognised::Truncated)?;
        let page_position = u64::from_le_bytes([*p0, *p1, *p2, *p3, *p4, *p5, *p6, *p7]);
        let serial = [*s0, *s1, *s2, *s3];
        if header[5] & FIRST != 0 {
            // A second stream is a picture, a skeleton or another piece of music: nothing that a clip holds.
            if stream.is_some() {
                return Err(NotRecognised::NotMedia);
            }
            stream = Some(identify(serial, payload)?);
        }
        if stream.as_ref().is_none_or(|stream| stream.serial != serial) {
            return Err(NotRecognised::NotMedia);
        }
        if let Some(stream) = &mut stream {
            stream.start.page(lacing, payload, page_position);
        }
        if page_position != NO_POSITION {
            position = page_position;
        }
        ended = header[5] & LAST != 0;
        rest = after;
    }
    match (stream, ended) {
        (Some(stream), true) => {
            // Where Vorbis begins is told by its blocks alone, which nobody here reads.
            let start = if stream.opus { stream.start.found.unwrap_or(0) } else { 0 };
            let units = position.saturating_sub(start).saturating_sub(stream.skipped);
            let duration = span(units, stream.per_second);
            Ok(Recognised { media_type: MediaType::AudioOgg, duration })
        }
        _ => Err(NotRecognised::Truncated),
    }
}

impl Start {
    fn page(&mut self, lacing: &[u8], payload: &[u8], position: u64) {
        if self.found.is_some() {
            return;
        }
        let mut rest = payload;
        for packet in lacing.split_inclusive(|part| *part < 255) {
            let len = packet.iter().map(|part| usize::from(*part)).sum::<usize>();
            let (body, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            rest = after;
            let samples = self.open.take().unwrap_or_else(|| samples(body));
            if packet.last() == Some(&255) {
                self.open = Some(samples);
                break;
            }
            self.packets += 1;
            if self.packets > 2 {
                self.samples = self.samples.saturating_add(samples);
            }
        }
        if self.samples > 0 && position != NO_POSITION {
            self.found = Some(position.saturating_sub(self.samples));
        }
    }
}

/// How many samples an Opus packet holds, at 48 kHz, by its first two bytes (RFC 6716 section 3).
fn samples(packet: &[u8]) -> u64 {
    let Some((head, rest)) = packet.split_first() else { return 0 };
    let each = match head >> 3 {
        config @ 0..12 => [480, 960, 1_920, 2_880][usize::from(config & 3)],
        config @ 12..16 => [480, 960][usize::from(config & 1)],
        config => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match head & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => rest.first().map_or(0, |count| u64::from(count & 0x3f)),
    };
    each * frames
}

fn identify(serial: [u8; 4], first_packet: &[u8]) -> Result<Stream, NotRecognised> {
    if let Some(opus) = first_packet.strip_prefix(b"OpusHead") {
        let [_, _, skip_low, skip_high, ..] = opus else { return Err(NotRecognised::NotMedia) };
        let skipped = u64::from(u16::from_le_bytes([*skip_low, *skip_high]));
        // Positions count at 48 kHz whatever the input was (RFC 7845 section 4).
        return Ok(Stream { serial, opus: true, per_second: 48_000, skipped, start: Start::default() });
    }
    if let Some(vorbis) = first_packet.strip_prefix(b"\x01vorbis") {
        let [_, _, _, _, _, r0, r1, r2, r3, ..] = vorbis else { return Err(NotRecognised::NotMedia) };
        let per_second = u64::from(u32::from_le_bytes([*r0, *r1, *r2, *r3]));
        if per_second == 0 {
            return Err(NotRecognised::NotMedia);
        }
        return Ok(Stream { serial, opus: false, per_second, skipped: 0, start: Start::default() });
    }
    Err(NotRecognised::NotMedia)
}
