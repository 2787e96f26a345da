//! The tables' history: one source for both databases, in SQLite's words.
//!
//! PostgreSQL gets the same text with two other words, `BYTEA` and `BIGINT`. A file `….sqlite.sql` or `….postgres.sql` is for
//! that database alone. A migration that was applied once is never edited: sqlx compares its checksum at each start.

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, Migrator},
};

static SOURCE: Migrator = sqlx::migrate!();

/// The ends of names of files that are for one database alone.
const FOR_SQLITE: &str = ".sqlite";
const FOR_POSTGRES: &str = ".postgres";

/// The migrations of SQLite.
pub(super) fn for_sqlite() -> Migrator {
    migrator(|migration| (!migration.description.ends_with(FOR_POSTGRES)).then(|| migration.clone()))
}

/// The migrations of PostgreSQL.
pub(super) fn for_postgres() -> Migrator {
    migrator(|migration| match &*migration.description {
        name if name.ends_with(FOR_SQLITE) => None,
        name if name.ends_with(FOR_POSTGRES) => Some(migration.clone()),
        _ => Some(in_postgres_words(migration)),
    })
}

fn migrator(of: impl Fn(&Migration) -> Option<Migration>) -> Migrator {
    let migrations: Vec<_> = SOURCE.iter().filter_map(of).collect();
    Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT }
}

fn in_postgres_words(migration: &Migration) -> Migration {
    let mut sql = String::with_capacity(migration.sql.as_str().len());
    for word in migration
        .sql
        .as_str()
        .split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
    {
        let end = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        sql += match end {
            "BLOB" => "BYTEA",
            "INTEGER" => "BIGINT",
            other => other,
        };
        sql += &word[end.len()..];
    }
    let Migration { version, description, migration_type, no_tx, .. } = migration;
    Migration::new(*version, description.clone(), *migration_type, AssertSqlSafe(sql).into_sql_str(), *no_tx)
}

/// Tells these migrations of PostgreSQL from any others: the end of a database's name.
#[cfg(test)]
pub(crate) fn migrations_digest() -> String {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    for_postgres().iter().for_each(|migration| digest.update(&migration.checksum));
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_every_version_once() {
        let versions = |migrator: &Migrator| migrator.iter().map(|one| one.version).collect::<Vec<_>>();
        let (sqlite, postgres) = (for_sqlite(), for_postgres());
        let all: Vec<_> = (1..=i64::try_from(sqlite.iter().count()).unwrap()).collect();
        assert_eq!(versions(&sqlite), all);
        assert_eq!(versions(&postgres), all);
    }

    #[test]
    fn a_migration_that_was_applied_keeps_its_checksum() {
        // Of the first and a later one, as they were when the databases had a folder each.
        let checksum = |migrator: &Migrator, version: i64| {
            let found = migrator.iter().find(|one| one.version == version).unwrap();
            found.checksum.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_eq!(checksum(&for_sqlite(), 1), "a8733c199400c616");
        assert_eq!(checksum(&for_postgres(), 1), "06f21eb3fefc4128");
        assert_eq!(checksum(&for_sqlite(), 11), "730186dddb6b6a3d");
        assert_eq!(checksum(&for_postgres(), 11), "730186dddb6b6a3d");
        assert_eq!(checksum(&for_postgres(), 15), "267e2b84a3acee02");
    }
}
