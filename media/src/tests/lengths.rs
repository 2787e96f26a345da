//! Lengths that are made up: no container makes a clip of more than a day, or one that no number holds. An MP3 says nothing of
//! its length: its frames are counted.

use super::*;
use crate::LONGEST;

const WEBM: &[u8] = include_bytes!("../../../tests/media/breathing.webm");
const M4A: &[u8] = include_bytes!("../../../tests/media/breathing.m4a");

#[track_caller]
fn is_no_media(bytes: &[u8]) {
    assert_eq!(recognise(bytes), Err(NotRecognised::NotMedia));
}

/// An element of WebM: its id, its size and its data.
fn element(id: &[u8], data: &[u8]) -> Vec<u8> {
    [id, &(0x0100_0000_0000_0000 | data.len() as u64).to_be_bytes(), data].concat()
}

/// A WebM file of one track, and of what its `Info` and its cluster say.
fn webm(info: &[u8], cluster: &[u8]) -> Vec<u8> {
    let head = element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"webm"));
    let track = element(b"\x16\x54\xae\x6b", &element(b"\xae", &element(b"\x83", &[2])));
    let parts = [element(b"\x15\x49\xa9\x66", info), track, element(b"\x1f\x43\xb6\x75", cluster)].concat();
    [head, element(b"\x18\x53\x80\x67", &parts)].concat()
}

fn lasting(ticks: f64) -> Vec<u8> {
    webm(&element(b"\x44\x89", &ticks.to_be_bytes()), &[])
}

#[test]
fn a_webm_lasts_a_day_at_most() {
    let day = LONGEST.as_millis();
    is(&lasting(day as f64), MediaType::AudioWebm, day);
    for ticks in [day as f64 + 1.0, 1e300, f64::MAX, f64::INFINITY, f64::NAN, -1e300, -0.0] {
        is_no_media(&lasting(ticks));
    }
    // What is real is measured, whatever else the file says.
    is(WEBM, MediaType::AudioWebm, 12_001);
}

#[test]
fn a_tick_of_a_webm_lasts_some_time_and_not_for_ever() {
    let scaled = |nanos: u64, ticks: f64| {
        let scale = element(b"\x2a\xd7\xb1", &nanos.to_be_bytes());
        webm(&[scale, element(b"\x44\x89", &ticks.to_be_bytes())].concat(), &[])
    };
    is(&scaled(1_000_000_000, 60.0), MediaType::AudioWebm, 60_000);
    for nanos in [0, u64::MAX] {
        is_no_media(&scaled(nanos, 60.0));
    }
}

#[test]
fn blocks_of_a_webm_that_begin_after_a_day_are_none() {
    let block = element(b"\xa3", b"\x81\0\0\x80sound");
    let at = |ticks: u64| webm(&[], &[element(b"\xe7", &ticks.to_be_bytes()), block.clone()].concat());
    is(&at(5_000), MediaType::AudioWebm, 5_000);
    for ticks in [0, LONGEST.as_millis() + 1, u64::MAX] {
        is_no_media(&at(ticks));
    }
    let group = [element(b"\xa1", b"\x81\0\0\x80sound"), element(b"\x9b", &[0xff; 8])].concat();
    is_no_media(&webm(&[], &element(b"\xa0", &group)));
}

/// A movie of one track: what `mvhd`, `mdhd` and one fragment say.
fn movie(mvhd: &[u8], mdhd: Option<&[u8]>, run: &[u32]) -> Vec<u8> {
    let handler = boxed(b"hdlr", &[&words(&[0, 0]), b"soun"]);
    let media = [mdhd.map(|header| boxed(b"mdhd", &[header])).unwrap_or_default(), handler].concat();
    let track = [boxed(b"tkhd", &[&words(&[0, 0, 0, 1])]), boxed(b"mdia", &[&media])].concat();
    let moov = [boxed(b"mvhd", &[mvhd]), boxed(b"trak", &[&track])].concat();
    // Each sample lasts 250 units.
    let fragment = [boxed(b"tfhd", &[&words(&[8, 1, 250])]), boxed(b"trun", &[&words(run)])].concat();
    [
        boxed(b"ftyp", &[b"isom", b"\0\0\0\0"]),
        boxed(b"moov", &[&moov]),
        boxed(b"moof", &[&boxed(b"traf", &[&fragment])]),
        boxed(b"mdat", &[b"sound"]),
    ]
    .concat()
}

fn header(per_second: u32, units: u32) -> Vec<u8> {
    words(&[0, 0, 0, per_second, units])
}

/// Version 1, whose numbers are twice as long.
fn long_header(per_second: u32, units: u64) -> Vec<u8> {
    words(&[0x0100_0000, 0, 0, 0, 0, per_second, (units >> 32) as u32, units as u32])
}

#[test]
fn a_movie_lasts_a_day_at_most() {
    let (known, run) = (header(1_000, 0), [0, 20]);
    is(&movie(&known, Some(&known), &run), MediaType::AudioMp4, 5_000);
    let day = LONGEST.as_millis() / 1_000;
    is(&movie(&long_header(1, day), Some(&known), &run), MediaType::AudioMp4, day * 1_000);
    for header in [long_header(1, day + 1), long_header(1, u64::MAX - 1), header(1, u32::MAX - 1)] {
        is_no_media(&movie(&header, Some(&known), &run));
        is_no_media(&movie(&known, Some(&header), &run));
    }
}

#[test]
fn a_movie_of_no_time_scale_is_none() {
    let (known, run) = (header(1_000, 1_000), [0, 20]);
    for scaleless in [header(0, 5), long_header(0, 5)] {
        is_no_media(&movie(&scaleless, Some(&known), &run));
        is_no_media(&movie(&known, Some(&scaleless), &run));
    }
    is_no_media(&movie(&known, None, &run));
}

#[test]
fn a_fragment_that_counts_more_samples_than_a_day_has_is_none() {
    let known = header(1_000, 0);
    is_no_media(&movie(&known, Some(&known), &[0, u32::MAX]));
    // Each sample with a length of its own: those that are not there do not count.
    is(&movie(&known, Some(&known), &[0x100, u32::MAX, 7_000]), MediaType::AudioMp4, 7_000);
    is_no_media(&movie(&known, Some(&known), &[0x100, 1, u32::MAX]));
}

#[test]
fn a_table_that_counts_more_samples_than_there_are_bytes_is_of_a_cut_movie() {
    for sizes in [[u32::MAX, u32::MAX], [1, u32::MAX]] {
        let mut bytes = M4A.to_vec();
        let table = place(&bytes, b"stsz") + 8;
        put(&mut bytes, table, &words(&sizes));
        assert_eq!(recognise(&bytes), Err(NotRecognised::Truncated));
    }
}

#[test]
fn an_ogg_stream_lasts_a_day_at_most() {
    let last = pages(OPUS).pop().unwrap();
    let ending_at = |position: u64| {
        let mut bytes = OPUS.to_vec();
        put(&mut bytes, last + 6, &position.to_le_bytes());
        bytes
    };
    let day = LONGEST.as_millis() * 48;
    assert!(recognise(&ending_at(day)).is_ok());
    for position in [day + 48_000, u64::MAX - 1, u64::MAX / 2] {
        is_no_media(&ending_at(position));
    }
}

#[test]
fn a_vorbis_stream_of_no_rate_is_none() {
    let page = |rate: u32| {
        let packet = [b"\x01vorbis\0\0\0\0\x01".as_slice(), &rate.to_le_bytes()].concat();
        let head = [b"OggS\0\x06".as_slice(), &48_000_u64.to_le_bytes(), &[0; 12], &[1]].concat();
        [head, vec![u8::try_from(packet.len()).unwrap()], packet].concat()
    };
    is(&page(48_000), MediaType::AudioOgg, 1_000);
    is_no_media(&page(0));
}

#[test]
fn a_wav_of_a_sample_a_second_is_none() {
    let wav = |rate: u32| {
        let data = place(WAV, b"data");
        let mut bytes = WAV[..data + 8].to_vec();
        let format = place(&bytes, b"fmt ") + 8;
        put(&mut bytes, format + 4, &rate.to_le_bytes());
        put(&mut bytes, format + 12, &1_u16.to_le_bytes());
        put(&mut bytes, data + 4, &100_000_u32.to_le_bytes());
        bytes.extend(vec![0; 100_000]);
        bytes
    };
    is(&wav(100_000), MediaType::AudioWav, 1_000);
    for rate in [0, 1] {
        is_no_media(&wav(rate));
    }
}
