//! A look at a database that changes nothing: no tables are made, and none brought up to date.

use std::{path::Path, str::FromStr};

use sqlx::{
    Connection, PgConnection, SqliteConnection, migrate::MigrateError, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use sync_core::instant::Instant;

use super::{StoreError, db::check_line, migrations, notices};
use crate::nouns::durable;

/// The tables of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// There are none yet: a first start makes them.
    None,
    /// They are of an older version: the next start brings them up to date.
    Older,
    /// They are of this version.
    Level,
}

/// A database as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its tables.
    pub tables: Tables,
    /// Its own clock, if it has one.
    pub clock: Option<Instant>,
    /// When the newest entry of the audit was written.
    pub newest: Option<Instant>,
}

/// Looks at `sqlite://path` or `postgres://…`.
///
/// # Errors
/// Why a server could not use it.
pub async fn look(url: &str) -> Result<Found, StoreError> {
    match url.strip_prefix("sqlite://") {
        Some(path) => look_at_sqlite(Path::new(path)).await,
        None => look_at_postgres(url).await,
    }
}

const NEWEST: &str = "SELECT MAX(at) FROM audit_entry";
const VERSION: &str = "SELECT MAX(version) FROM _sqlx_migrations";

async fn look_at_sqlite(path: &Path) -> Result<Found, StoreError> {
    const TABLES: &str = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    if !path.exists() {
        return Ok(Found { tables: Tables::None, clock: None, newest: None });
    }
    durable::check_private(path)?;
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let whole: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
    if whole != "ok" {
        return Err(StoreError::Inconsistent("page of the database"));
    }
    let has_tables: i64 = sqlx::query_scalar(TABLES).fetch_one(&mut connection).await?;
    if has_tables == 0 {
        return Ok(Found { tables: Tables::None, clock: None, newest: None });
    }
    let version: Option<i64> = sqlx::query_scalar(VERSION).fetch_one(&mut connection).await?;
    let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(&mut connection).await?;
    let tables = compare(version, &migrations::for_sqlite())?;
    Ok(Found { tables, clock: None, newest: newest.map(Instant::from_millis) })
}

async fn look_at_postgres(url: &str) -> Result<Found, StoreError> {
    const READ_ONLY: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";
    const CLOCK: &str = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint";
    const TABLES: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let options = PgConnectOptions::from_str(url)?.extra_float_digits(None);
    check_line(&options)?;
    if !notices::come_back(&options).await? {
        return Err(StoreError::Pooler);
    }
    let mut connection = PgConnection::connect_with(&options).await?;
    if sqlx::query_scalar(READ_ONLY).fetch_one(&mut connection).await? {
        return Err(StoreError::ReadOnly);
    }
    let clock: i64 = sqlx::query_scalar(CLOCK).fetch_one(&mut connection).await?;
    let clock = Some(Instant::from_millis(clock));
    if !sqlx::query_scalar::<_, bool>(TABLES).fetch_one(&mut connection).await? {
        return Ok(Found { tables: Tables::None, clock, newest: None });
    }
    let version: Option<i64> = sqlx::query_scalar(VERSION).fetch_one(&mut connection).await?;
    let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(&mut connection).await?;
    let tables = compare(version, &migrations::for_postgres())?;
    Ok(Found { tables, clock, newest: newest.map(Instant::from_millis) })
}

fn compare(version: Option<i64>, known: &sqlx::migrate::Migrator) -> Result<Tables, StoreError> {
    let newest = known.iter().map(|migration| migration.version).max();
    match (version, newest) {
        (None, _) => Ok(Tables::None),
        (Some(version), Some(newest)) if version > newest => {
            Err(MigrateError::VersionMissing(version).into())
        }
        (version, newest) if version == newest => Ok(Tables::Level),
        _ => Ok(Tables::Older),
    }
}
