//! The Refrain server: `http → domain → store`, one way.

// It panics where nobody reads: commands answer by `cli::tell`.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod app;
pub mod cli;
pub mod config;
pub mod disks;
pub mod domain;
pub mod ground;
pub mod http;
pub mod keys;
pub mod ledger;
pub mod nouns;
pub mod objects;
pub mod push;
pub mod serve;
pub mod store;
#[cfg(test)]
mod testing;
pub mod turns;
pub mod workers;
