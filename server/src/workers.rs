//! Work beside requests: wake-ups are sent, objects of destroyed clips and pieces of ended uploads
//! are erased, strangers' failed tries are counted, decisions' remaining work is settled, releases
//! end on their date, phones that no therapist has confirmed are removed, grown documents are
//! succeeded, dead leases are forgotten at night, words are sealed anew after a data key was replaced,
//! memory, disks and the ledger are watched, and changes by other servers on the same PostgreSQL are heard of.
//!
//! Nothing here decides. Each worker looks when its next piece of work is due (the one for wake-ups
//! is nudged when one has just been committed) and calls the run that tests call by hand.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::{task::JoinSet, time};

use crate::{
    app::App,
    domain::{
        clips::{destruction, uploads},
        jobs::{forgetting, readiness, relief, resealing, settling, succession, unconfirmed, waking},
        leases,
        records::{failed_tries, wake_ups},
    },
    nouns::{Refusal, hindrances::Hindrance, local_days::LocalDays},
    store::{
        Db,
        notices::{Notice, Notices},
        outbox,
    },
};

/// The longest that a worker stands still: another server on the same database nudges nobody here.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// After which time a lost connection to the database's notices is made again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);
/// How often the memory is looked at: in this time a crowd cannot fill what is left.
const LOOK_AT_MEMORY: Duration = Duration::from_millis(200);
/// How often the server looks at what a revocation needs.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// How often the object store is looked at.
const LOOK_AT_OBJECTS: Duration = Duration::from_secs(10);
const PUSHES_A_RUN: u32 = 256;
/// How often phones are removed that have waited too long. No gate waits for it.
const REMOVED_EVERY: Duration = Duration::from_secs(3_600);
/// How often a new data key is looked for.
const LOOK_FOR_KEYS: Duration = Duration::from_secs(60);

/// The workers of one server.
pub struct Workers(JoinSet<()>);

/// Starts all workers.
#[must_use]
pub fn start(app: &Arc<App>) -> Workers {
    let mut workers = Workers(JoinSet::new());
    workers.keep("push", app, push);
    workers.keep("erase", app, erase);
    workers.keep("clear", app, clear);
    workers.keep("count", app, count);
    workers.keep("settle", app, settle);
    workers.keep("end", app, end);
    workers.keep("remove", app, remove);
    workers.keep("succeed", app, succeed);
    workers.keep("reseal", app, reseal);
    workers.keep("listen", app, listen);
    workers.keep("relieve", app, relieve);
    workers.keep("watch", app, watch);
    workers.keep("watch objects", app, watch_objects);
    workers
}

impl Workers {
    /// Starts a worker, and starts it again if it panics: its panic is in the log, by its place.
    fn keep<F>(&mut self, worker: &'static str, app: &Arc<App>, work: fn(Arc<App>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let app = Arc::clone(app);
        self.0.spawn(async move {
            while AssertUnwindSafe(work(Arc::clone(&app))).catch_unwind().await.is_err() {
                tracing::error!(worker, "a worker panicked and is started again");
                time::sleep(LONGEST_WAIT).await;
            }
        });
    }

    /// Stops all. What they were at stays claimed in the outbox, and is taken up again.
    pub async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

/// Takes up wake-ups while others are under way: a push service that hangs delays those of no other.
async fn push(app: Arc<App>) {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            goes_on = wait(&app, wake_ups::KIND, || app.ground.bell.wake_ups()),
                if under_way.len() < waking::AT_ONCE =>
            {
                if !goes_on {
                    return;
                }
                match waking::claim_due(&app.ground, PUSHES_A_RUN).await {
                    Ok(claimed) => under_way.extend(
                        claimed.works.into_iter().map(|work| waking::answer(&app.ground, &app.push, work)),
                    ),
                    Err(error) => report("push", Err(error)).await,
                }
            }
            Some(first) = under_way.next() => {
                let mut answers = vec![first];
                while let Some(Some(more)) = under_way.next().now_or_never() {
                    answers.push(more);
                }
                report("push", waking::note(&app.ground, answers).await.map(drop)).await;
            }
        }
    }
}

async fn erase(app: Arc<App>) {
    while wait(&app, destruction::KIND, std::future::pending).await {
        let erased = destruction::run_once(&app.ground).await;
        report("erase", erased.map(drop)).await;
    }
}

/// Waits while the clocks do not agree: nothing is ended by its date alone then. False when the server stops.
async fn is_sure_of_time(app: &App) -> bool {
    while app.ground.hindrances.has(Hindrance::Clock) {
        tokio::select! {
            () = app.stop.cancelled() => return false,
            () = time::sleep(WATCH_EVERY) => {}
        }
    }
    true
}

async fn clear(app: Arc<App>) {
    while is_sure_of_time(&app).await {
        report("clear", uploads::run_once(&app.ground).await.map(drop)).await;
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(LONGEST_WAIT) => {}
        }
    }
}

async fn count(app: Arc<App>) {
    loop {
        report("count", failed_tries::run_once(&app.ground, false).await.map(drop)).await;
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(LONGEST_WAIT) => {}
        }
    }
}

async fn settle(app: Arc<App>) {
    loop {
        match settling::settle_due(&app.binders).await {
            Ok(0) => {}
            Ok(_) => continue,
            failed => report("settle", failed.map(drop)).await,
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = app.ground.bell.work() => {}
            () = time::sleep(LONGEST_WAIT) => {}
        }
    }
}

async fn end(app: Arc<App>) {
    while is_sure_of_time(&app).await {
        match settling::settle_in_time(&app.binders).await {
            Ok(0) => {}
            Ok(_) => continue,
            failed => report("end", failed.map(drop)).await,
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(LONGEST_WAIT) => {}
        }
    }
}

async fn remove(app: Arc<App>) {
    while is_sure_of_time(&app).await {
        match unconfirmed::run_once(&app.binders).await {
            Ok(looked_at) if looked_at == unconfirmed::AT_ONCE as usize => continue,
            run => report("remove", run.map(drop)).await,
        }
        report("forget", forgetting::run_once(&app.ground).await).await;
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(REMOVED_EVERY) => {}
        }
    }
}

async fn reseal(app: Arc<App>) {
    while is_sure_of_time(&app).await {
        report("reseal", resealing::run_once(&app.ground).await.map(drop)).await;
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(LOOK_FOR_KEYS) => {}
        }
    }
}

/// Looks whether the object store answers. It may take its time, and nothing else waits for that.
async fn watch_objects(app: Arc<App>) {
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(LOOK_AT_OBJECTS) => app.watch_objects().await,
        }
    }
}

/// Looks each second at what a revocation needs, so that no lease is given that could not be taken back.
async fn watch(app: Arc<App>) {
    loop {
        app.watch_room().await;
        if let Err(error) = app.keep_place().await {
            tracing::error!(%error, "this server's place on the database is not its own now");
        }
        readiness::check(&app.ground).await;
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(WATCH_EVERY) => {}
        }
    }
}

async fn relieve(app: Arc<App>) {
    let mut was_short = false;
    while let Some(used) = relief::resident() {
        let is_short = relief::run_once(&app.binders, used);
        // Told when it begins, and not five times a second.
        if is_short && !was_short {
            tracing::warn!("memory is short: documents are let go, and the heaviest connections closed");
        }
        was_short = is_short;
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(LOOK_AT_MEMORY) => {}
        }
    }
}

/// At the start, for a server that is switched off at night, and then every night.
async fn succeed(app: Arc<App>) {
    let mut due = app.ground.clock.now();
    while is_sure_of_time(&app).await {
        let now = app.ground.clock.now();
        if now >= due {
            due = LocalDays::next_night(&app.ground.settings.zone, now);
            report("succeed", succession::run_once(&app.binders).await.map(drop)).await;
            report("forget", leases::forget_dead(&app.ground).await.map(drop)).await;
        }
        let grown = app.ground.bell.grown();
        report("succeed soon", succession::run_soon(&app.binders, grown).await.map(drop)).await;
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = time::sleep(LONGEST_WAIT) => {}
        }
    }
}

/// After a lost connection every binder in use is compared with the database, because a notice may have been missed; and the
/// ledger is, because the database may be another: a standby that was promoted may not have everything.
async fn listen(app: Arc<App>) {
    let Db::Postgres { pool, .. } = &app.ground.db else { return };
    let mut was_lost = false;
    while !app.stop.is_cancelled() {
        if let Ok(mut notices) = Notices::open(pool, app.ground.entropy.bytes()).await {
            if was_lost {
                app.doubt.raise();
            }
            was_lost = true;
            for binder in app.binders.all_in_use() {
                report("listen", binder.catch_up(&app.ground).await).await;
                // Each connection asks anew whether its device is still paired.
                binder.announce();
            }
            while let Ok(notice) = notices.next().await {
                match notice {
                    Notice::Changed(client) => {
                        if let Some(binder) = app.binders.in_use(client) {
                            report("listen", binder.catch_up(&app.ground).await).await;
                        }
                    }
                    Notice::Removed(device) => app.binders.end(device),
                }
            }
            tracing::warn!("the database's notices do not come any more; they are listened for again");
        }
        time::sleep(LISTEN_AGAIN).await;
    }
}

/// Waits until work of a kind is due, or may be; false when the server stops.
async fn wait<F: Future<Output = ()>>(app: &App, kind: &str, nudged: impl Fn() -> F) -> bool {
    loop {
        let left = match next_due(app, kind).await {
            Some(left) if left.is_zero() => return !app.stop.is_cancelled(),
            left => left.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT),
        };
        tokio::select! {
            () = app.stop.cancelled() => return false,
            () = nudged() => {}
            () = time::sleep(left) => {}
        }
    }
}

async fn next_due(app: &App, kind: &str) -> Option<Duration> {
    let mut tx = app.ground.db.read().await.ok()?;
    let due = outbox::next_due(&mut tx, kind).await.ok()??;
    Some(Duration::from_millis(due.since(app.ground.clock.now()).as_millis()))
}

/// A run that failed is not tried again at once.
async fn report(worker: &'static str, run: Result<(), Refusal>) {
    if let Err(error) = run {
        tracing::error!(worker, %error, "a worker's run failed");
        time::sleep(LONGEST_WAIT).await;
    }
}
