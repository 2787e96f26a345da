//! The one database handle: SQLite or PostgreSQL behind the same calls.
//!
//! Every query is written once, with `$1` parameters, inside `on_tx!`, which type-checks the same body against both
//! drivers. A transaction is the only way to read or write, so that every function of the store takes `&mut Tx`.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};
use sync_core::{
    id::{ClientId, PracticeId},
    instant::Instant,
};

use sqlx::{
    Connection, Postgres, Sqlite, SqliteConnection, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    StoreError, migrations,
    notices::{self, CONNECTED_WITHIN},
    primary::{self, Primary},
};
use crate::{
    ledger::{Fact, Mark, Restriction},
    nouns::durable,
};

/// Runs one body against whichever driver the transaction has.
macro_rules! on_tx {
    ($tx:expr, $connection:ident => $body:expr) => {
        match &mut $tx.inner {
            $crate::store::db::Inner::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
            $crate::store::db::Inner::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
        }
    };
}
pub(crate) use on_tx;

/// A pool of connections to the database of the configuration.
#[derive(Clone)]
pub enum Db {
    /// Embedded: one writer, and readers that never decide.
    Sqlite {
        /// Read-only connections.
        read: sqlx::SqlitePool,
        /// The single writer.
        write: sqlx::SqlitePool,
        /// Empties the log beside the two, and waits for neither.
        aside: sqlx::SqlitePool,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Connections to the primary.
        pool: sqlx::PgPool,
        /// Which of them still lead there.
        primary: Primary,
    },
}

/// A transaction; rolled back unless it is committed.
pub struct Tx {
    pub(crate) inner: Inner,
    pub(super) pending: Pending,
}

/// An entry that waits in its transaction until the work is done.
pub struct PendingEntry {
    /// Whose chain it goes into.
    pub practice: PracticeId,
    /// When it was done.
    pub at: Instant,
    /// Whose own audit it is in.
    pub client: Option<ClientId>,
    /// Canonical JSON.
    pub body: Vec<u8>,
}

/// What a piece of work leaves to be written at its end, in the order of the locks: audit, then ledger.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) audit: Vec<PendingEntry>,
    pub(super) facts: Vec<Fact>,
}

pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens `sqlite://path` or `postgres://…` and brings its tables up to date.
    ///
    /// # Errors
    /// When the URL is of another kind, the database cannot be reached, or a migration fails.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return Self::open_sqlite(Path::new(path)).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::open_postgres(url).await;
        }
        Err(StoreError::UnknownDatabase)
    }

    async fn open_sqlite(path: &Path) -> Result<Self, StoreError> {
        durable::make_private(path).map_err(StoreError::NoFile)?;
        durable::check_private(path)?;
        // FULL: what has been acknowledged survives power loss, not only `kill -9`. The committer's groups pay for it.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "ON")
            // Never on a disk of its own: a full /var/tmp would keep a revocation from being written.
            .pragma("temp_store", "MEMORY")
            .busy_timeout(Duration::from_secs(10));
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .after_release(|connection, _| Box::pin(is_reusable(connection)))
            .connect_with(options.clone())
            .await?;
        migrations::for_sqlite().run(&write).await?;
        let in_passing = options.clone().busy_timeout(Duration::from_millis(50));
        let aside =
            SqlitePoolOptions::new().max_connections(1).min_connections(0).connect_lazy_with(in_passing);
        let read = SqlitePoolOptions::new().max_connections(8).connect_with(options.read_only(true)).await?;
        Ok(Self::Sqlite { read, write, aside })
    }

    async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        // Told after the connection is made: a pooler in between does not let start parameters pass.
        let options = PgConnectOptions::from_str(url)?.extra_float_digits(None);
        check_line(&options)?;
        // Before anything is written: what a pooler shares, it mixes up.
        if !notices::come_back(&options).await? {
            return Err(StoreError::Pooler);
        }
        let primary = Primary::default();
        let known = primary.clone();
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(CONNECTED_WITHIN)
            .after_connect(|connection, _| Box::pin(primary::check(connection)))
            .before_acquire(move |_, connection| {
                let keeps = known.keeps(&connection);
                Box::pin(async move { Ok(keeps) })
            })
            .connect_with(options)
            .await?;
        migrations::for_postgres().run(&pool).await?;
        Ok(Self::Postgres { pool, primary })
    }

    /// Begins a transaction that only reads.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let inner = match self {
            Self::Sqlite { read, .. } => Inner::Sqlite(read.begin().await?),
            Self::Postgres { pool, .. } => Inner::Postgres(pool.begin().await?),
        };
        Ok(Tx { inner, pending: Pending::default() })
    }

    /// Begins a transaction that only reads, and sees one state however long it takes.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        let mut tx = self.read().await?;
        // SQLite's transactions see one state anyway.
        if tx.is_postgres() {
            tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
        }
        Ok(tx)
    }

    /// Begins a transaction that may write. Only the committer calls this, and [`super::command`].
    ///
    /// # Errors
    /// When no connection can be had.
    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        let inner = match self {
            Self::Sqlite { write, .. } => Inner::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres { pool, .. } => Inner::Postgres(pool.begin().await?),
        };
        Ok(Tx { inner, pending: Pending::default() })
    }

    /// Gives up the connections that there are, for they lead to a server that takes no writes; the next ones are new.
    pub fn lose_primary(&self) {
        if let Self::Postgres { primary, .. } = self {
            primary.lose();
        }
    }

    /// Empties SQLite's write-ahead log: what was overwritten in the database stands there for another thousand pages.
    /// False if a reader needs the log just now. PostgreSQL keeps its own log as it is set up to (docs/operations.md).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn empty_log(&self) -> Result<bool, StoreError> {
        let Self::Sqlite { aside, .. } = self else { return Ok(true) };
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(aside).await?;
        Ok(busy == 0)
    }

    /// Waits for what is running and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, aside } => {
                aside.close().await;
                read.close().await;
                write.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }

    /// The database's file, on SQLite.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { write, .. } => Some(write.connect_options().get_filename().to_owned()),
            Self::Postgres { .. } => None,
        }
    }

    /// Whether the database is PostgreSQL, where several servers may share it.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }
}

/// Names and words go over this line, and the password: on it a stranger must neither read nor stand in the server's place.
/// Every mode but `verify-full` lets one of both happen.
pub(super) fn check_line(options: &PgConnectOptions) -> Result<(), StoreError> {
    let host = options.get_host();
    let is_loopback =
        host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_here =
        options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || is_loopback;
    let is_verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
    if is_here || is_verified { Ok(()) } else { Err(StoreError::NotVerified) }
}

/// Whether the writer's connection is outside of a transaction again.
///
/// SQLite ends a transaction by itself when the disk is full. The driver still counts it, and would refuse to begin
/// another one on this connection for ever: the only writer would be lost. Such a connection is closed instead.
async fn is_reusable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Waits for the rollback that a dropped transaction has only asked for.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

impl Tx {
    /// Leaves a restrictive decision to be written to the ledger, durably, before this transaction is committed.
    pub fn restrict(&mut self, restriction: Restriction) {
        self.pending.facts.push(Fact::Restriction(restriction));
    }

    /// Leaves a mark to be written to the ledger; the database must have it already.
    pub(crate) fn mark(&mut self, mark: Mark) {
        self.pending.facts.push(Fact::Mark(mark));
    }

    /// Leaves an entry to be written to the audit at the end of this work.
    pub(crate) fn audit(&mut self, entry: PendingEntry) {
        self.pending.audit.push(entry);
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(transaction) => transaction.commit().await?,
            Inner::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.inner, Inner::Postgres(_))
    }

    pub(super) async fn rollback(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(transaction) => transaction.rollback().await?,
            Inner::Postgres(transaction) => transaction.rollback().await?,
        }
        Ok(())
    }

    /// Runs a statement without parameters or rows: a savepoint's.
    pub(crate) async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        on_tx!(self, c => sqlx::query(sql).execute(c).await.map(drop))?;
        Ok(())
    }

    /// ` FOR UPDATE` where rows can be locked; nothing on SQLite, whose single writer is the lock.
    pub(crate) const fn for_update(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR UPDATE",
        }
    }

    /// ` FOR SHARE` where rows can be locked; nothing on SQLite, whose single writer is the lock.
    pub(crate) const fn for_share(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR SHARE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postgresql_server_elsewhere_has_to_prove_who_it_is() {
        let check = |url: &str| check_line(&PgConnectOptions::from_str(url).unwrap());
        for taken in [
            "postgres://refrain@localhost/refrain",
            "postgres://refrain@127.0.0.1:5433/refrain",
            "postgres://refrain@[::1]/refrain",
            "postgres:///refrain?host=/run/postgresql",
            "postgres://refrain@db.example/refrain?sslmode=verify-full",
        ] {
            assert!(check(taken).is_ok(), "{taken}");
        }
        for refused in [
            "postgres://refrain@db.example/refrain",
            "postgres://refrain@10.0.0.5/refrain?sslmode=require",
            "postgres://refrain@localhost/refrain?host=db.example",
            "postgres://refrain@localhost.example/refrain?sslmode=verify-ca",
        ] {
            assert!(matches!(check(refused), Err(StoreError::NotVerified)), "{refused}");
        }
    }
}
