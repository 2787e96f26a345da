//! Recognises audio and video by content, never by name or header.
//!
//! Every reader walks the container's own structure over the borrowed bytes: it copies nothing,
//! allocates nothing and moves forward with each step, so that hostile bytes cost one pass at most.
//! It reads no sound and no tags. It finds three facts that must be known before a clip is sealed:
//! the type that a player is told, how long it lasts, and whether the file is whole. Otherwise a
//! client, offline, would be the first to find that a clip was cut off on its way.

use sync_core::instant::Span;

use super::{
    found::{LONGEST, NotRecognised, Recognised},
    mp4, mpeg, ogg, wav, webm,
};

/// Recognises a whole file.
///
/// # Errors
/// [`NotRecognised`]; every cut that the container lets anyone see is [`NotRecognised::Truncated`].
pub fn recognise(bytes: &[u8]) -> Result<Recognised, NotRecognised> {
    let recognised = if wav::looks_so(bytes) {
        wav::read(bytes)
    } else if ogg::looks_so(bytes) {
        ogg::read(bytes)
    } else if webm::looks_so(bytes) {
        webm::read(bytes)
    } else if mp4::looks_so(bytes) {
        mp4::read(bytes)
    } else {
        // Last: layer III has no signature but a frame's first eleven bits.
        mpeg::read(bytes)
    }?;
    let lasts = recognised.duration > Span::ZERO && recognised.duration <= LONGEST;
    lasts.then_some(recognised).ok_or(NotRecognised::NotMedia)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::MediaType;

    const WAV: &[u8] = include_bytes!("../../tests/media/breathing.wav");
    const MP3: &[u8] = include_bytes!("../../tests/media/breathing.mp3");
    const M4A: &[u8] = include_bytes!("../../tests/media/breathing.m4a");
    const FRAGMENTED: &[u8] = include_bytes!("../../tests/media/breathing.fragmented.m4a");
    const OPUS: &[u8] = include_bytes!("../../tests/media/breathing.opus");
    const WEBM: &[u8] = include_bytes!("../../tests/media/breathing.webm");
    const MP4: &[u8] = include_bytes!("../../tests/media/breathing.mp4");

    fn is(bytes: &[u8], media_type: MediaType, millis: u64) {
        let wanted = Recognised { media_type, duration: Span::from_millis(millis) };
        assert_eq!(recognise(bytes), Ok(wanted));
    }

    // The durations are those that FFmpeg tells, an independent reader; it ends a frame's fraction later here and there.
    #[test]
    fn real_files_are_recognised_with_their_durations() {
        is(WAV, MediaType::AudioWav, 50_715);
        is(MP3, MediaType::AudioMpeg, 50_796);
        is(M4A, MediaType::AudioMp4, 50_716);
        is(OPUS, MediaType::AudioOgg, 50_715);
        is(MP4, MediaType::VideoMp4, 12_000);
    }

    #[test]
    fn what_browsers_record_without_a_length_is_measured() {
        is(FRAGMENTED, MediaType::AudioMp4, 12_064);
        is(WEBM, MediaType::AudioWebm, 12_001);
    }

    #[test]
    fn other_files_are_no_media() {
        let pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj".as_slice();
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
        for bytes in [b"".as_slice(), b"hello", pdf, png, &[0; 4096], &[0xff; 4096], b"RIFF\x04\0\0\0AVI "] {
            assert_eq!(recognise(bytes), Err(NotRecognised::NotMedia));
        }
    }

    #[test]
    fn a_file_that_lost_its_last_byte_is_not_whole() {
        for whole in [WAV, MP3, M4A, FRAGMENTED, OPUS, WEBM, MP4] {
            assert_eq!(recognise(&whole[..whole.len() - 1]), Err(NotRecognised::Truncated));
        }
    }

    #[test]
    fn a_file_cut_in_half_is_not_whole() {
        for whole in [WAV, MP3, M4A, FRAGMENTED, OPUS, WEBM, MP4] {
            assert_eq!(recognise(&whole[..whole.len() / 2]), Err(NotRecognised::Truncated));
        }
    }

    #[test]
    fn a_file_cut_at_the_end_of_a_frame_or_page_is_not_whole() {
        let frame = 72 * 32_000 / 16_000;
        assert_eq!(recognise(&MP3[..MP3.len() - frame]), Err(NotRecognised::Truncated));
        let last_page = OPUS.windows(4).rposition(|name| name == b"OggS").unwrap();
        assert_eq!(recognise(&OPUS[..last_page]), Err(NotRecognised::Truncated));
    }

    #[test]
    fn a_movie_whose_last_box_has_no_size_is_measured_by_its_tables() {
        let mut bytes = M4A.to_vec();
        let at = bytes.windows(4).position(|name| name == b"mdat").unwrap() - 4;
        bytes[at..at + 4].fill(0);
        is(&bytes, MediaType::AudioMp4, 50_716);
        bytes.pop();
        assert_eq!(recognise(&bytes), Err(NotRecognised::Truncated));
    }

    #[test]
    fn media_that_lasts_no_time_is_none() {
        let head = &WAV[..44];
        let mut silent = head.to_vec();
        silent.truncate(WAV.windows(4).position(|name| name == b"data").unwrap());
        silent.extend_from_slice(b"data\0\0\0\0");
        assert_eq!(recognise(&silent), Err(NotRecognised::NotMedia));
    }

    #[test]
    fn tags_around_a_song_are_stepped_over() {
        let tagged = [b"ID3\x04\0\0\0\0\0\x05hello", MP3, b"TAG", &[b' '; 125]].concat();
        is(&tagged, MediaType::AudioMpeg, 50_796);
    }

    #[test]
    fn matroska_and_quicktime_are_no_media_that_browsers_play() {
        let matroska = [&WEBM[..24], b"what", &WEBM[28..]].concat();
        assert_eq!(&WEBM[24..28], b"webm");
        assert_eq!(recognise(&matroska), Err(NotRecognised::NotMedia));
        let quicktime = b"\0\0\0\x14ftypqt  \0\0\0\0qt  ";
        assert_eq!(recognise(quicktime), Err(NotRecognised::NotMedia));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_file_with_a_length_is_refused_wherever_it_is_cut(file in 0..5usize, cut in any::<Index>()) {
            let whole = [WAV, MP3, M4A, OPUS, MP4][file];
            prop_assert!(recognise(&whole[..cut.index(whole.len())]).is_err());
        }

        #[test]
        fn changed_bytes_are_answered_without_panic(
            file in 0..6usize,
            changes in proptest::collection::vec((0..4_000usize, any::<u8>()), 1..20),
            cut in any::<Index>(),
        ) {
            let mut bytes = [MP3, M4A, FRAGMENTED, OPUS, WEBM, MP4][file].to_vec();
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            let _ = recognise(&bytes);
            let _ = recognise(&bytes[..cut.index(bytes.len())]);
        }

        #[test]
        fn hostile_bytes_after_a_true_start_are_answered_without_panic(
            start in 0..7usize,
            keep in 0..600usize,
            rest in proptest::collection::vec(prop_oneof![Just(0u8), Just(0xff), any::<u8>()], 0..600),
        ) {
            let mut bytes = [WAV, MP3, M4A, FRAGMENTED, OPUS, WEBM, MP4][start][..keep].to_vec();
            bytes.extend_from_slice(&rest);
            let _ = recognise(&bytes);
        }
    }
}
