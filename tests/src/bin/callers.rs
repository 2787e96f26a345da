//! Callers for the tester of the API: the real server with a practice in it, and a token of each kind of caller.
//!
//! One line of JSON on standard output; it ends with its input.

use std::{io, path::PathBuf};

use clap::Parser;
use refrain_tests::{
    Companion, Laptop,
    case::{Case, SignIn},
    database::Database,
    process::Process,
};
use serde_json::json;

/// What the callers are told.
#[derive(Parser)]
struct Args {
    /// The server's program.
    #[arg(long)]
    refrain: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let folder = tempfile::Builder::new().prefix("refrain-callers-").tempdir()?;
    let mut process = Process::set_up_with(&args.refrain, Database::Sqlite, folder.path()).await?;
    process.start().await?;
    let (server, now) = (process.api()?, process.now());
    let sign_in = SignIn { otpauth: &process.otpauth, at: now };
    let case = Case::open(&server, sign_in, "2026-11-16T10:00:00Z").await?;
    let terms = json!({ "expires_at": "2027-01-20T08:00:00Z" });
    let release = case.therapist.release(case.client, case.clip, terms).await?;
    // The tester knows tokens, and signs nothing.
    let code = case.therapist.invite(case.client).await?;
    let phone = Companion::pair_unsigned(&server, &code, "Phone", now).await?;
    case.therapist.confirm_device(&phone).await?;
    let console = Laptop::pair(case.therapist.api(), "Desk", case.client).await?;
    let callers = json!({
        "base": server.base(),
        "tokens": {
            "phone": phone.api().token(),
            "console": console.api().token(),
            "therapist": case.therapist.api().token(),
        },
        // By the prefix that they have in JSON.
        "ids": {
            "client": [case.client],
            "dev": [phone.device],
            "rec": [case.recording],
            "part": [case.client_heard, case.therapist_heard],
            "form": [case.form],
            "clip": [case.clip],
            "rel": [release],
            "staff": [case.therapist.staff],
        },
    });
    println!("{callers}");
    for line in io::stdin().lines() {
        line?;
    }
    process.terminate().await?;
    Ok(())
}
