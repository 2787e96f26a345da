//! HTTP: a handler extracts, makes one call into the domain, responds.
//!
//! Codes and their statuses are in [`codes`], refusals become problem documents in [`error`], routes are in [`router`]; nothing
//! else knows any of them.

pub mod callers;
pub mod clips;
pub mod codes;
pub mod decisions;
pub mod desk;
pub mod documents;
pub mod error;
pub mod health;
pub mod leases;
pub mod logs;
pub mod openapi;
pub mod people;
pub mod router;
pub mod security_txt;
pub mod sync;
pub mod web;
pub mod wire;

#[cfg(test)]
mod tests;
