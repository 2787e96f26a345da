//! Writes the seeds of the fuzz targets: `cargo run -p sync-core --example seeds`.
//!
//! The same bytes at every run. A test compares the committed seeds with these; further files
//! beside them are inputs that a fuzzer has found, and stay.

#![allow(clippy::unwrap_used, reason = "a generator that fails is to stop")]

mod facts;
mod wire;
#[path = "../../tests/hostile/targets/world.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, clippy::duplicate_mod, reason = "shared with the targets")]
mod world;

use std::{fs, io, path::Path};

/// One input: its target, its name, its bytes.
pub(crate) type Seed = (&'static str, String, Vec<u8>);

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    for (target, name, bytes) in all() {
        fs::create_dir_all(folder.join(target))?;
        fs::write(folder.join(target).join(name), bytes)?;
    }
    Ok(())
}

/// Every seed.
pub(crate) fn all() -> Vec<Seed> {
    wire::seeds().into_iter().chain(facts::seeds()).collect()
}
