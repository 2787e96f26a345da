//! The real program obeys service managers.

use std::time::Duration;

use anyhow::ensure;
use refrain_tests::{Process, database::Database};
use reqwest::Method;
use tokio::time::timeout;

/// What is not answered within this time waits for the log.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_program_is_set_up_served_killed_served_again_and_terminated() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut process = Process::set_up(Database::Sqlite, folder.path()).await?;
    ensure!(process.otpauth.starts_with("otpauth://"));
    ensure!(
        process
            .run([
                "init",
                "--json",
                "--practice",
                "A",
                "--contact",
                "1",
                "--crisis",
                "2",
                "--email",
                "b@practice.example",
                "--name",
                "B"
            ])
            .await
            .is_err(),
        "set up twice"
    );
    process.start().await?;
    let address = process.address()?;
    process.kill_nine().await?;
    process.start_again().await?;
    ensure!(process.address()? == address);
    ensure!(process.run(["audit", "verify"]).await?.contains("unbroken"));
    let ready = process.api()?.call(Method::GET, "/readyz", None).await?;
    ensure!(ready["ledger_proved"] == true, "{ready}");
    let ended = process.terminate().await?;
    ensure!(ended.code() == Some(0), "{ended}");
    process.end().await
}

#[tokio::test]
async fn a_log_that_is_not_read_stops_neither_requests_nor_the_end() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut process = Process::set_up(Database::Sqlite, folder.path()).await?;
    process.leave_log_unread();
    process.start().await?;
    let api = process.api()?;
    // A pipe holds 64 KiB, and each answer is a line of some 200 bytes.
    for _ in 0..2_000 {
        let (status, body) = timeout(PATIENCE, api.send(Method::GET, "/healthz", None)).await??;
        ensure!(status.is_success(), "{status}: {body}");
    }
    let ended = process.terminate().await?;
    ensure!(ended.code() == Some(0), "{ended}");
    process.end().await
}
