//! HTTP: a handler extracts, makes one call into the domain, responds.
//!
//! Statuses and codes are in [`error`], routes in [`router`], and nothing else knows either.

pub mod body_limit;
pub mod bytes;
pub mod callers;
pub mod casebook;
pub mod circle;
pub mod clients;
pub mod clip_media;
pub mod clips;
pub mod consents;
pub mod devices;
pub mod documents;
pub mod duties;
pub mod endings;
pub mod error;
pub mod health;
pub mod history;
pub mod idempotency;
pub mod journal;
pub mod json;
pub mod leases;
pub mod logs;
pub mod openapi;
pub mod pairing;
pub mod participants;
pub mod path;
pub mod practice;
pub mod practice_keys;
pub mod push;
pub mod range;
pub mod rates;
pub mod recordings;
pub mod release_requests;
pub mod release_words;
pub mod releases;
pub mod restrictions;
pub mod router;
pub mod sessions;
pub mod set_up;
pub mod sign_in;
pub mod sync;
pub mod sync_tickets;
pub mod terms;
pub mod time;
pub mod uploads;
pub mod web;

#[cfg(test)]
mod tests;
