//! The recordings under `tests/media`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Every format of the spoken breathing exercise, with the media type that it is recognised as.
pub const FORMATS: [(&str, &str); 5] = [
    ("breathing.wav", "audio/wav"),
    ("breathing.mp3", "audio/mpeg"),
    ("breathing.m4a", "audio/mp4"),
    ("breathing.opus", "audio/ogg"),
    ("breathing.mp4", "video/mp4"),
];

/// Reads one.
///
/// # Errors
/// When it is not there.
pub fn read(name: &str) -> std::io::Result<Vec<u8>> {
    std::fs::read(folder().join(name))
}

/// Every recording of `PROVENANCE.md`: its name, the media type that it is recognised as, and its duration in
/// milliseconds.
///
/// # Errors
/// When the page cannot be read.
pub fn provenance() -> anyhow::Result<Vec<(String, String, u64)>> {
    let page = std::fs::read_to_string(folder().join("PROVENANCE.md"))?;
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (name, rest) = row.split_once('`').context("a name")?;
        let said = rest.split('|').nth(2).and_then(|cell| cell.split_whitespace().next());
        let seconds: f64 = said.context("a duration")?.parse()?;
        let media_type = match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("wav") => "audio/wav",
            Some("mp3") => "audio/mpeg",
            Some("m4a") => "audio/mp4",
            Some("opus") => "audio/ogg",
            Some("mp4") => "video/mp4",
            Some("webm") => "audio/webm",
            _ => bail!("a format that nobody knows"),
        };
        // Durations are positive and short.
        Ok((name.to_owned(), media_type.to_owned(), (seconds * 1_000.0).round() as u64))
    })
    .collect()
}

/// Where they lie.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("media")
}
