//! The real program obeys service managers.

use anyhow::ensure;
use refrain_tests::{Process, database::Database};
use reqwest::Method;

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
