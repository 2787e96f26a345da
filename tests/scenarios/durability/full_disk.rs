//! Disks fill. Where the next revocation would find no room, no lease is given.

use std::time::Duration;

use anyhow::{Context, ensure};
use refrain::http::wire::time::Time;
use refrain_tests::{Case, Companion, Process, case::SignIn, database::Database};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_core::{id::ReleaseId, instant::Span};
use tokio::time::timeout;

const WITHIN: Duration = Duration::from_secs(20);
const RESERVE: &str = "ledger.jsonl.reserve";

#[tokio::test]
async fn with_the_ledgers_disk_full_revocations_find_room_and_nothing_is_leased() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut process = Process::set_up(Database::Sqlite, folder.path()).await?;
    process.use_small_disk();
    process.start().await?;
    let (server, now) = (process.api()?, process.now());
    let sign_in = SignIn { otpauth: &process.otpauth, at: now };
    let case = Case::open(&server, sign_in, "2026-01-14T09:00:00Z").await?;
    let release = async || {
        let terms = json!({ "expires_at": Time(now + Span::from_days(7)) });
        case.therapist.release(case.client, case.clip, terms).await
    };
    let (first, second, kept) = (release().await?, release().await?, release().await?);
    let mut phone = case.pair(&server, "Phone", now).await?;
    phone.ask().await?;
    ensure!(leases(&phone, first) && leases(&phone, second));

    let disk = process.small_disk()?;
    disk.fill()?;
    case.therapist
        .revoke(case.client, json!({ "release": first }), None)
        .await
        .context("it finds no room")?;
    let hold = format!("/v1/releases/{second}/holds");
    let pause = async || case.therapist.api().call(Method::POST, &hold, Some(json!({}))).await;
    // The last block of the ledger's file has room for some more.
    let mut pauses = 0;
    while disk.files()?.contains(&RESERVE.to_owned()) {
        pause().await.context("a pause finds no room")?;
        pauses += 1;
        ensure!(pauses < 40, "the room is not in use");
    }
    until(&process, StatusCode::SERVICE_UNAVAILABLE, &["ledger"]).await?;
    let mut new = case.pair(&server, "New phone", now).await?;
    new.ask().await?;
    ensure!(new.leased().next().is_none(), "a lease that could not be taken back");
    // SQLite makes no file of its own there.
    pause().await.context("a pause finds no room")?;
    ensure!(disk.files()?.len() == 2, "{:?}", disk.files()?);

    disk.free()?;
    until(&process, StatusCode::OK, &[]).await?;
    ensure!(disk.files()?.contains(&RESERVE.to_owned()), "the room is kept again");
    let third = release().await?;
    phone.ask().await?;
    ensure!(leases(&phone, third) && leases(&phone, kept) && phone.is_wiped(first));
    process.end().await
}

/// Asks until the server says that it can decide, or that it cannot, and what is in the way.
async fn until(process: &Process, status: StatusCode, hindrances: &[&str]) -> anyhow::Result<()> {
    let api = process.api()?;
    let told = async {
        loop {
            let (found, body) = api.send(Method::GET, "/readyz", None).await?;
            if found == status && body["hindrances"] == json!(hindrances) {
                return anyhow::Ok(());
            }
        }
    };
    let last: Value = match timeout(WITHIN, told).await {
        Ok(told) => return told,
        Err(_) => api.send(Method::GET, "/readyz", None).await?.1,
    };
    anyhow::bail!("{status} {hindrances:?} was not told: {last}")
}

fn leases(phone: &Companion, release: ReleaseId) -> bool {
    phone.leased().any(|leased| leased == release)
}
