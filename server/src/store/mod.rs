//! SQL lives here and nowhere else: one file for each noun, each function over `&mut Tx`.
//!
//! "Not found" is an `Option`; a row that does not parse is [`StoreError::Inconsistent`].

use thiserror::Error;

use crate::nouns::Refusal;

pub mod audit;
pub mod authorities;
pub mod changes;
pub mod clients;
pub mod clips;
pub(crate) mod columns;
pub mod command;
pub mod committer;
pub mod consents;
pub mod db;
pub mod denials;
pub mod devices;
pub mod documents;
pub mod duties;
pub mod entries;
pub mod history;
pub mod idempotency;
pub mod incarnations;
pub mod invitations;
pub mod leases;
pub mod ledger_positions;
pub mod letters;
pub mod notes;
pub mod outbox;
pub mod participants;
pub mod practices;
pub mod predecessors;
mod primary;
pub mod push_subscriptions;
pub mod readings;
pub mod receipts;
pub mod recordings;
pub mod releases;
pub mod replays;
pub mod rotations;
pub mod staff;
pub mod taken_back;
pub mod tokens;
pub mod uploads;

pub use committer::{Committer, Urgency};
pub use db::{Db, Tx};

/// Why the database did not answer. Carries no values, so that nothing personal can reach a log through it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The configured URL is neither `sqlite://` nor `postgres://`.
    #[error("the database URL must start with sqlite:// or postgres://")]
    UnknownDatabase,
    /// The tables could not be brought up to date.
    #[error("the database could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row does not say what it must; the noun it is of.
    #[error("a stored {0} is inconsistent")]
    Inconsistent(&'static str),
    /// A row that must be unique is there already.
    #[error("already there")]
    Conflict,
    /// Something else in the same transaction failed; nothing of it was committed.
    #[error("the work was rolled back with its group")]
    RolledBack,
    /// It is not known whether the work was committed: look before doing it again.
    #[error("it is not known whether this was committed")]
    InDoubt,
    /// The work panicked; nothing of it was committed.
    #[error("the work panicked")]
    Panicked,
    /// Too much work is waiting, or the server is stopping; nothing was done.
    #[error("no more work is taken now")]
    Busy,
    /// The ledger could not be written; nothing was done.
    #[error("the ledger could not be written")]
    Ledger,
    /// The database has not what the ledger has; nothing is done until the two were compared.
    #[error("the database is behind the ledger, or is another than before: they are being compared")]
    NotLevel,
    /// The database takes no writes; nothing was done.
    #[error("the database takes no writes (25006): it is a standby, or set read-only")]
    ReadOnly,
    /// The database failed or cannot be reached.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Conflict,
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    /// The same kind of error for another caller of the same transaction.
    fn again(&self) -> Self {
        match self {
            Self::InDoubt => Self::InDoubt,
            Self::Ledger => Self::Ledger,
            _ => Self::RolledBack,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Conflict,
            // The error carries no values; its kind is all that an operator needs, and all that may be told.
            error => {
                tracing::error!(%error, "store");
                Self::Unavailable
            }
        }
    }
}
