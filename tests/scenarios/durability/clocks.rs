//! The machine's clock leaps under the real program: nothing is ended for good, and nothing is given.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use refrain::http::wire::time::Time;
use refrain_tests::{Case, Companion, Process, case::SignIn, database::Database};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_core::{id::ReleaseId, instant::Span};
use tokio::time::timeout;

const WITHIN: Duration = Duration::from_secs(20);
/// The library that gives a program another clock, as Debian has it.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|library| library.is_file())
}

#[tokio::test]
async fn i2_nine_seconds_of_2038_end_nothing_and_a_clock_set_back_gives_nothing() -> anyhow::Result<()> {
    let Some(faketime) = faketime() else {
        let required = std::env::var_os("REFRAIN_TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
        ensure!(!required, "the package faketime is not installed");
        eprintln!("SKIPPED: a clock that leaps: the package faketime is not installed");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let clock = folder.path().join("clock");
    let leap = |by: &str| fs::write(&clock, by);
    leap("+0")?;
    let mut process = Process::set_up(Database::Sqlite, folder.path()).await?;
    process.set("LD_PRELOAD", faketime.to_str().context("path")?);
    process.set("FAKETIME_TIMESTAMP_FILE", clock.to_str().context("path")?);
    process.set("FAKETIME_NO_CACHE", "1");
    process.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    process.start().await?;
    let (server, now) = (process.api()?, process.now());
    let sign_in = SignIn { otpauth: &process.otpauth, at: now };
    let case = Case::open(&server, sign_in, "2026-01-14T09:00:00Z").await?;
    let release = async |days| {
        let terms = json!({ "expires_at": Time(now + Span::from_days(days)) });
        case.therapist.release(case.client, case.clip, terms).await
    };
    let (first, second) = (release(7).await?, release(1).await?);
    let mut phone = case.pair(&server, "Phone", now).await?;

    for by in ["+4000d", "-1d"] {
        leap(by)?;
        until(&process, StatusCode::SERVICE_UNAVAILABLE, &["clock"]).await?;
        phone.ask().await?;
        ensure!(phone.leased().next().is_none(), "a lease by a clock that is {by} off");
        leap("+0")?;
        until(&process, StatusCode::OK, &[]).await?;
    }
    // What takes away needs no clock.
    leap("+4000d")?;
    until(&process, StatusCode::SERVICE_UNAVAILABLE, &["clock"]).await?;
    case.therapist.revoke(case.client, json!({ "release": second }), None).await?;
    leap("+0")?;
    until(&process, StatusCode::OK, &[]).await?;
    phone.contact().await?;
    ensure!(leases(&phone, first) && !leases(&phone, second));
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
    timeout(WITHIN, told).await.with_context(|| format!("{status} {hindrances:?} was not told"))?
}

fn leases(phone: &Companion, release: ReleaseId) -> bool {
    phone.leased().any(|leased| leased == release)
}
