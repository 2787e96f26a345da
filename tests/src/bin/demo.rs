//! `cargo xtask demo`: the real server, the real network, and the main story as a timeline.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use refrain::nouns::clock::Clock;
use refrain_tests::{
    api::{Api, text},
    database::Database,
    demo::{Cast, Timeline, tell},
    process::Process,
    push_service::PushService,
    server::{EMAIL, PASSWORD},
};
use reqwest::Method;

/// What the demo is told.
#[derive(Parser)]
struct Args {
    /// The server's program.
    #[arg(long)]
    refrain: PathBuf,
    /// Ends after the story.
    #[arg(long)]
    no_serve: bool,
    /// The folder of the built web apps: the server that goes on serves them.
    #[arg(long)]
    web: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // A folder of its own for each run: a second one does not trip over the first.
    let folder = tempfile::Builder::new().prefix("refrain-demo-").tempdir()?;
    let mut process = play(&args, folder.path()).await?;
    if !args.no_serve {
        invite(&process, &args)?;
        tokio::signal::ctrl_c().await?;
        println!("\n  Stopping, and leaving nothing behind.");
    }
    let status = process.terminate().await?;
    anyhow::ensure!(status.success(), "the server ended with {status}");
    Ok(())
}

async fn play(args: &Args, folder: &Path) -> anyhow::Result<Process> {
    println!("\n  Refrain: a clip is released, replayed offline, and taken back everywhere.");
    println!("  Real server, SQLite, encrypted objects, plain HTTP on loopback; every name is invented.");
    let timeline = Timeline::begin();
    timeline.chapter("A practice is set up");
    let mut process = timeline
        .step("refrain init: keys, practice, crisis number, first therapist", async {
            Process::set_up_with(&args.refrain, Database::Sqlite, folder).await
        })
        .await?;
    if let Some(web) = &args.web {
        process.set("REFRAIN_WEB__DIR", web.to_str().context("the folder's name")?);
    }
    timeline.step("refrain serve", process.start()).await?;
    let (server, now) = (process.api()?, process.now());
    let pushes = PushService::start(Clock::System, &push_key(&server).await?).await?;
    let sign_in = (EMAIL, PASSWORD, process.otpauth.as_str());
    let mut cast = Cast::assemble(&timeline, &server, sign_in, now).await?;
    tell(&timeline, &mut cast, &pushes, now).await?;
    let faults = pushes.faults();
    anyhow::ensure!(faults.is_empty(), "the push service found fault: {faults:?}");
    let audit = timeline.step("refrain audit verify", process.run(["audit", "verify"])).await?;
    audit.lines().for_each(|line| timeline.found(line));
    println!("\n  Everything was as it must be.");
    Ok(process)
}

async fn push_key(server: &Api) -> anyhow::Result<Vec<u8>> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let answer = server.call(Method::GET, "/v1/push-key", None).await?;
    BASE64_URL_SAFE_NO_PAD.decode(text(&answer, "key")?).context("the push key")
}

fn invite(process: &Process, args: &Args) -> anyhow::Result<()> {
    let base = process.api()?.base().to_owned();
    println!("\n  The server goes on at {base}. Try:\n");
    if args.web.is_some() {
        println!("    {base}/ in a browser: the companion");
        println!("    {base}/console/ in a browser: the console, for Ada");
    }
    println!("    curl {base}/readyz");
    println!("    curl {base}/openapi.json");
    let program = args.refrain.display();
    println!("    {program} --config {} audit verify", process.config().display());
    println!("\n  Ada signs in at the console, or by POST {base}/v1/sign-in, with");
    println!("    e-mail    {EMAIL}");
    println!("    password  {PASSWORD}");
    println!("    code      from an authenticator app with {}", process.otpauth);
    println!("\n  Ctrl-C ends it.");
    Ok(())
}
