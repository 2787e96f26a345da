//! One revocation, from the therapist's request to the wipe on the phone; and a renewal of twenty
//! leases.
//!
//! The real program serves an SQLite file over loopback, synchronous FULL. The machine's own floor
//! is measured in the same run, so that the ratios say something on another machine: a revocation
//! is at the least a small file brought to disk and a WebSocket frame there and back, a batch of
//! leases one HPKE seal.

use std::{fs::File, io::Write, time::Duration};

use anyhow::{Context, ensure};
use axum::{
    Router,
    extract::ws::{WebSocket, WebSocketUpgrade},
    routing::any,
};
use futures_util::{SinkExt, StreamExt};
use hpke::{
    Deserializable, OpModeS, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256, setup_sender_with_rng,
};
use refrain::http::wire::time::Time;
use refrain_tests::{
    Case, Companion, Process, case::SignIn, database::Database, vault::Vault, world::has_ended,
};
use serde_json::json;
use sync_core::{id::ReleaseId, instant::Span};
use tokio::{net::TcpListener, time::Instant};
use tokio_tungstenite::{connect_async, tungstenite::Message};

const REVOCATIONS: usize = 100;
const BATCHES: u32 = 200;
const LEASES: usize = 20;
const FLOOR: usize = 200;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // `cargo bench <filter>` hands the filter to every benchmark: this one is called "revocation".
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    if filter.is_some_and(|filter| !"revocation".contains(&filter)) {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let mut process = Process::set_up(Database::Sqlite, folder.path()).await?;
    process.start().await?;
    let (server, now) = (process.api()?, process.now());
    let sign_in = SignIn { otpauth: &process.otpauth, at: now };
    let case = Case::open(&server, sign_in, "2026-01-14T09:00:00Z").await?;
    let mut phone = case.pair(&server, "Phone", now).await?;
    phone.contact().await?;

    let mut wiped = Vec::new();
    for _ in 0..REVOCATIONS {
        let release = release(&case, &process).await?;
        phone.contact().await?;
        ensure!(phone.is_ready(release), "the clip is not on the phone");
        wiped.push(revoke(&case, &mut phone, release).await?);
    }
    let (p50, p99) = percentiles(&mut wiped);
    let (disk, _) = percentiles(&mut fsyncs(folder.path())?);
    let (echo, _) = percentiles(&mut echoes().await?);
    println!("revocation, request to wipe     p50 {p50:>9.3?}   p99 {p99:>9.3?}   ({REVOCATIONS} of them)");
    println!("floor: fsync of 4 KiB           p50 {disk:>9.3?}");
    println!("floor: WebSocket echo of 300 B  p50 {echo:>9.3?}");
    println!("revocation ÷ (fsync + echo)     {:.1}", p50.as_secs_f64() / (disk + echo).as_secs_f64());

    let batch = renewals(&case, &process, &mut phone).await?;
    let seal = seals()?;
    println!("renewal of {LEASES} leases, server CPU  {batch:>9.3?}   (mean of {BATCHES})");
    println!("floor: one HPKE seal            {seal:>9.3?}   (this program's build)");
    println!("renewal ÷ seal                  {:.1}", batch.as_secs_f64() / seal.as_secs_f64());
    process.end().await
}

async fn release(case: &Case, process: &Process) -> anyhow::Result<ReleaseId> {
    let terms = json!({ "expires_at": Time(process.now() + Span::from_days(7)) });
    case.therapist.release(case.client, case.clip, terms).await
}

/// From the request to the erased key; the receipt is handed in afterwards.
async fn revoke(case: &Case, phone: &mut Companion, release: ReleaseId) -> anyhow::Result<Duration> {
    phone.sync().await?;
    phone.online = false;
    let began = Instant::now();
    let request = case.therapist.revoke(case.client, json!({ "release": release }), None);
    let (answered, wiped) = tokio::join!(request, async {
        phone.until_shelf(|shelf| has_ended(shelf, release)).await?;
        anyhow::Ok(began.elapsed())
    });
    answered?;
    let took = wiped?;
    ensure!(phone.is_wiped(release), "the clip is still on the phone");
    phone.online = true;
    phone.hand_in().await?;
    Ok(took)
}

async fn renewals(case: &Case, process: &Process, phone: &mut Companion) -> anyhow::Result<Duration> {
    for _ in 0..LEASES {
        release(case, process).await?;
    }
    phone.contact().await?;
    ensure!(phone.leased().count() == LEASES, "{} leases", phone.leased().count());
    let before = process.cpu_time()?;
    for _ in 0..BATCHES {
        phone.batch().await?;
    }
    Ok((process.cpu_time()? - before) / BATCHES)
}

fn fsyncs(folder: &std::path::Path) -> anyhow::Result<Vec<Duration>> {
    let mut file = File::create(folder.join("floor"))?;
    let mut took = Vec::new();
    for _ in 0..FLOOR {
        let began = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_all()?;
        took.push(began.elapsed());
    }
    Ok(took)
}

async fn echoes() -> anyhow::Result<Vec<Duration>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let routes = Router::new().route("/", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)));
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let (mut stream, _) = connect_async(url).await?;
    let mut took = Vec::new();
    for _ in 0..FLOOR {
        let began = Instant::now();
        stream.send(Message::Binary(vec![7; 300].into())).await?;
        stream.next().await.context("no echo")??;
        took.push(began.elapsed());
    }
    serving.abort();
    Ok(took)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// One encapsulation and one short item, as in a batch of one lease.
fn seals() -> anyhow::Result<Duration> {
    type PublicKey = <DhP256HkdfSha256 as hpke::Kem>::PublicKey;
    let key = Vault::new()?.exchange_key();
    let began = Instant::now();
    for _ in 0..BATCHES {
        let key = PublicKey::from_bytes(&key).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let mode = OpModeS::Base;
        let sender = setup_sender_with_rng::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(
            &mode,
            &key,
            b"info",
            &mut rand::rng(),
        );
        let (_, mut context) = sender.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        context.seal(&[7; 256], b"aad").map_err(|error| anyhow::anyhow!("{error:?}"))?;
    }
    Ok(began.elapsed() / BATCHES)
}

fn percentiles(took: &mut [Duration]) -> (Duration, Duration) {
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len() - 1)).copied();
    (at(50).unwrap_or_default(), at(99).unwrap_or_default())
}
