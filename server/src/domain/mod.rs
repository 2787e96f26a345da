//! "Then what happens?": over `store` and sync-core, knowing nothing of HTTP. Each folder uses only those above it in this list.
pub mod documents;
pub mod people;
pub mod callers;
pub mod clips;
pub mod decisions;
pub mod leases;
pub mod desk;
pub mod sync;
pub mod jobs;
