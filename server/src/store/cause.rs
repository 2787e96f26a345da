//! Why the database failed, in words for an operator: codes of SQL and of SQLite, and kinds of errors.

use sqlx::{Error, error::DatabaseError, migrate::MigrateError};

use crate::nouns::cause;

/// What an operator may be told of an error of the database: nothing of its own text, which quotes values.
pub(super) fn of(error: &Error) -> String {
    match error {
        Error::Database(error) => of_code(error.as_ref()),
        Error::Io(error) => cause::of_io(error),
        Error::Tls(_) => "TLS with it failed: look at sslmode and sslrootcert in database.url".into(),
        Error::Configuration(_) => "database.url is no address that can be read".into(),
        Error::Protocol(_) => {
            "it does not speak as PostgreSQL does; database.url must lead to the server directly, and not to a pooler \
             that shares connections"
                .into()
        }
        Error::PoolTimedOut => "no connection came free in time".into(),
        Error::PoolClosed => "it is closed".into(),
        Error::RowNotFound => "a row is not there".into(),
        Error::WorkerCrashed => "its worker ended".into(),
        Error::Migrate(error) => of_migration(error),
        _ => "a value is not of its type".into(),
    }
}

/// What an operator may be told of tables that could not be brought up to date.
pub(super) fn of_migration(error: &MigrateError) -> String {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => of(error),
        MigrateError::VersionMissing(version) => format!(
            "it is of a newer version of Refrain (migration {version}): serve it with that version, or restore a backup"
        ),
        MigrateError::VersionMismatch(version) => {
            format!("another program than Refrain, or a changed one, has written migration {version}")
        }
        MigrateError::Dirty(version) => format!("migration {version} was begun and not finished"),
        _ => "its migrations cannot be read".into(),
    }
}

fn of_code(error: &dyn DatabaseError) -> String {
    let Some(code) = error.code() else { return "without a code".into() };
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        // Extended codes have the plain one in their last byte (SQLite, "Result and Error Codes").
        let plain = code.parse::<u32>().unwrap_or_default() & 0xff;
        return match plain {
            5 | 6 => format!("another process keeps it locked (SQLITE_BUSY, {code})"),
            8 => format!("its file, or the folder of the file, cannot be written (SQLITE_READONLY, {code})"),
            10 => format!("its disk failed (SQLITE_IOERR, {code})"),
            11 => format!("it is damaged (SQLITE_CORRUPT, {code}): restore a backup"),
            13 => format!("its disk is full (SQLITE_FULL, {code})"),
            14 => format!("its file cannot be opened (SQLITE_CANTOPEN, {code})"),
            26 => format!("its file is no SQLite database (SQLITE_NOTADB, {code})"),
            _ => format!("SQLite's code {code}"),
        };
    }
    let known = match code.as_ref() {
        "3D000" => "there is no database of this name",
        "28000" => "this role may not sign in",
        "28P01" => "the password is not the role's",
        "42501" => "the role may not do this",
        "53100" => "its disk is full",
        "53200" => "it has no memory left",
        "53300" => "it has no connection left",
        "57P01" | "57P02" => "it is being stopped",
        "57P03" => "it is starting or being stopped",
        "57014" => "it took too long",
        "55P03" => "another transaction keeps a lock",
        "25006" => "it takes no writes: it is a standby, or set read-only",
        "26000" | "42P05" | "08P01" => {
            "it does not keep what was prepared on a connection, as poolers that share connections do not; database.url must \
             lead to the server directly"
        }
        "40001" | "40P01" => "another transaction was in the way",
        _ => return format!("SQLSTATE {code}"),
    };
    format!("{known} (SQLSTATE {code})")
}
