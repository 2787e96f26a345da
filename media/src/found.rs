//! The answers of a reader: the type of the media, its length, or why it is none.

use strum::{IntoStaticStr, VariantArray};
use sync_core::instant::Span;
use thiserror::Error;

/// The kinds of media that companions play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub enum MediaType {
    /// WAV with PCM, float, A-law or µ-law samples.
    #[strum(serialize = "audio/wav")]
    AudioWav,
    /// MPEG audio layer III.
    #[strum(serialize = "audio/mpeg")]
    AudioMpeg,
    /// MP4 without picture.
    #[strum(serialize = "audio/mp4")]
    AudioMp4,
    /// Ogg with Opus or Vorbis.
    #[strum(serialize = "audio/ogg")]
    AudioOgg,
    /// WebM without picture.
    #[strum(serialize = "audio/webm")]
    AudioWebm,
    /// MP4 with picture.
    #[strum(serialize = "video/mp4")]
    VideoMp4,
    /// WebM with picture.
    #[strum(serialize = "video/webm")]
    VideoWebm,
}

/// How long media may last. No session lasts so long, and a length that is made up need not fit any number of the server's.
pub const LONGEST: Span = Span::from_days(1);

/// What an upload turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    /// Its kind.
    pub media_type: MediaType,
    /// How long it lasts: never zero, and [`LONGEST`] at most.
    pub duration: Span,
}

/// Why an upload is no clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotRecognised {
    /// No audio or video that Refrain knows, or one that lasts no time or longer than [`LONGEST`].
    #[error("no audio or video that is known")]
    NotMedia,
    /// Known media that says it is longer than what is here.
    #[error("the media is not whole")]
    Truncated,
}

/// The time that `units` of `per_second` take, in whole milliseconds.
pub(super) fn span(units: u64, per_second: u64) -> Span {
    let millis = u128::from(units) * 1_000 / u128::from(per_second.max(1));
    Span::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
