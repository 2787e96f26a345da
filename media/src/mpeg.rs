//! MPEG audio layer III: frames one after the other, with tags before and after.

use super::found::{MediaType, NotRecognised, Recognised, span};

// Kilobits a second, by the header's index; index 0 (free) and 15 (forbidden) are not read.
const RATES_1: [u64; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const RATES_2: [u64; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// What stays the same in all frames of one file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    version_1: bool,
    samples_per_second: u64,
}

struct Frame {
    kind: Kind,
    len: usize,
    mono: bool,
}

pub(super) fn read(bytes: &[u8]) -> Result<Recognised, NotRecognised> {
    let mut rest = skip_leading_tags(bytes)?;
    let tagged = rest.len() < bytes.len();
    if tagged {
        // Some writers leave room after a tag that its size does not count.
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        rest = rest.get(zeros..).unwrap_or_default();
    }
    let (mut kind, mut promised, mut frames) = (None, None, 0u64);
    let mut len = 0;
    while let Some(frame) = frame_at(rest) {
        if kind.is_some_and(|kind| kind != frame.kind) {
            return Err(NotRecognised::NotMedia);
        }
        let Some((body, after)) = rest.split_at_checked(frame.len) else {
            // Eleven bits prove little: one frame that runs past the end of a text is no sound.
            return Err(if frames > 0 { NotRecognised::Truncated } else { NotRecognised::NotMedia });
        };
        let first = kind.replace(frame.kind).is_none();
        match promise(&frame, body) {
            Some(promise) if first => promised = Some(promise),
            _ => frames += 1,
        }
        len += frame.len;
        rest = after;
    }
    let Some(kind) = kind else {
        return Err(if tagged && rest.is_empty() {
            NotRecognised::Truncated
        } else {
            NotRecognised::NotMedia
        });
    };
    if promised.is_some_and(|promised| !promised.is_kept(frames, len)) || (!rest.is_empty() && rest.len() < 4)
    {
        return Err(NotRecognised::Truncated);
    }
    if frames < 2 || !only_trailing_tags(rest) {
        return Err(NotRecognised::NotMedia);
    }
    let samples = frames.saturating_mul(samples_per_frame(kind));
    Ok(Recognised { media_type: MediaType::AudioMpeg, duration: span(samples, kind.samples_per_second) })
}

/// ID3v2 tags: "ID3", version, flags, and four bytes of seven bits for the size.
fn skip_leading_tags(mut bytes: &[u8]) -> Result<&[u8], NotRecognised> {
    while let Some(tag) = bytes.strip_prefix(b"ID3") {
        let (head, body) = tag.split_first_chunk::<7>().ok_or(NotRecognised::Truncated)?;
        let size = head[3..].iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
        let footer = if head[2] & 0x10 == 0 { 0 } else { 10 };
        bytes = body.get(size + footer..).ok_or(NotRecognised::Truncated)?;
    }
    Ok(bytes)
}

/// ID3v1, APE and Lyrics3 tags, and the zeros that some writers leave.
fn only_trailing_tags(rest: &[u8]) -> bool {
    rest.is_empty()
        || [b"TAG".as_slice(), b"APETAGEX", b"LYRICSBEGIN"].iter().any(|tag| rest.starts_with(tag))
        || rest.iter().all(|byte| *byte == 0)
}

fn frame_at(bytes: &[u8]) -> Option<Frame> {
    let [0xff, second, third, fourth, ..] = bytes else { return None };
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    if second >> 5 != 7 || version == 1 || layer != 1 {
        return None;
    }
    let version_1 = version == 3;
    let kilobits =
        *(if version_1 { RATES_1 } else { RATES_2 }).get(usize::from(third >> 4)).filter(|r| **r > 0)?;
    let halvings = match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    let samples_per_second = [44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))? >> halvings;
    let kind = Kind { version_1, samples_per_second };
    let padding = u64::from(third >> 1 & 1);
    let len = samples_per_frame(kind) / 8 * kilobits * 1_000 / samples_per_second + padding;
    Some(Frame { kind, len: usize::try_from(len).ok()?, mono: fourth >> 6 == 3 })
}

/// What a Xing or Info frame says of its file.
struct Promise {
    frames: u64,
    /// From this frame on.
    bytes: Option<u64>,
}

impl Promise {
    /// Whether so many frames after it, and so many bytes with it, are all that was promised.
    ///
    /// LAME and FFmpeg count the frames that follow, other writers their Xing frame, too. One frame less than promised is
    /// one of theirs, unless the bytes say that the last one was cut off.
    fn is_kept(&self, frames: u64, len: usize) -> bool {
        let is_whole = self.bytes.is_none_or(|bytes| usize::try_from(bytes).is_ok_and(|bytes| len >= bytes));
        frames >= self.frames || (frames + 1 == self.frames && is_whole)
    }
}

/// What the frame promises, where it is a Xing or Info frame.
fn promise(frame: &Frame, body: &[u8]) -> Option<Promise> {
    let side_information = match (frame.kind.version_1, frame.mono) {
        (true, false) => 32,
        (false, true) => 9,
        _ => 17,
    };
    let tag = body.get(4 + side_information..)?;
    let mut rest = tag.strip_prefix(b"Xing").or_else(|| tag.strip_prefix(b"Info"))?;
    let mut number = || {
        let (number, after) = rest.split_first_chunk()?;
        rest = after;
        Some(u64::from(u32::from_be_bytes(*number)))
    };
    let flags = number().unwrap_or(0);
    let frames = if flags & 1 == 0 { None } else { number() };
    let bytes = if flags & 2 == 0 { None } else { number() };
    Some(Promise { frames: frames.unwrap_or(0), bytes })
}

const fn samples_per_frame(kind: Kind) -> u64 {
    if kind.version_1 { 1_152 } else { 576 }
}
