//! A stage for the browser tests: the real server with the web apps, and a therapist who follows
//! orders.
//!
//! One JSON object a line: questions on standard input, answers on standard output. It ends with
//! its input.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use refrain::http::wire::time::Time;
use refrain_tests::{
    Companion, Laptop,
    api::text,
    case::{Case, SignIn},
    database::Database,
    process::Process,
    server::{EMAIL, PASSWORD},
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use sync_core::{
    digits::Digits,
    documents::{Letter, PartOfDay},
    id::{ClientId, DeviceId, ReleaseId},
    instant::Span,
    terms::{QuietHours, Terms},
    vocabulary::Vocabulary,
};

/// What the stage is told.
#[derive(Parser)]
struct Args {
    /// The server's program.
    #[arg(long)]
    refrain: PathBuf,
    /// The folder of the built web apps.
    #[arg(long)]
    web: PathBuf,
    /// No practice is set up.
    #[arg(long)]
    not_set_up: bool,
}

struct Stage {
    process: Process,
    case: Case,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let folder = tempfile::Builder::new().prefix("refrain-stage-").tempdir()?;
    if args.not_set_up {
        return before_set_up(&args, folder.path()).await;
    }
    let mut process = Process::set_up_with(&args.refrain, Database::Sqlite, folder.path()).await?;
    process.set("REFRAIN_WEB__DIR", args.web.to_str().context("the folder's name")?);
    process.start().await?;
    let at = process.now();
    let sign_in = SignIn { otpauth: &process.otpauth, at };
    let case = Case::open(&process.api()?, sign_in, "2026-11-16T10:00:00Z").await?;
    let mut stage = Stage { process, case };
    println!("{}", json!({ "base": stage.process.api()?.base() }));
    // This thread does nothing else: the server's output is read on another one.
    for line in io::stdin().lines() {
        let answer = match stage.answer(&serde_json::from_str(&line?)?).await {
            Ok(answer) => json!({ "ok": answer }),
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        println!("{answer}");
    }
    stage.process.terminate().await?;
    Ok(())
}

/// A server that nobody has set up: all that can be asked for is the code that it makes.
async fn before_set_up(args: &Args, folder: &Path) -> anyhow::Result<()> {
    let mut process = Process::not_set_up(&args.refrain, Database::Sqlite, folder).await?;
    process.set("REFRAIN_WEB__DIR", args.web.to_str().context("the folder's name")?);
    process.start().await?;
    println!("{}", json!({ "base": process.api()?.base() }));
    for line in io::stdin().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let answer = match (text(&asked, "do")?, process.set_up_code()) {
            ("code", Some(code)) => json!({ "ok": code }),
            ("said", _) => json!({ "ok": process.said() }),
            _ => json!({ "error": "not before set-up" }),
        };
        println!("{answer}");
    }
    process.terminate().await?;
    Ok(())
}

impl Stage {
    async fn answer(&mut self, asked: &Value) -> anyhow::Result<Value> {
        let (client, therapist) = (self.case.client, &self.case.therapist);
        let release = || -> anyhow::Result<ReleaseId> { Ok(ReleaseId::parse(text(asked, "release")?)?) };
        match text(asked, "do")? {
            "invite" => Ok(json!(therapist.invite(client).await?)),
            // Every phone that waits: the names were seen, and the digits read aloud.
            "confirm" => {
                let path = format!("/v1/clients/{client}/devices");
                let listed = therapist.api().call(Method::GET, &path, None).await?;
                let devices = listed["devices"].as_array().context("devices")?;
                let waiting = devices.iter().filter(|device| device["confirmed_at"].is_null());
                for device in waiting.filter(|device| device["removed_at"].is_null()) {
                    let device = text(device, "device")?;
                    let digits = self.digits(DeviceId::parse(device)?).await?.to_string();
                    let path = format!("{path}/{device}/confirmation");
                    therapist.api().call(Method::POST, &path, Some(json!({ "digits": digits }))).await?;
                }
                Ok(listed)
            }
            "upload" => {
                let heard = [self.case.client_heard, self.case.therapist_heard];
                let media = refrain_tests::media::read(text(asked, "file")?)?;
                therapist.upload(self.case.recording, text(asked, "title")?, &heard, media).await
            }
            "release" => {
                let mut request = asked["request"].clone();
                if request["clip"].is_null() {
                    request["clip"] = json!(self.case.clip);
                }
                let path = format!("/v1/clients/{client}/releases");
                Ok(therapist.api().call(Method::POST, &path, Some(request)).await?["release"].clone())
            }
            "revoke" => {
                therapist.revoke(client, json!({ "release": release()? }), None).await?;
                Ok(Value::Null)
            }
            "hold" => {
                let path = format!("/v1/releases/{}/holds", release()?);
                therapist.api().call(Method::POST, &path, Some(json!({}))).await
            }
            "remove" => {
                let path = format!("/v1/clients/{client}/devices/{}", text(asked, "device")?);
                therapist.api().call(Method::DELETE, &path, None).await
            }
            "listening" => {
                therapist.api().call(Method::GET, &format!("/v1/clients/{client}/listening"), None).await
            }
            "truth" => therapist.truth(client, release()?).await,
            "duties" => {
                therapist.api().call(Method::GET, "/v1/duties?letters_since=2026-01-01T00:00:00Z", None).await
            }
            // On a laptop that has not heard of a pause of everything she shares the clip.
            "share_unaware" => {
                let (clip, recording, now) = (self.case.clip, self.case.recording, self.process.now());
                let mut laptop = Laptop::pair(therapist.api(), "Ada's laptop", client).await?;
                laptop.sync().await?;
                laptop.go_offline();
                let path = format!("/v1/clients/{client}/holds");
                therapist.api().call(Method::POST, &path, Some(json!({}))).await?;
                let terms = Terms {
                    not_before: None,
                    expires_at: now + Span::from_days(7),
                    offline_for: Span::from_hours(72),
                    daily_limit: None,
                    quiet_hours: QuietHours::NONE,
                    planned_daily: None,
                };
                let release = laptop.release(clip, recording, terms, now);
                laptop.sync().await?;
                Ok(json!(release))
            }
            // Another phone of the client's plays it once, or has played it as is said here, and says that this may be told.
            "listen" => {
                let (server, release, now) = (self.process.api()?, release()?, self.process.now());
                let mut phone = self.case.pair(&server, "Second phone", now).await?;
                phone.contact().await?;
                phone.write(&Letter::Sharing { on: true, at: now })?;
                match asked.get("plays").and_then(Value::as_array) {
                    Some(plays) => {
                        for play in plays {
                            let day: Time = serde_json::from_value(play["day"].clone())?;
                            let part = PartOfDay::parse(text(play, "part")?).context("part of the day")?;
                            let times = u32::try_from(play["times"].as_u64().context("times")?)?;
                            phone.played_on(release, (day.0, part), times);
                        }
                    }
                    None => {
                        phone.play(release).await?;
                        let words = "A longer one?".into();
                        phone.write(&Letter::Request { release: Some(release), at: now, words })?;
                    }
                }
                phone.contact().await?;
                Ok(json!(phone.device))
            }
            // A phone of some client's, which writes letters or withdraws what they agreed to about a session.
            "phone" => {
                let (server, now) = (self.process.api()?, self.process.now());
                let client = ClientId::parse(text(asked, "client")?)?;
                let code = therapist.invite(client).await?;
                let mut phone = Companion::pair(&server, &code, "Phone", now).await?;
                if asked["confirmed"].as_bool().unwrap_or(false) {
                    therapist.confirm_device(&phone).await?;
                }
                if asked["copied"].as_bool().unwrap_or(false) {
                    let mut copy = phone.copy()?;
                    phone.ask().await?;
                    copy.ask().await?;
                    phone.ask().await?;
                    ensure!(copy.ask().await.is_err(), "the copy was not found");
                }
                if let Some(recording) = asked["withdraws"].as_str() {
                    let path = format!("/v1/device/sessions/{recording}/withdrawal");
                    let (status, said) = phone.send(Method::POST, &path).await?;
                    ensure!(status.is_success(), "was answered {status}: {said}");
                }
                let letters = |kind: &str| asked[kind].as_u64().unwrap_or(0);
                for _ in 0..letters("returns") {
                    let release = ReleaseId::new(now, rand::random());
                    phone.write(&Letter::Return { release, at: now })?;
                }
                for _ in 0..letters("requests") {
                    phone.write(&Letter::Request { release: None, at: now, words: "May I stop?".into() })?;
                }
                if letters("returns") + letters("requests") > 0 {
                    phone.contact().await?;
                }
                Ok(json!(phone.device))
            }
            // What a therapist at the console needs to sign in, with the code of now.
            "desk" => {
                self.forget_codes().await?;
                Ok(json!({ "email": EMAIL, "password": PASSWORD, "otpauth": self.process.otpauth }))
            }
            "case" => {
                Ok(json!({ "client": client, "clip": self.case.clip, "recording": self.case.recording }))
            }
            // Anything else that she can do at the API.
            "call" => {
                let method = Method::from_bytes(text(asked, "method")?.as_bytes())?;
                let body = asked.get("body").filter(|body| !body.is_null()).cloned();
                therapist.api().call(method, text(asked, "path")?, body).await
            }
            "stop" => {
                self.process.terminate().await?;
                Ok(Value::Null)
            }
            "start" => {
                // At the same address: it is the browser's origin.
                self.process.start_again().await?;
                Ok(Value::Null)
            }
            other => bail!("the stage does not know how to {other}"),
        }
    }

    /// What a phone in a browser shows, made of the keys that the server has.
    async fn digits(&self, device: DeviceId) -> anyhow::Result<Digits> {
        let file = SqliteConnectOptions::new().filename(self.process.folder().join("refrain.db"));
        let mut database = file.connect().await?;
        let keys = sqlx::query_as("SELECT exchange_key, signing_key FROM device WHERE id = ?");
        let (exchange, signing): (Vec<u8>, Vec<u8>) =
            keys.bind(device.as_bytes().as_slice()).fetch_one(&mut database).await?;
        database.close().await?;
        let key = |bytes: Vec<u8>| <[u8; 65]>::try_from(bytes).ok().context("a key");
        Ok(Digits::of(device, &key(exchange)?, &key(signing)?))
    }

    /// A code opens one session, and the next one comes after half a minute. No story waits for that: the server forgets which
    /// codes were used.
    async fn forget_codes(&self) -> anyhow::Result<()> {
        let file = SqliteConnectOptions::new().filename(self.process.folder().join("refrain.db"));
        let mut database = file.connect().await?;
        sqlx::query("UPDATE staff SET totp_step = 0").execute(&mut database).await?;
        Ok(database.close().await?)
    }
}
