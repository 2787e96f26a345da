//! HTTP: a handler extracts, makes one call into the domain, responds.
//!
//! Statuses and codes are in [`error`], routes in [`router`], and nothing else knows either.

pub mod bytes;
pub mod callers;
pub mod clients;
pub mod clips;
pub mod consents;
pub mod devices;
pub mod documents;
pub mod error;
pub mod health;
pub mod idempotency;
pub mod json;
pub mod leases;
pub mod logs;
pub mod openapi;
pub mod pairing;
pub mod participants;
pub mod path;
pub mod practice;
pub mod push;
pub mod range;
pub mod rates;
pub mod recordings;
pub mod release_requests;
pub mod release_words;
pub mod releases;
pub mod restrictions;
pub mod router;
pub mod sign_in;
pub mod sync;
pub mod sync_tickets;
pub mod terms;
pub mod time;

#[cfg(test)]
mod tests;
