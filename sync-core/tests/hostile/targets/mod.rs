//! The targets: functions that are fed with any bytes. Each panics if something is wrong, and only
//! then.
//!
//! The ordinary tests feed them with seeds and seeded mutations; `cargo xtask fuzz` feeds the same
//! functions under libFuzzer (`fuzz/`).

mod clips;
mod facts;
mod statements;
mod wire;
mod world;

pub use clips::clip;
pub use facts::{code, entry, name};
pub use statements::{lease, signed, statement};
pub use wire::{change, frame, message};

/// A target and its name: the folder of its seeds, and the program in `fuzz/fuzz_targets`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: [Target; 10] = [
    ("frame", frame),
    ("message", message),
    ("change", change),
    ("entry", entry),
    ("name", name),
    ("signed", signed),
    ("statement", statement),
    ("lease", lease),
    ("clip", clip),
    ("code", code),
];
