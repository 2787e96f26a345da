//! The words that every other room uses: callers and their roles, refusals, time, randomness, settings. No I/O.
pub mod authority;
pub mod callers;
pub mod cause;
pub mod consents;
pub mod durable;
pub mod entropy;
pub mod failed_tries;
pub mod hindrances;
pub mod language;
pub mod participant_kind;
pub mod recently;
pub mod refusal;
pub mod settings;
pub mod time;
pub mod words;

pub use refusal::Refusal;
pub use time::{clock, local_days, offsets, timekeeper};
