//! The records that a decision leaves beside itself, in its own transaction: audit, work for workers, denials, wake-ups.
pub mod audit;
pub mod data_keys;
pub mod denials;
pub mod failed_tries;
pub mod hourly;
pub mod outbox;
pub mod readings;
pub mod wake_ups;
