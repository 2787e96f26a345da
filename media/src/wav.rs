//! WAV: a RIFF form of chunks, `fmt ` and `data` among them. RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088) are the same with
//! their long sizes in a chunk of their own, `ds64`, which comes first; recorders write them also where they are short.

use super::found::{MediaType, NotRecognised, Recognised, span};

// The sample formats that browsers play: PCM, float, A-law, µ-law, and the extensible form that wraps them.
const PLAYED: [u16; 5] = [1, 3, 6, 7, 0xfffe];

const FORMS: [&[u8]; 3] = [b"RIFF", b"RF64", b"BW64"];
/// A size that does not fit: `ds64` has it.
const ELSEWHERE: u32 = u32::MAX;

pub(super) fn looks_so(bytes: &[u8]) -> bool {
    let is_form = FORMS.iter().any(|form| bytes.starts_with(form));
    is_form && bytes.get(8..12).is_none_or(|form| form == b"WAVE")
}

pub(super) fn read(bytes: &[u8]) -> Result<Recognised, NotRecognised> {
    let (_, mut rest) = bytes.split_at_checked(12).ok_or(NotRecognised::Truncated)?;
    let (mut frame, mut data, mut long) = (None, None, None);
    // The form's own size is not asked: recorders leave it at zero. The chunks say the same, piece by piece.
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let size = match (&head[..4], u32::from_le_bytes([head[4], head[5], head[6], head[7]])) {
            (b"data", ELSEWHERE) if long.is_some() => long.take().unwrap_or_default(),
            (_, size) => size as usize,
        };
        let (chunk, after) = body.split_at_checked(size).ok_or(NotRecognised::Truncated)?;
        match &head[..4] {
            b"fmt " => frame = Some(frames(chunk)?),
            b"ds64" if !bytes.starts_with(b"RIFF") => long = Some(data_size(chunk)?),
            b"data" => data = Some(size),
            _ => {}
        }
        // Chunks begin at even places; a last one of odd size may lack its pad.
        rest = after.get(size % 2..).unwrap_or_default();
    }
    let (Some((bytes_each, per_second)), Some(data), true) = (frame, data, rest.is_empty()) else {
        return Err(NotRecognised::Truncated);
    };
    let duration = span(data as u64 / bytes_each, per_second);
    Ok(Recognised { media_type: MediaType::AudioWav, duration })
}

/// The data chunk's size, after that of the form.
fn data_size(sizes: &[u8]) -> Result<usize, NotRecognised> {
    let size = sizes.get(8..16).and_then(|size| size.first_chunk::<8>()).ok_or(NotRecognised::NotMedia)?;
    usize::try_from(u64::from_le_bytes(*size)).map_err(|_| NotRecognised::Truncated)
}

/// Bytes of one frame (a sample for each channel), and frames a second.
fn frames(format: &[u8]) -> Result<(u64, u64), NotRecognised> {
    let format: &[u8; 16] = format.first_chunk().ok_or(NotRecognised::NotMedia)?;
    let tag = u16::from_le_bytes([format[0], format[1]]);
    let rate = u32::from_le_bytes([format[4], format[5], format[6], format[7]]);
    let bytes_each = u16::from_le_bytes([format[12], format[13]]);
    if !PLAYED.contains(&tag) || rate == 0 || bytes_each == 0 {
        return Err(NotRecognised::NotMedia);
    }
    Ok((u64::from(bytes_each), u64::from(rate)))
}
