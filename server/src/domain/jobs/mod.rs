//! Work that no caller waits for: each file does the part that is due now and returns.
pub mod filling;
pub mod readiness;
pub mod restore;
pub mod settling;
pub mod succession;
pub mod waking;
