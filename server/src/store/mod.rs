//! SQL lives here and nowhere else: one file for each noun, each function over `&mut Tx`.
//!
//! "Not found" is an `Option`; a row that does not parse is [`StoreError::Inconsistent`].

pub mod audit;
mod cause;
pub mod changes;
pub(crate) mod columns;
pub mod command;
pub mod committer;
pub mod db;
mod error;
mod migrations;
pub mod notices;
mod primary;
pub mod probe;
pub mod progress;

mod people;
mod servers;
mod shelf;
mod written;

pub use committer::{Committer, Order, Urgency};
pub use db::{Db, Tx};
pub use error::StoreError;
#[cfg(test)]
pub(crate) use migrations::migrations_digest;
pub use people::{
    clients, consents, devices, idempotency, invitations, known_browsers, participants, practices,
    push_subscriptions, recordings, staff, tokens,
};
pub use servers::{
    authorities, data_keys, hourly, incarnations, ledger_positions, outbox, presence, replays, rotations,
    sealed,
};
pub use shelf::{clips, denials, leases, receipts, releases, taken_back, uploads};
pub use written::{
    documents, duties, entries, history, late_restrictions, letters, notes, predecessors, readings,
};
