//! Writes the test vectors of `docs/protocol.md`: `cargo run -p sync-core --example vectors`.
//!
//! The same bytes at every run: ids, keys, instants and chance are counted, not drawn. A test
//! compares the committed vectors with these, so that the bytes on the wire never drift unseen.

mod digits;
mod entries;
mod lease;
mod media;
mod rotations;
mod statements;
mod world;

use std::{fs, io, path::Path};

use serde_json::Value;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    fs::create_dir_all(&folder)?;
    for (name, value) in all() {
        fs::write(folder.join(name), text(&value))?;
    }
    Ok(())
}

/// Every file: its name and what is in it.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("entries.json", entries::entries()),
        ("fold.json", entries::fold()),
        ("lease.json", lease::lease()),
        ("denial.json", statements::denials()),
        ("receipt.json", statements::receipts()),
        ("rotation.json", rotations::rotations()),
        ("media.json", media::media()),
        ("digits.json", digits::digits()),
    ]
}

/// The text of a file.
pub(crate) fn text(value: &Value) -> String {
    format!("{value:#}\n")
}
