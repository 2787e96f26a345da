//! "Then what happens?": over `store` and sync-core, knowing nothing of HTTP. Each folder uses only those above it in this list.
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
