//! Pieces of requests and responses: bodies, numbers, instants, ranges, who calls and how often.
pub mod addresses;
pub mod body_limit;
pub mod bytes;
pub mod callers;
pub mod door;
pub mod idempotency;
pub mod ids;
pub mod json;
pub mod pace;
pub mod path;
pub mod range;
pub mod rates;
pub mod time;
pub mod upgrade;
