//! Decisions of devices that no longer sync.
pub mod restrictions;
