//! Rows about the servers themselves: their keys, their lives, their ledgers, their work.
pub mod authorities;
pub mod data_keys;
pub mod hourly;
pub mod incarnations;
pub mod ledger_positions;
pub mod outbox;
pub mod presence;
pub mod replays;
pub mod rotations;
pub mod sealed;
