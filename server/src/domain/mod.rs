//! The consequences of requests: over `store` and sync-core, without HTTP.
//!
//! From the ground up: records, documents, credentials, people, callers, decisions, clips, leases, desk, sync, jobs. A
//! folder uses only those before it; `cargo xtask rooms` keeps that.
pub mod callers;
pub mod clips;
pub mod credentials;
pub mod decisions;
pub mod desk;
pub mod documents;
pub mod jobs;
pub mod leases;
pub mod people;
pub mod records;
pub mod sync;
