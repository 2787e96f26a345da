//! The Refrain server: `http → domain → store`, one way.
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
mod durable;
pub mod entropy;
pub mod http;
pub mod keys;
pub mod ledger;
pub mod media;
pub mod objects;
pub mod push;
pub mod serve;
pub mod settings;
pub mod store;
#[cfg(test)]
mod testing;
pub mod workers;
