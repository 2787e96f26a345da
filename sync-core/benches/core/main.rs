//! The cost of the rules: `cargo bench -p sync-core`. Sizes on the wire are printed first.
//!
//! Every number stands beside a floor that is measured in the same run, or beside the bytes that
//! must be said.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark that fails is to stop")]

mod age;
mod decisions;
mod leases;
mod sealed_clips;
mod wire;
mod world;

use criterion::{criterion_group, criterion_main};

criterion_group!(benches, age::all, decisions::all, leases::all, sealed_clips::all, wire::all);
criterion_main!(benches);
