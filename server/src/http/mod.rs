//! HTTP: a handler extracts, makes one call into the domain, responds.
//!
//! Statuses and codes are in [`error`], routes in [`router`], and nothing else knows either.

pub mod callers;
pub mod clips;
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
pub mod sync;
pub mod web;
pub mod wire;

#[cfg(test)]
mod tests;
