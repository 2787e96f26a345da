//! Why the database did not answer.

use thiserror::Error;

use super::cause;
use crate::nouns::{Refusal, cause::of_io, durable::NotPrivate};

/// Why the database did not answer. Carries no values, so that nothing personal can reach a log through it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The configured URL is neither `sqlite://` nor `postgres://`.
    #[error("the database URL must start with sqlite:// or postgres://")]
    UnknownDatabase,
    /// The database's file is open to others.
    #[error("{0}")]
    NotPrivate(#[from] NotPrivate),
    /// The file cannot be made.
    #[error("database.url: its file cannot be made: {}", of_io(.0))]
    NoFile(std::io::Error),
    /// The PostgreSQL server is elsewhere, and need not prove who it is.
    #[error(
        "database.url: this PostgreSQL server is on another computer; add ?sslmode=verify-full, and sslrootcert=… if its \
             certificate is of an authority of your own"
    )]
    NotVerified,
    /// A pooler that shares connections stands between the server and PostgreSQL.
    #[error(
        "database.url: notices do not come back over this connection, as with a pooler that shares connections; it must lead \
         to PostgreSQL directly, or through a pooler that keeps one connection for each session"
    )]
    Pooler,
    /// The tables could not be brought up to date.
    #[error("the database (database.url) could not be migrated: {}", cause::of_migration(.0))]
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
    /// The same request was done before, and its answer was lost.
    #[error("this was done before, and its answer was lost")]
    DoneAlready,
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
    /// Another process serves this SQLite database.
    #[error(
        "database.url: another process serves this database; SQLite has one server, PostgreSQL has several"
    )]
    ServedAlready,
    /// Another running server has this name.
    #[error("server: a server of this name runs on this database; give each server a name of its own")]
    NameTaken,
    /// The database did not answer in time.
    #[error("the database does not answer in time")]
    Slow,
    /// The database failed or cannot be reached.
    #[error("the database (database.url) failed: {}", cause::of(.0))]
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
    pub(super) fn again(&self) -> Self {
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
            StoreError::DoneAlready => Self::DoneAlready,
            // The error carries no values; its kind is all that an operator needs, and all that may be told.
            error => {
                tracing::error!(%error, "store");
                Self::Unavailable
            }
        }
    }
}
