//! Ogg (RFC 3533) with Opus (RFC 7845) or Vorbis.

use super::recognise::{MediaType, NotRecognised, Recognised, span};

const HEADER: usize = 27;
const FIRST: u8 = 2;
const LAST: u8 = 4;
/// A page on which no packet ends has no position.
const NO_POSITION: u64 = u64::MAX;

/// The one logical stream: how its positions become time.
struct Stream {
    serial: [u8; 4],
    per_second: u64,
    skipped: u64,
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
        if page_position != NO_POSITION {
            position = page_position;
        }
        ended = header[5] & LAST != 0;
        rest = after;
    }
    match (stream, ended) {
        (Some(stream), true) => {
            let duration = span(position.saturating_sub(stream.skipped), stream.per_second);
            Ok(Recognised { media_type: MediaType::AudioOgg, duration })
        }
        _ => Err(NotRecognised::Truncated),
    }
}

fn identify(serial: [u8; 4], first_packet: &[u8]) -> Result<Stream, NotRecognised> {
    if let Some(opus) = first_packet.strip_prefix(b"OpusHead") {
        let [_, _, skip_low, skip_high, ..] = opus else { return Err(NotRecognised::NotMedia) };
        let skipped = u64::from(u16::from_le_bytes([*skip_low, *skip_high]));
        // Positions count at 48 kHz whatever the input was (RFC 7845 section 4).
        return Ok(Stream { serial, per_second: 48_000, skipped });
    }
    if let Some(vorbis) = first_packet.strip_prefix(b"\x01vorbis") {
        let [_, _, _, _, _, r0, r1, r2, r3, ..] = vorbis else { return Err(NotRecognised::NotMedia) };
        let per_second = u64::from(u32::from_le_bytes([*r0, *r1, *r2, *r3]));
        return Ok(Stream { serial, per_second, skipped: 0 });
    }
    Err(NotRecognised::NotMedia)
}
