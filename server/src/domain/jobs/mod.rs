//! Work that no caller waits for: each file does the part that is due now and returns.
pub mod beginning;
pub mod filling;
pub mod forgetting;
pub(crate) mod marks;
pub mod readiness;
pub mod relief;
pub mod resealing;
pub mod restore;
pub mod settling;
pub mod succession;
pub mod unconfirmed;
pub mod waking;
