//! The object store of others: proved at the start, looked at while the server runs, and believed after a look.

use std::time::Duration;

use anyhow::{Context, ensure};
use refrain::http::wire::time::Time;
use refrain_tests::{
    Case, Process,
    bucket::{Bucket, Fault},
    case::SignIn,
    database::Database,
};
use reqwest::Method;
use serde_json::json;
use sync_core::instant::Span;
use tokio::time::{sleep, timeout};

const WITHIN: Duration = Duration::from_secs(40);

async fn set_up(bucket: &Bucket, folder: &std::path::Path) -> anyhow::Result<Process> {
    let mut process = Process::set_up(Database::Sqlite, folder).await?;
    for (name, value) in bucket.settings() {
        process.set(name, &value);
    }
    Ok(process)
}

#[tokio::test]
async fn a_store_that_is_not_fit_or_does_not_let_the_server_in_is_refused_at_the_start() -> anyhow::Result<()>
{
    let folder = tempfile::tempdir()?;
    let bucket = Bucket::start().await?;
    let process = set_up(&bucket, folder.path()).await?;
    let refused = async |name: &str, value: &str| {
        let ended = process.run_with(["serve"], &[(name, value)]).await;
        anyhow::Ok(format!("{:#}", ended.err().context("it is served")?))
    };
    for (fault, says) in [(Fault::NotConditional, "HTTP 501"), (Fault::WritesOver, "If-None-Match")] {
        bucket.misbehave(fault);
        let said = refused("REFRAIN_LISTEN", "127.0.0.1:0").await?;
        ensure!(said.contains("objects.url") && said.contains(says), "{fault:?}: {said}");
    }
    bucket.misbehave(Fault::Keeps);
    let said = refused("REFRAIN_LISTEN", "127.0.0.1:0").await?;
    ensure!(said.contains("has it still"), "{said}");
    bucket.misbehave(Fault::None);
    let said = refused("AWS_SECRET_ACCESS_KEY", "another-secret").await?;
    ensure!(said.contains("HTTP 403") && !said.contains("another-secret"), "{said}");
    let said = refused("REFRAIN_OBJECTS__URL", "s3://no-such-bucket/refrain").await?;
    ensure!(said.contains("HTTP 404"), "{said}");
    process.end().await
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_whole_and_a_store_that_is_away_is_told() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let bucket = Bucket::start().await?;
    let mut process = set_up(&bucket, folder.path()).await?;
    // Away at the start: everything but clips goes on.
    bucket.misbehave(Fault::Away);
    process.start().await?;
    let (server, now) = (process.api()?, process.now());
    hindrance(&process, true).await?;
    bucket.misbehave(Fault::None);
    hindrance(&process, false).await?;
    ensure!(bucket.is_empty(), "its proof is gone");
    bucket.misbehave(Fault::LosesAnAnswer);
    let sign_in = SignIn { otpauth: &process.otpauth, at: now };
    let case = Case::open(&server, sign_in, "2026-01-14T09:00:00Z").await?;
    ensure!(bucket.len() == 1, "{} objects", bucket.len());
    let terms = json!({ "expires_at": Time(now + Span::from_days(7)) });
    case.therapist.release(case.client, case.clip, terms).await?;
    let mut phone = case.pair(&server, "Phone", now).await?;
    phone.ask().await?;
    ensure!(phone.leased().next().is_some());

    bucket.misbehave(Fault::Keeps);
    case.therapist.api().call(Method::DELETE, &format!("/v1/clips/{}", case.clip), None).await?;
    timeout(WITHIN, async {
        while bucket.deletions() == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .context("nothing is deleted")?;
    // The row still says that it is there, and the server comes back to it.
    ensure!(waiting(&process).await? == 1, "it is taken for erased");
    process.end().await
}

/// Until `/readyz` says that the store is away, or not any more.
async fn hindrance(process: &Process, is_there: bool) -> anyhow::Result<()> {
    timeout(WITHIN, async {
        loop {
            let (status, body) = process.api()?.send(Method::GET, "/readyz", None).await?;
            ensure!(status.is_success(), "revocations and leases go on: {status}");
            let told = body["hindrances"].as_array().is_some_and(|all| all.contains(&json!("objects")));
            if told == is_there {
                return Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .context("/readyz does not say so")?
}

async fn waiting(process: &Process) -> anyhow::Result<usize> {
    process.database().count(process.folder(), "outbox WHERE kind = 'erase_object'").await
}
