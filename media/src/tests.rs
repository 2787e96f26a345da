//! Files that are whole and unusual: each is one that some program writes.

mod lengths;

use sync_core::instant::Span;

use super::{MediaType, NotRecognised, Recognised, recognise};

const WAV: &[u8] = include_bytes!("../../tests/media/breathing.wav");
const MP3: &[u8] = include_bytes!("../../tests/media/breathing.mp3");
const VBR: &[u8] = include_bytes!("../../tests/media/breathing.vbr.mp3");
const FRAGMENTED: &[u8] = include_bytes!("../../tests/media/breathing.fragmented.m4a");
const OPUS: &[u8] = include_bytes!("../../tests/media/breathing.opus");

#[track_caller]
fn is(bytes: &[u8], media_type: MediaType, millis: u64) {
    let wanted = Recognised { media_type, duration: Span::from_millis(millis) };
    assert_eq!(recognise(bytes), Ok(wanted));
}

fn place(bytes: &[u8], name: &[u8]) -> usize {
    bytes.windows(name.len()).position(|window| window == name).unwrap()
}

fn put(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes[at..at + with.len()].copy_from_slice(with);
}

/// What `mvhd` and `mdhd` say, in version 0: the time scale twelve bytes after the version, then the duration.
fn set_duration(bytes: &mut [u8], header: &[u8], seconds: u32) {
    let at = place(bytes, header) + 4 + 12;
    let scale = u32::from_be_bytes(*bytes[at..].first_chunk().unwrap());
    put(bytes, at + 4, &(scale * seconds).to_be_bytes());
}

#[test]
fn a_movie_that_counts_its_first_fragment_only_is_as_long_as_all_of_them() {
    let mut bytes = FRAGMENTED.to_vec();
    set_duration(&mut bytes, b"mvhd", 1);
    is(&bytes, MediaType::AudioMp4, 12_064);
}

#[test]
fn a_movie_whose_headers_count_all_fragments_is_not_twice_as_long() {
    let mut bytes = FRAGMENTED.to_vec();
    set_duration(&mut bytes, b"mvhd", 12);
    set_duration(&mut bytes, b"mdhd", 12);
    is(&bytes, MediaType::AudioMp4, 12_064);
}

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes(), kind.as_slice(), &body].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[test]
fn defaults_of_fragments_count_wherever_they_stand() {
    let movie = boxed(b"mvhd", &[&words(&[0, 0, 0, 1_000, 0])]);
    let defaults = boxed(b"mvex", &[&boxed(b"trex", &[&words(&[0, 1, 1, 250, 0, 0])])]);
    let track = boxed(
        b"trak",
        &[
            &boxed(b"tkhd", &[&words(&[0, 0, 0, 1])]),
            &boxed(
                b"mdia",
                &[
                    &boxed(b"mdhd", &[&words(&[0, 0, 0, 1_000, 0])]),
                    &boxed(b"hdlr", &[&words(&[0, 0]), b"soun"]),
                ],
            ),
        ],
    );
    let run = boxed(b"traf", &[&boxed(b"tfhd", &[&words(&[0, 1])]), &boxed(b"trun", &[&words(&[0, 20])])]);
    let rest = [boxed(b"moof", &[&run]), boxed(b"mdat", &[b"sound"])].concat();
    for parts in [[&movie, &track, &defaults], [&movie, &defaults, &track]] {
        let parts = parts.map(Vec::as_slice);
        let file = [boxed(b"ftyp", &[b"isom", b"\0\0\0\0"]), boxed(b"moov", &parts), rest.clone()].concat();
        is(&file, MediaType::AudioMp4, 5_000);
    }
}

/// Where each page begins.
fn pages(bytes: &[u8]) -> Vec<usize> {
    let is_page = |at: &usize| bytes[*at..].starts_with(b"OggS\0");
    (0..bytes.len()).filter(is_page).collect()
}

#[test]
fn a_stream_that_was_cut_out_of_a_longer_one_is_as_long_as_it_is() {
    let mut bytes = OPUS.to_vec();
    let hour = 3_600 * 48_000_u64;
    // The first two pages are headers.
    for at in pages(OPUS).into_iter().skip(2) {
        let position = u64::from_le_bytes(*bytes[at + 6..].first_chunk().unwrap());
        put(&mut bytes, at + 6, &(position + hour).to_le_bytes());
    }
    is(&bytes, MediaType::AudioOgg, 50_715);
}

/// As writers leave it that count their Xing frame among the frames; `keep_size` leaves the number of bytes there.
fn counts_itself(bytes: &[u8], keep_size: bool) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let names = [b"Xing", b"Info"];
    let tag = bytes.windows(4).position(|at| names.iter().any(|name| at == *name)).unwrap();
    let frames = u32::from_be_bytes(*bytes[tag + 8..].first_chunk().unwrap());
    put(&mut bytes, tag + 8, &(frames + 1).to_be_bytes());
    if !keep_size {
        // Without its flag the number belongs to what follows.
        bytes[tag + 7] &= !2;
    }
    bytes
}

#[test]
fn an_mp3_is_whole_whether_its_writer_counts_its_own_xing_frame_or_writes_none() {
    for keep_size in [true, false] {
        is(&counts_itself(MP3, keep_size), MediaType::AudioMpeg, 50_796);
        is(&counts_itself(VBR, keep_size), MediaType::AudioMpeg, 12_096);
    }
    let info_frame = 180;
    is(&MP3[info_frame..], MediaType::AudioMpeg, 50_796);
}

#[test]
fn an_mp3_whose_last_frame_was_cut_off_is_not_whole_whatever_its_writer_counts() {
    // Of a constant rate: 32 kbit/s at 16 kHz.
    let frame = 144;
    let tagged = |bytes: &[u8]| [bytes, b"TAG", &[b' '; 125]].concat();
    for whole in [MP3.to_vec(), counts_itself(MP3, true)] {
        let cut = &whole[..whole.len() - frame];
        assert_eq!(recognise(cut), Err(NotRecognised::Truncated));
        assert_eq!(recognise(&tagged(cut)), Err(NotRecognised::Truncated), "a tag is no sound");
    }
    let sizeless = counts_itself(MP3, false);
    assert_eq!(recognise(&sizeless[..sizeless.len() - 2 * frame]), Err(NotRecognised::Truncated));
}

#[test]
fn zeros_between_a_tag_and_the_first_frame_are_stepped_over_and_before_no_tag() {
    let tag = b"ID3\x04\0\0\0\0\0\x05hello";
    is(&[tag, [0; 999].as_slice(), MP3].concat(), MediaType::AudioMpeg, 50_796);
    assert_eq!(recognise(&[[0; 999].as_slice(), MP3].concat()), Err(NotRecognised::NotMedia));
}

/// As `ffmpeg -rf64 always` writes it.
fn long_form(name: &[u8; 4]) -> Vec<u8> {
    let data = place(WAV, b"data");
    let size = u64::from(u32::from_le_bytes(*WAV[data + 4..].first_chunk().unwrap()));
    let sizes = [0_u64, size, 0].iter().flat_map(|size| size.to_le_bytes()).collect::<Vec<u8>>();
    [
        name.as_slice(),
        &[0xff; 4],
        b"WAVEds64\x1c\0\0\0",
        &sizes,
        &[0; 4],
        &WAV[12..data],
        b"data\xff\xff\xff\xff",
        &WAV[data + 8..],
    ]
    .concat()
}

#[test]
fn long_forms_of_wav_are_wav() {
    for name in [b"RF64", b"BW64"] {
        let bytes = long_form(name);
        is(&bytes, MediaType::AudioWav, 50_715);
        assert_eq!(recognise(&bytes[..bytes.len() - 1]), Err(NotRecognised::Truncated));
        assert_eq!(recognise(&bytes[..40]), Err(NotRecognised::Truncated));
    }
    // In a short one the size is what it says.
    assert_eq!(recognise(&long_form(b"RIFF")), Err(NotRecognised::Truncated));
}
