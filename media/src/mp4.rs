//! MP4 (ISO/IEC 14496-12): boxes of size, type and content; whole files and fragmented ones.

use sync_core::instant::Span;

use super::found::{MediaType, NotRecognised, Recognised, span};

// Brands begin so in files that browsers play. QuickTime's own ("qt  ") and the picture formats are not among them.
const BRANDS: [&[u8]; 6] = [b"iso", b"mp4", b"M4A", b"M4V", b"avc", b"dash"];

// `tfhd` and `trun`: which optional fields are there.
const BASE_OFFSET: u32 = 0x1;
const DESCRIPTION: u32 = 0x2;
const DEFAULT_DURATION: u32 = 0x8;
const DATA_OFFSET: u32 = 0x1;
const FIRST_FLAGS: u32 = 0x4;
const EACH_DURATION: u32 = 0x100;

/// More tracks than a clip has; a bound on what hostile bytes can make the reader remember.
const MAX_TRACKS: usize = 8;

#[derive(Default)]
struct Movie {
    tracks: [Track; MAX_TRACKS],
    count: usize,
    duration: Option<Span>,
    fragmented: bool,
}

#[derive(Default, Clone, Copy)]
struct Track {
    id: u32,
    audio: bool,
    video: bool,
    per_second: u64,
    /// How long it is, as its header says.
    units: u64,
    /// How much sound or picture there must be, by its table.
    sample_bytes: u64,
    /// How long its fragments last together.
    fragments: u64,
    default_duration: u64,
}

pub(super) fn looks_so(bytes: &[u8]) -> bool {
    bytes.get(4..8).is_some_and(|kind| kind == b"ftyp")
}

pub(super) fn read(bytes: &[u8]) -> Result<Recognised, NotRecognised> {
    let (mut movie, mut media_bytes) = (None, 0u64);
    for part in Boxes(bytes) {
        let (kind, body) = part?;
        match kind {
            b"ftyp"
                if !body.chunks_exact(4).any(|brand| BRANDS.iter().any(|known| brand.starts_with(known))) =>
            {
                return Err(NotRecognised::NotMedia);
            }
            b"moov" if movie.is_none() => movie = Some(Movie::read(body)?),
            b"moof" => movie.as_mut().ok_or(NotRecognised::NotMedia)?.fragment(body)?,
            b"mdat" => media_bytes += body.len() as u64,
            _ => {}
        }
    }
    // Boxes that are whole and say nothing of tracks: the movie box, written last, is missing.
    let movie = movie.ok_or(NotRecognised::Truncated)?;
    let sample_bytes = movie.tracks.iter().fold(0, |sum: u64, track| sum.saturating_add(track.sample_bytes));
    if sample_bytes > media_bytes {
        return Err(NotRecognised::Truncated);
    }
    movie.judge()
}

impl Movie {
    fn read(body: &[u8]) -> Result<Self, NotRecognised> {
        let mut movie = Self::default();
        for part in Boxes(body) {
            match part? {
                (b"mvhd", header) => {
                    let (per_second, units) = time(header).ok_or(NotRecognised::NotMedia)?;
                    movie.duration = Some(span(units, per_second)).filter(|duration| *duration != Span::ZERO);
                }
                (b"trak", track) => movie.track(track)?,
                _ => {}
            }
        }
        // Some writers put them before the tracks that they speak of.
        for part in Boxes(body) {
            if let (b"mvex", defaults) = part? {
                movie.defaults(defaults)?;
            }
        }
        Ok(movie)
    }

    fn track(&mut self, body: &[u8]) -> Result<(), NotRecognised> {
        let track = self.tracks.get_mut(self.count).ok_or(NotRecognised::NotMedia)?;
        self.count += 1;
        for part in Boxes(body) {
            match part? {
                // After version, flags and two instants of four or eight bytes.
                (b"tkhd", header) => {
                    let at = if header.first() == Some(&1) { 20 } else { 12 };
                    track.id = u32_at(header, at).ok_or(NotRecognised::NotMedia)?;
                }
                (b"mdia", media) => {
                    for part in Boxes(media) {
                        match part? {
                            (b"mdhd", header) => {
                                let (per_second, units) = time(header).ok_or(NotRecognised::NotMedia)?;
                                (track.per_second, track.units) = (per_second, units);
                            }
                            (b"hdlr", handler) => {
                                track.audio |= handler.get(8..12) == Some(b"soun");
                                track.video |= handler.get(8..12) == Some(b"vide");
                            }
                            (b"minf", information) => track.sample_bytes = sample_bytes(information)?,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn defaults(&mut self, body: &[u8]) -> Result<(), NotRecognised> {
        for part in Boxes(body) {
            if let (b"trex", defaults) = part?
                && let (Some(id), Some(each)) = (u32_at(defaults, 4), u32_at(defaults, 12))
                && let Some(track) = self.tracks.iter_mut().find(|track| track.id == id)
            {
                track.default_duration = u64::from(each);
            }
        }
        Ok(())
    }

    fn fragment(&mut self, body: &[u8]) -> Result<(), NotRecognised> {
        self.fragmented = true;
        for part in Boxes(body) {
            if let (b"traf", fragment) = part? {
                self.track_fragment(fragment)?;
            }
        }
        Ok(())
    }

    fn track_fragment(&mut self, body: &[u8]) -> Result<(), NotRecognised> {
        let (mut at, mut each) = (None, 0);
        for part in Boxes(body) {
            match part? {
                (b"tfhd", header) => {
                    let (flags, id) =
                        u32_at(header, 0).zip(u32_at(header, 4)).ok_or(NotRecognised::NotMedia)?;
                    at = self.tracks.iter().position(|track| track.id == id);
                    each = at.map_or(0, |at| self.tracks[at].default_duration);
                    if flags & DEFAULT_DURATION != 0 {
                        let skipped = if flags & BASE_OFFSET == 0 { 0 } else { 8 }
                            + if flags & DESCRIPTION == 0 { 0 } else { 4 };
                        each = u32_at(header, 8 + skipped).map(u64::from).ok_or(NotRecognised::NotMedia)?;
                    }
                }
                (b"trun", run) => {
                    let track = at.and_then(|at| self.tracks.get_mut(at)).ok_or(NotRecognised::NotMedia)?;
                    let units = run_length(run, each).ok_or(NotRecognised::NotMedia)?;
                    track.fragments = track.fragments.saturating_add(units);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn judge(&self) -> Result<Recognised, NotRecognised> {
        let media_type = match (self.tracks.iter().any(|t| t.video), self.tracks.iter().any(|t| t.audio)) {
            (true, _) => MediaType::VideoMp4,
            (false, true) => MediaType::AudioMp4,
            (false, false) => return Err(NotRecognised::NotMedia),
        };
        let played = || self.tracks.iter().filter(|track| track.audio || track.video);
        if played().any(|track| track.per_second == 0) {
            return Err(NotRecognised::NotMedia);
        }
        let longest =
            played().map(|track| span(track.length(), track.per_second)).max().unwrap_or(Span::ZERO);
        // The movie's own time knows of edits. Of fragments that came after it, it knows nothing, or all, or leaves it at zero.
        let duration = match self.duration {
            Some(duration) if self.fragmented => duration.max(longest),
            duration => duration.unwrap_or(longest),
        };
        Ok(Recognised { media_type, duration })
    }
}

impl Track {
    /// The header counts what the movie box itself has; where that is nothing, it may count the fragments.
    fn length(&self) -> u64 {
        let own = if self.sample_bytes > 0 { self.units } else { 0 };
        self.units.max(own.saturating_add(self.fragments))
    }
}

/// Time scale and duration of `mvhd` and `mdhd`: after two instants, four bytes each or eight in version 1. None if a second
/// has no units.
fn time(header: &[u8]) -> Option<(u64, u64)> {
    let (per_second, units) = if header.first() == Some(&1) {
        let units = u64::from(u32_at(header, 24)?) << 32 | u64::from(u32_at(header, 28)?);
        (u32_at(header, 20)?, if units == u64::MAX { 0 } else { units })
    } else {
        let units = u32_at(header, 16)?;
        (u32_at(header, 12)?, if units == u32::MAX { 0 } else { u64::from(units) })
    };
    (per_second > 0).then_some((u64::from(per_second), units))
}

/// The sum of a track's samples' sizes, from its table.
fn sample_bytes(information: &[u8]) -> Result<u64, NotRecognised> {
    let mut bytes = 0u64;
    for part in Boxes(information) {
        let (b"stbl", tables) = part? else { continue };
        for part in Boxes(tables) {
            let (b"stsz", sizes) = part? else { continue };
            let (same, count) = u32_at(sizes, 4).zip(u32_at(sizes, 8)).ok_or(NotRecognised::NotMedia)?;
            bytes = if same > 0 {
                u64::from(same).saturating_mul(u64::from(count))
            } else {
                let sizes = sizes.get(12..).unwrap_or_default().as_chunks::<4>().0;
                sizes.iter().map(|size| u64::from(u32::from_be_bytes(*size))).sum()
            };
        }
    }
    Ok(bytes)
}

/// How long the samples of one run last: each its own time, or all the same.
fn run_length(run: &[u8], each: u64) -> Option<u64> {
    let (flags, count) = (u32_at(run, 0)? & 0x00ff_ffff, u32_at(run, 4)?);
    if flags & EACH_DURATION == 0 {
        return Some(each.saturating_mul(u64::from(count)));
    }
    let start =
        8 + if flags & DATA_OFFSET == 0 { 0 } else { 4 } + if flags & FIRST_FLAGS == 0 { 0 } else { 4 };
    // Duration, size, flags and composition offset: four bytes each, those that the flags name; duration comes first.
    let sample = 4 * (flags >> 8 & 0xf).count_ones() as usize;
    let samples = run.get(start..)?.chunks_exact(sample).take(usize::try_from(count).ok()?);
    Some(samples.filter_map(|sample| u32_at(sample, 0)).map(u64::from).sum())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_be_bytes(*chunk))
}

/// The boxes that lie one after the other; an error ends them.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<(&'a [u8; 4], &'a [u8]), NotRecognised>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let part = split_box(self.0);
        self.0 = part.map_or(&[], |(_, _, rest)| rest);
        Some(part.map(|(kind, body, _)| (kind, body)))
    }
}

type Split<'a> = (&'a [u8; 4], &'a [u8], &'a [u8]);

fn split_box(bytes: &[u8]) -> Result<Split<'_>, NotRecognised> {
    let (size, rest) = bytes.split_first_chunk::<4>().ok_or(NotRecognised::Truncated)?;
    let (kind, rest) = rest.split_first_chunk::<4>().ok_or(NotRecognised::Truncated)?;
    let (len, rest) = match u32::from_be_bytes(*size) {
        0 => (rest.len() as u64, rest),
        1 => {
            let (size, rest) = rest.split_first_chunk::<8>().ok_or(NotRecognised::Truncated)?;
            (u64::from_be_bytes(*size).checked_sub(16).ok_or(NotRecognised::NotMedia)?, rest)
        }
        size => (u64::from(size.checked_sub(8).ok_or(NotRecognised::NotMedia)?), rest),
    };
    let len = usize::try_from(len).map_err(|_| NotRecognised::Truncated)?;
    let (body, rest) = rest.split_at_checked(len).ok_or(NotRecognised::Truncated)?;
    Ok((kind, body, rest))
}
