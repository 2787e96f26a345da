//! Which servers run on a database now: one of each name, and on SQLite one alone.
//!
//! A server on SQLite has a lock file beside the database. On PostgreSQL it has a connection of its own, with an advisory
//! lock of its name for as long as it runs, and another one once it has compared its ledger. A server that is killed leaves
//! neither. No backup brings them back: so a server that is not known yet learns from them that the database is the one
//! that others serve.

use std::{
    fs::{File, TryLockError},
    path::PathBuf,
    time::Duration,
};

use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    nouns::durable,
    store::{Db, StoreError, Tx, db::on_tx},
};

/// The class of the locks of names, and of those who have compared their ledgers.
const NAMES: i32 = 0x5265_6672;
const COMPARED: i32 = 0x5265_6673;
/// How long a start waits for a server of this name that has just been killed: PostgreSQL has to notice.
const GONE_WITHIN: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How long PostgreSQL may take to say that it is there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// PostgreSQL notices within half a minute that the computer of a server is gone, and not after the hours that are its default.
const NOTICE_SOON: &str = "SELECT set_config('tcp_keepalives_idle', '10', FALSE), \
                           set_config('tcp_keepalives_interval', '5', FALSE), set_config('tcp_keepalives_count', '3', FALSE)";

/// A server's place on its database, until it is dropped.
pub struct Presence {
    name: i32,
    place: Place,
}

enum Place {
    Sqlite { _lock: File },
    Postgres { db: Db, line: Option<PgConnection> },
}

impl Presence {
    /// Takes the place of a server of this name.
    ///
    /// # Errors
    /// [`StoreError::ServedAlready`] on SQLite, [`StoreError::NameTaken`] on PostgreSQL, when another process has it; or when
    /// the database cannot be reached.
    pub async fn take(db: &Db, server: &str) -> Result<Self, StoreError> {
        let digest = Sha256::digest(server.as_bytes());
        let name = i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        let Some(path) = db.file() else {
            let since = Instant::now();
            let line = loop {
                match take_line(db, name).await {
                    Err(StoreError::NameTaken) if since.elapsed() < GONE_WITHIN => sleep(LOOK_AGAIN).await,
                    taken => break taken?,
                }
            };
            return Ok(Self { name, place: Place::Postgres { db: db.clone(), line: Some(line) } });
        };
        let mut lock = path.into_os_string();
        lock.push(".lock");
        let lock = PathBuf::from(lock);
        durable::make_private(&lock).map_err(StoreError::NoFile)?;
        let file = File::options().write(true).open(&lock).map_err(StoreError::NoFile)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { name, place: Place::Sqlite { _lock: file } }),
            Err(TryLockError::WouldBlock) => Err(StoreError::ServedAlready),
            Err(TryLockError::Error(error)) => Err(StoreError::NoFile(error)),
        }
    }

    /// Takes the place again, where the connection was lost.
    ///
    /// # Errors
    /// As [`Presence::take`].
    pub async fn keep(&mut self) -> Result<(), StoreError> {
        let Place::Postgres { db, line } = &mut self.place else { return Ok(()) };
        if let Some(connection) = line.as_mut()
            && timeout(ANSWERS_WITHIN, connection.ping()).await.is_ok_and(|answer| answer.is_ok())
        {
            return Ok(());
        }
        *line = None;
        *line =
            Some(timeout(ANSWERS_WITHIN, take_line(db, self.name)).await.unwrap_or(Err(StoreError::Slow))?);
        Ok(())
    }

    /// Says that this server has compared its ledger with the database. Said again, it changes nothing.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn has_compared(&mut self) -> Result<(), StoreError> {
        // A failover has ended the line perhaps, and this is the first to notice.
        self.keep().await?;
        let Place::Postgres { line: Some(connection), .. } = &mut self.place else { return Ok(()) };
        // Locks of a session count: it is taken once, however often this is called.
        const SQL: &str = "SELECT pg_try_advisory_lock_shared($1, 0) WHERE NOT EXISTS (SELECT 1 FROM pg_locks \
                           WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND classid = $1::int8::oid)";
        sqlx::query(SQL).bind(COMPARED).execute(connection).await?;
        Ok(())
    }
}

/// Whether a server that has compared its ledger runs on this database now. False on SQLite, which has one at most.
///
/// # Errors
/// When the database fails.
pub async fn another_has_compared(tx: &mut Tx) -> Result<bool, StoreError> {
    if !tx.is_postgres() {
        return Ok(false);
    }
    const SQL: &str = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1::int8::oid \
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted";
    let count: i64 = on_tx!(tx, c => sqlx::query_scalar(SQL).bind(i64::from(COMPARED)).fetch_one(c).await)?;
    Ok(count > 0)
}

async fn take_line(db: &Db, name: i32) -> Result<PgConnection, StoreError> {
    let Db::Postgres { pool, .. } = db else { return Err(StoreError::UnknownDatabase) };
    let mut line = pool.connect_options().connect().await?;
    sqlx::query(NOTICE_SOON).execute(&mut line).await?;
    let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1, $2)")
        .bind(NAMES)
        .bind(name)
        .fetch_one(&mut line)
        .await?;
    if taken { Ok(line) } else { Err(StoreError::NameTaken) }
}
