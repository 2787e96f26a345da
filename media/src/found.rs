//! The answers of a reader: the type of the media, its length, or why it is none.

use sync_core::instant::Span;
use thiserror::Error;

/// The kinds of media that companions play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// WAV with PCM, float, A-law or µ-law samples.
    AudioWav,
    /// MPEG audio layer III.
    AudioMpeg,
    /// MP4 without picture.
    AudioMp4,
    /// Ogg with Opus or Vorbis.
    AudioOgg,
    /// WebM without picture.
    AudioWebm,
    /// MP4 with picture.
    VideoMp4,
    /// WebM with picture.
    VideoWebm,
}

impl MediaType {
    const ALL: [Self; 7] = [
        Self::AudioWav,
        Self::AudioMpeg,
        Self::AudioMp4,
        Self::AudioOgg,
        Self::AudioWebm,
        Self::VideoMp4,
        Self::VideoWebm,
    ];

    /// The name in HTTP, JSON and storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AudioWav => "audio/wav",
            Self::AudioMpeg => "audio/mpeg",
            Self::AudioMp4 => "audio/mp4",
            Self::AudioOgg => "audio/ogg",
            Self::AudioWebm => "audio/webm",
            Self::VideoMp4 => "video/mp4",
            Self::VideoWebm => "video/webm",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// What an upload turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    /// Its kind.
    pub media_type: MediaType,
    /// How long it lasts; never zero.
    pub duration: Span,
}

/// Why an upload is no clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotRecognised {
    /// No audio or video that Refrain knows, or one that lasts no time.
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
