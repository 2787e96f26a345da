//! Mistakes of those who run the server: each ends in a sentence of its own, with the setting and the cause.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, ensure};
use refrain_tests::{Process, database::Database, pooler::Pooler};

/// What the program says when it is to serve with this setting, which it must not.
async fn refused(process: &Process, variable: &str, value: &str) -> anyhow::Result<String> {
    let ended = process.run_with(["serve"], &[(variable, value)]).await;
    let said = ended.err().with_context(|| format!("{variable}={value} is served"))?;
    Ok(format!("{said:#}"))
}

#[tokio::test]
async fn each_mistake_with_postgresql_has_a_sentence_of_its_own() -> anyhow::Result<()> {
    const URL: &str = "REFRAIN_DATABASE__URL";
    let Some(database) = Database::postgres().await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let process = Process::set_up(database, folder.path()).await?;
    let (host, name) = process.database().host_and_name().context("PostgreSQL")?;
    let pooler = Pooler::start(&host, &name, folder.path()).await?;
    let session_pooler = Pooler::start_keeping_sessions(&host, &name, folder.path()).await?;
    let secret = "s3cret-of-the-operator";
    let url = |user: &str, host: &str, name: &str| format!("postgres://{user}:{secret}@{host}/{name}");
    let mut sentences = BTreeSet::new();
    for (url, says) in [
        (url("postgres", &host, "refrain_no_such_database"), "no database of this name (SQLSTATE 3D000)"),
        (url("refrain_no_such_role", &host, &name), "this role may not sign in (SQLSTATE 28000)"),
        (url("postgres", "127.0.0.1:1", &name), "connection refused"),
        (url("postgres", "refrain.invalid", &name), "database.url"),
        (url("postgres", &pooler.address(), &name), "directly"),
    ] {
        let said = refused(&process, URL, &url).await?;
        ensure!(said.contains(says) && said.contains("database.url"), "{says}: {said}");
        ensure!(!said.contains(secret), "the password is told: {said}");
        sentences.insert(said);
    }
    ensure!(sentences.len() == 5, "{sentences:?}");
    // A pooler that keeps a connection for each session does no harm.
    let url = url("postgres", &session_pooler.address(), &name);
    process.run_with(["keys", "show"], &[(URL, &url)]).await?;
    pooler.end().await?;
    session_pooler.end().await?;
    process.end().await
}

#[tokio::test]
async fn each_mistake_on_disk_has_a_sentence_of_its_own() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = Process::set_up(Database::Sqlite, folder.path()).await?;
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("no.db"), "this is no database, and long enough to be seen as none")?;
    private(&file("no.db"))?;
    std::fs::write(file("a_file"), "")?;
    let mut sentences = BTreeSet::new();
    for (variable, value, says) in [
        ("REFRAIN_DATABASE__URL", format!("sqlite://{}", file("no.db").display()), "no SQLite database"),
        ("REFRAIN_DATABASE__URL", format!("sqlite://{}/x.db", file("nowhere").display()), "database.url"),
        ("REFRAIN_OBJECTS__URL", format!("file://{}/objects", file("a_file").display()), "objects.url"),
        ("REFRAIN_LEDGER__PATH", file("nowhere/ledger").display().to_string(), "ledger.path"),
        ("REFRAIN_KEYS__DIR", file("a_file/keys").display().to_string(), "keys.dir"),
        ("REFRAIN_LIMITS__CONNECTIONS_PER_ADDRESS", "0".to_owned(), "limits.connections_per_address"),
        ("REFRAIN_PUSH__CONTACT", "mailto:it@localhost".to_owned(), "push.contact"),
    ] {
        let said = refused(&process, variable, &value).await?;
        ensure!(said.contains(says), "{variable}: {said}");
        sentences.insert(said);
    }
    ensure!(sentences.len() == 7, "{sentences:?}");
    process.end().await
}

fn private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}
