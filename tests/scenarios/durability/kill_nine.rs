//! The real program is killed with signal 9, again and again, while a crew is at work.
//!
//! Each promise that a change is durable is written down when it is made. After each kill the
//! program starts again, and an observer who was not there and brings nothing along asks for
//! everything that was written down. A kill comes after a random number of acknowledgements and a
//! random moment more; `REFRAIN_SEED` repeats the choices of a run, though not the machine's, and
//! `REFRAIN_KILLS` says how often.

mod crew;
mod observer;
mod promises;

use std::time::Duration;

use anyhow::{Context, ensure};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use refrain_tests::{Process, database::Database};
use tokio::{
    sync::{mpsc::UnboundedReceiver, watch},
    time::timeout,
};

use crew::Crew;
use observer::Observer;
use promises::{Promise, Promises};

/// How often, where nothing else is said.
const KILLS: usize = 15;
/// A round that brings nothing in this time brings nothing any more.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i6_what_was_acknowledged_survives_kill_nine_on_sqlite() -> anyhow::Result<()> {
    on(Database::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i6_what_was_acknowledged_survives_kill_nine_on_postgresql() -> anyhow::Result<()> {
    let Some(database) = Database::postgres().await? else { return Ok(()) };
    on(database).await
}

async fn on(database: Database) -> anyhow::Result<()> {
    let seed = number_in("REFRAIN_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    println!("REFRAIN_SEED={seed}");
    let folder = tempfile::tempdir()?;
    let told = async {
        let mut process = Process::set_up(database.clone(), folder.path()).await?;
        let survived = survives(&mut process, StdRng::seed_from_u64(seed)).await;
        survived.with_context(|| format!("with REFRAIN_SEED={seed}; it said:\n{}", process.said()))
    };
    let told = told.await;
    database.drop().await?;
    told
}

fn number_in(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

async fn survives(process: &mut Process, mut random: StdRng) -> anyhow::Result<()> {
    let kills = number_in("REFRAIN_KILLS").and_then(|kills| usize::try_from(kills).ok()).unwrap_or(KILLS);
    process.start().await?;
    let (mut crew, observer) = Crew::assemble(process, &mut random).await?;
    let mut promises = Promises::default();
    for kill in 1..=kills {
        let promised = promises.count();
        one_kill(process, &mut crew, &mut promises, &mut random).await?;
        let checked = observer.check(process, &crew, &promises).await;
        checked.with_context(|| format!("after kill {kill}, {promised} promises before that round"))?;
    }
    // Everybody gets done what a kill has interrupted, and a last stop is an orderly one.
    crew.finish(&mut promises).await?;
    observer.check(process, &crew, &promises).await?;
    let ended = process.terminate().await?;
    ensure!(ended.code() == Some(0), "{ended}");
    process.start_again().await?;
    observer.check(process, &crew, &promises).await?;
    println!("{kills} kills, {} promises kept", promises.count());
    ensure!(promises.count() > kills, "nobody was promised anything");
    Ok(())
}

async fn one_kill(
    process: &mut Process,
    crew: &mut Crew,
    promises: &mut Promises,
    random: &mut StdRng,
) -> anyhow::Result<()> {
    let (killing, killed) = watch::channel(false);
    let (mut told, at_work) = crew.work(&killed);
    for _ in 0..random.random_range(0..12_u32) {
        // Somebody who fails before the kill stops telling: their error comes with the others below.
        let Ok(Some(promise)) = timeout(PATIENCE, told.recv()).await else { break };
        promises.note(promise);
    }
    let moment = Duration::from_micros(random.random_range(0..80_000));
    let _ = timeout(moment, listen(&mut told, promises)).await;
    killing.send(true)?;
    process.kill_nine().await?;
    crew.come_back(at_work).await?;
    while let Ok(promise) = told.try_recv() {
        promises.note(promise);
    }
    if random.random_bool(0.3) {
        // The repair after a kill is killed too.
        process.kill_while_it_starts(Duration::from_millis(random.random_range(0..500))).await?;
    }
    process.start_again().await
}

async fn listen(told: &mut UnboundedReceiver<Promise>, promises: &mut Promises) {
    while let Some(promise) = told.recv().await {
        promises.note(promise);
    }
    std::future::pending().await
}
