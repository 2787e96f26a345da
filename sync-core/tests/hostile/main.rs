//! Bytes that were made to hurt: nothing panics, nothing is taken that may not be, and nothing costs much memory.
//!
//! Each target of `targets` is fed with its seeds (`fuzz/seeds`) and with mutations of them, the same at every run;
//! `MUTATIONS` says how many. `cargo xtask fuzz` runs the same targets under libFuzzer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

#[path = "../../examples/seeds/main.rs"]
#[allow(dead_code, unused, reason = "the generator's own entry point is not called here")]
mod generator;
mod memory;
mod mutate;
mod targets;

use std::{fs, path::Path};

use mutate::Mutator;

/// What a target may need beside a multiple of its input: copies of the small documents that it works on.
const BASE: u64 = 2 << 20;
/// How many bytes of memory one byte of input may cost: an item of CBOR becomes a value of thirty-two bytes, in a list
/// that is moved as it grows.
const PER_BYTE: u64 = 128;

/// The committed seeds of a target.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).expect(target).map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no seeds");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn mutations() -> usize {
    std::env::var("MUTATIONS").ok().and_then(|number| number.parse().ok()).unwrap_or(2_000)
}

fn survives(target: &str) {
    let (place, (_, run)) = targets::ALL
        .iter()
        .enumerate()
        .find(|(_, (name, _))| *name == target)
        .expect("a target of that name");
    let seeds = seeds(target);
    let mut mutator = Mutator::new(place as u64);
    let mutated = (0..mutations()).map(|_| mutator.mutated(&seeds));
    for bytes in seeds.iter().cloned().chain(mutated) {
        let shown = Shown(target, bytes);
        let peak = memory::peak(|| run(&shown.1));
        let most = BASE + PER_BYTE * shown.1.len() as u64;
        assert!(peak <= most, "{peak} bytes of memory for {} bytes", shown.1.len());
    }
}

/// Shows its bytes when a target panics, so that they can be kept as a seed.
struct Shown<'a>(&'a str, Vec<u8>);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let hex: String = self.1.iter().map(|byte| format!("{byte:02x}")).collect();
            eprintln!("{} does not survive {hex}", self.0);
        }
    }
}

#[test]
fn the_committed_seeds_are_what_the_generator_makes() {
    for (target, name, bytes) in generator::all() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target).join(&name);
        let committed = fs::read(path).unwrap_or_default();
        assert!(committed == bytes, "{target}/{name} has drifted: `cargo run -p sync-core --example seeds`");
    }
}

macro_rules! targets_survive {
    ($($name:ident $target:literal;)*) => {
        $(#[test]
        fn $name() {
            survives($target);
        })*

        #[test]
        fn every_target_is_fed() {
            assert_eq!(targets::ALL.map(|(name, _)| name), [$($target),*]);
        }
    };
}

targets_survive! {
    frames_are_survived "frame";
    sync_messages_are_survived "message";
    changes_are_survived "change";
    entries_letters_and_notes_are_survived "entry";
    names_are_survived "name";
    signed_statements_are_survived "signed";
    bodies_of_statements_are_survived "statement";
    leases_are_survived "lease";
    clips_are_survived "clip";
    pairing_codes_are_survived "code";
}
