//! A paired phone sends everything that a phone never would, and the running server's memory stays bounded.
//!
//! Short: `cargo xtask bench hostile` does the same for a minute and measures. The bound is generous, because allocators
//! differ: without any of the limits of the protocol's table it is passed at once.

use std::time::Duration;

use anyhow::{Context, ensure};
use refrain::http::wire::time::Time;
use refrain_tests::{
    Case, Companion, Process,
    attacker::{ATTACKS, Attack},
    case::SignIn,
    database::Database,
    siege::Siege,
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_core::{documents::Letter, id::ClientId, instant::Span};
use tokio::time::Instant;

const MIB: u64 = 1 << 20;
/// The sixteen connections that a device may have keep twelve megabytes each; those that had to give way hold most of a
/// frame until they have said farewell. Without a limit of connections it is more.
const MOST: u64 = 720 * MIB;
/// What may stay when it is over. Allocators give memory back when they are next asked for some, and not at once.
const LEFT: u64 = 256 * MIB;
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_hostile_phone_does_not_make_the_running_server_grow() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let siege = Siege::begin(folder.path()).await?;
    let floor = siege.resident()?;
    for attack in ATTACKS {
        let cost = siege.attack(attack).await.with_context(|| format!("{attack:?}"))?;
        ensure!(cost.peak < floor + MOST, "{attack:?}: {} MiB, from {}", cost.peak / MIB, floor / MIB);
    }
    let given_back = async {
        while siege.resident()? > floor + LEFT {
            siege.attack(Attack::SameNumber).await?;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, given_back).await.context("what the attacks took is not given back")??;
    siege.end().await
}

/// What the server may have in memory whatever a journal has grown to.
const MOST_FOR_A_JOURNAL: u64 = 512 * MIB;
/// How many long letters fill most of what a journal may have, and how many short ones fill the rest.
const LONG: usize = 1_900;
const SHORT: usize = 900;
/// Within this time another client's clips are paused, half of the times at least: the machine is shared.
const PAUSED_WITHIN: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_journal_that_has_grown_costs_the_server_little_and_nobody_else_waits() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut process = Process::set_up(Database::Sqlite, folder.path()).await?;
    process.start().await?;
    let sign_in = SignIn { otpauth: &process.otpauth, at: process.now() };
    let mut case = Case::open(&process.api()?, sign_in, "2026-01-14T09:00:00Z").await?;
    let bystander = case.therapist.add_client("Clara Example").await?;
    let terms = json!({ "expires_at": Time(process.now() + Span::from_days(7)) });
    let release = case.therapist.release(case.client, case.clip, terms).await?;
    let mut phone = case.pair(&process.api()?, "Phone", process.now()).await?;
    phone.contact().await?;
    let at = process.now();
    for n in 0..LONG {
        let words = format!("{n:08}{}", "May I ask? ".repeat(135));
        phone.write(&Letter::Request { release: None, at, words })?;
        if n % 500 == 499 {
            phone.sync().await?;
        }
    }
    phone.sync().await?;

    // Read anew, it lies in one piece; and then it goes on in very small steps.
    process.kill_nine().await?;
    process.start_again().await?;
    case.therapist = case.therapist.toward(&process.api()?);
    phone.reach(&process.api()?);
    process.forget_peak()?;
    for n in 0..SHORT {
        phone.write(&Letter::Rating { release, at, value: (n % 5) as u8 })?;
    }
    let paused = beside(phone.sync(), &case, bystander).await?;
    ensure!(median(&paused) < PAUSED_WITHIN, "writing: pauses took {paused:?}");

    // Whoever is not confirmed yet may ask who belongs to the phone, and the desk looks for letters.
    let code = case.therapist.invite(case.client).await?;
    let new = Companion::pair(&process.api()?, &code, "New phone", process.now()).await?;
    let paused = beside(ask_who_belongs(&new, 40), &case, bystander).await?;
    ensure!(median(&paused) < PAUSED_WITHIN, "reading: pauses took {paused:?}");
    let path = format!("/v1/clients/{}/letters", case.client);
    let letters = case.therapist.api().call(Method::GET, &path, None).await?;
    ensure!(letters["letters"].as_array().context("letters")?.len() > 1_000);
    let peak = process.memory()?.peak;
    ensure!(peak < MOST_FOR_A_JOURNAL, "{} MiB of memory", peak / MIB);
    process.end().await
}

async fn ask_who_belongs(phone: &Companion, times: usize) -> anyhow::Result<()> {
    let asked = (0..times).map(|_| phone.send(Method::GET, "/v1/device/circle"));
    let answers = futures_util::future::try_join_all(asked).await?;
    // A phone asks sixteen at a time, and is told to wait with the others.
    let is_told = |status: &StatusCode| [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS].contains(status);
    let statuses: Vec<_> = answers.iter().map(|(status, _)| *status).collect();
    ensure!(statuses.iter().all(is_told) && statuses.contains(&StatusCode::OK), "{statuses:?}");
    Ok(())
}

/// Does something to its end, and pauses the clips of another client all the while; gives how long each pause took.
async fn beside(
    work: impl Future<Output = anyhow::Result<()>>,
    case: &Case,
    bystander: ClientId,
) -> anyhow::Result<Vec<Duration>> {
    let (mut took, mut work) = (Vec::new(), std::pin::pin!(work));
    loop {
        let began = Instant::now();
        let path = format!("/v1/clients/{bystander}/holds");
        let pause = case.therapist.api().call(Method::POST, &path, Some(json!({})));
        let mut pause = std::pin::pin!(pause);
        tokio::select! {
            done = &mut work => {
                done?;
                pause.await?;
                took.push(began.elapsed());
                return Ok(took);
            }
            paused = &mut pause => {
                paused?;
                took.push(began.elapsed());
            }
        }
    }
}

fn median(took: &[Duration]) -> Duration {
    let mut took = took.to_vec();
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or_default()
}
