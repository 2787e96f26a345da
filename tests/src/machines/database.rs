//! A database of a test's own.

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// Where PostgreSQL is looked for.
const DEFAULT_POSTGRES: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// SQLite in the server's folder, or a database on a PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A database that is dropped after the test.
    Postgres {
        /// The server.
        server: String,
        /// The database.
        name: String,
    },
}

/// A copy of a database as it was.
#[derive(Debug)]
pub enum Backup {
    /// A file.
    File(PathBuf),
    /// A database on the same PostgreSQL server.
    Postgres(String),
}

impl Database {
    /// A new PostgreSQL database; none where there is no server, which is said loudly.
    ///
    /// # Errors
    /// When the server was named by `REFRAIN_TEST_POSTGRES` and cannot be reached.
    pub async fn postgres() -> anyhow::Result<Option<Self>> {
        let configured = std::env::var("REFRAIN_TEST_POSTGRES").ok();
        let server = configured.clone().unwrap_or_else(|| DEFAULT_POSTGRES.to_owned());
        let mut admin = match PgConnection::connect(&server).await {
            Ok(admin) => admin,
            Err(error) if configured.is_some() => return Err(error.into()),
            Err(_) => {
                let test = std::thread::current().name().unwrap_or("a test").to_owned();
                eprintln!("SKIPPED ON POSTGRESQL: {test}: nothing answers at 127.0.0.1:5432");
                return Ok(None);
            }
        };
        Self::create(&mut admin, server).await.map(Some)
    }

    /// A new database on this PostgreSQL server.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn on(server: String) -> anyhow::Result<Self> {
        Self::create(&mut PgConnection::connect(&server).await?, server).await
    }

    async fn create(admin: &mut PgConnection, server: String) -> anyhow::Result<Self> {
        let name = format!("refrain_story_{:032x}", rand::random::<u128>());
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(admin).await?;
        Ok(Self::Postgres { server, name })
    }

    /// Has the PostgreSQL server take no writes into this database any more, or take them again.
    ///
    /// # Errors
    /// When it cannot be reached, or there is none.
    pub async fn set_read_only(&self, read_only: bool) -> anyhow::Result<()> {
        let Self::Postgres { server, name } = self else { bail!("SQLite has no such state") };
        let setting = if read_only { "SET default_transaction_read_only = on" } else { "RESET ALL" };
        run(server, &[format!("ALTER DATABASE {name} {setting}")]).await
    }

    /// Ends every connection to this database but the caller's.
    ///
    /// # Errors
    /// When the server cannot be reached, or there is none.
    pub async fn end_connections(&self) -> anyhow::Result<()> {
        let Self::Postgres { server, name } = self else { bail!("SQLite has no server") };
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        run(server, &[end]).await
    }

    pub(crate) fn url(&self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", folder.join("refrain.db").display()),
            Self::Postgres { server, name } => match server.rsplit_once('/') {
                Some((base, _)) => format!("{base}/{name}"),
                None => server.clone(),
            },
        }
    }

    /// The PostgreSQL server's host and port, and the database's name.
    #[must_use]
    pub fn host_and_name(&self) -> Option<(String, String)> {
        let Self::Postgres { server, name } = self else { return None };
        let host = server.split_once("://")?.1.split('/').next()?;
        Some((host.rsplit_once('@').map_or(host, |(_, host)| host).to_owned(), name.clone()))
    }

    /// Counts the rows of a table.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn count(&self, folder: &Path, table: &str) -> anyhow::Result<usize> {
        let (url, sql) = (self.url(folder), format!("SELECT COUNT(*) FROM {table}"));
        let count: i64 = match self {
            Self::Sqlite => {
                let mut connection = SqliteConnection::connect(&url).await?;
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await?
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&url).await?;
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await?
            }
        };
        Ok(usize::try_from(count)?)
    }

    /// One number, read past the server, of the row or rows of these ids.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn number(&self, folder: &Path, sql: &'static str, ids: &[&[u8]]) -> anyhow::Result<i64> {
        let url = self.url(folder);
        Ok(match self {
            Self::Sqlite => {
                let mut connection = SqliteConnection::connect(&url).await?;
                let query = ids.iter().fold(sqlx::query_scalar(sql), |query, id| query.bind(*id));
                let found = query.fetch_one(&mut connection).await?;
                connection.close().await?;
                found
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&url).await?;
                let query = ids.iter().fold(sqlx::query_scalar(sql), |query, id| query.bind(*id));
                let found = query.fetch_one(&mut connection).await?;
                connection.close().await?;
                found
            }
        })
    }

    /// Copies what a stopped server has left, as a backup does.
    ///
    /// # Errors
    /// When somebody is still connected, or nothing can be copied.
    pub async fn back_up(&self, folder: &Path) -> anyhow::Result<Backup> {
        match self {
            Self::Sqlite => {
                let copy = folder.join("backup.db");
                std::fs::copy(folder.join("refrain.db"), &copy)?;
                ensure!(!folder.join("refrain.db-wal").exists(), "what was written is not in the file yet");
                Ok(Backup::File(copy))
            }
            Self::Postgres { server, name } => {
                let copy = format!("{name}_backup");
                run(server, &[format!("CREATE DATABASE {copy} TEMPLATE {name}")]).await?;
                Ok(Backup::Postgres(copy))
            }
        }
    }

    /// Puts a backup in place of the database of a stopped server.
    ///
    /// # Errors
    /// When somebody is still connected, or nothing can be put there.
    pub async fn restore(&self, folder: &Path, backup: Backup) -> anyhow::Result<()> {
        match (self, backup) {
            (Self::Sqlite, Backup::File(copy)) => Ok(std::fs::rename(copy, folder.join("refrain.db"))?),
            (Self::Postgres { server, name }, Backup::Postgres(copy)) => {
                let drop = format!("DROP DATABASE {name}");
                run(server, &[drop, format!("ALTER DATABASE {copy} RENAME TO {name}")]).await
            }
            _ => bail!("a backup of another kind of database"),
        }
    }

    /// Drops a PostgreSQL database; a file goes with its folder.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn drop(&self) -> anyhow::Result<()> {
        if let Self::Postgres { server, name } = self {
            let copy = format!("DROP DATABASE IF EXISTS {name}_backup WITH (FORCE)");
            run(server, &[copy, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")]).await?;
        }
        Ok(())
    }
}

async fn run(server: &str, statements: &[String]) -> anyhow::Result<()> {
    let mut admin = PgConnection::connect(server).await?;
    for sql in statements {
        sqlx::query(AssertSqlSafe(sql.clone())).execute(&mut admin).await?;
    }
    Ok(())
}
