//! For tests: every kind of database, and something in it.

use std::{
    io::{self, Write},
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use futures_util::FutureExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use sync_core::{
    id::{ClientId, ClipId, DeviceId, ParticipantId, PracticeId, RecordingId, ReleaseId, StaffId},
    instant::Instant,
};
use tempfile::TempDir;

use crate::{
    app::{App, AppSettings},
    domain::jobs::beginning::Said,
    keys::{AuthorityKey, KeyError},
    nouns::{clock::Clock, entropy::Entropy, settings::Settings},
    store::{StoreError, Tx, Urgency, authorities, db::on_tx, migrations_digest, practices},
};

mod digits;
pub(crate) mod therapy;

pub(crate) use self::digits::digits;

const DEFAULT_POSTGRES: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// A database of a test's own.
#[derive(Clone)]
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    /// For a ledger, keys and objects.
    pub(crate) dir: Arc<TempDir>,
    pub(crate) clock: Clock,
    /// The server that has it, and its name there.
    postgres: Option<(String, String)>,
}

/// Runs a test on SQLite, and on PostgreSQL at `REFRAIN_TEST_POSTGRES` or where it usually is. Where none is reachable,
/// says so.
pub(crate) async fn for_each_database<F: Future<Output = ()>>(test: impl Fn(TestDatabase) -> F) {
    for_sqlite(&test).await;
    for_postgres(&test).await;
}

/// Runs a test on SQLite only.
pub(crate) async fn for_sqlite<F: Future<Output = ()>>(test: impl Fn(TestDatabase) -> F) {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let url = format!("sqlite://{}", dir.path().join("refrain.db").display());
    test(TestDatabase { url, dir, clock: clock(), postgres: None }).await;
}

/// Runs a test on PostgreSQL only.
pub(crate) async fn for_postgres<F: Future<Output = ()>>(test: impl Fn(TestDatabase) -> F) {
    let configured = std::env::var("REFRAIN_TEST_POSTGRES");
    let server = configured.clone().unwrap_or_else(|_| DEFAULT_POSTGRES.to_owned());
    let Ok(mut admin) = PgConnection::connect(&server).await else {
        assert!(configured.is_err(), "REFRAIN_TEST_POSTGRES is set and not reachable");
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        eprintln!(
            "SKIPPED ON POSTGRESQL: {name}: nothing answers at 127.0.0.1:5432 and REFRAIN_TEST_POSTGRES is unset"
        );
        return;
    };
    let name = format!("refrain_test_{:032x}", u128::from_be_bytes(Entropy::System.bytes()));
    let (base, _) = server.rsplit_once('/').unwrap();
    let template = template(&mut admin, base).await;
    run_sql(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let postgres = Some((server.clone(), name.clone()));
    let database = TestDatabase { url: format!("{base}/{name}"), dir, clock: clock(), postgres };
    let outcome = AssertUnwindSafe(test(database)).catch_unwind().await;
    run_sql(&mut admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    run_sql(&mut admin, format!("DROP DATABASE IF EXISTS {name}_backup WITH (FORCE)")).await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// A database with all tables and no row, made by the first test that asks: fifteen migrations for each test would take longer
/// than the test. Its name tells the migrations; a change of these makes another.
async fn template(admin: &mut PgConnection, base: &str) -> String {
    // One test at a time makes it, in whichever process it runs.
    const LOCK: i64 = 0x5265_6672_6169_6e01;
    let name = format!("refrain_template_{}", migrations_digest());
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut *admin).await.unwrap();
    let there: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM pg_database WHERE datname = $1")
        .bind(&name)
        .fetch_one(&mut *admin)
        .await
        .unwrap();
    if there == 0 {
        let unfinished = format!("{name}_unfinished");
        run_sql(admin, format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await;
        run_sql(admin, format!("CREATE DATABASE {unfinished}")).await;
        crate::store::Db::open(&format!("{base}/{unfinished}")).await.unwrap().close().await;
        run_sql(admin, format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
    }
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(LOCK).execute(&mut *admin).await.unwrap();
    name
}

/// A closed SQLite database is one file: closing takes its write-ahead log over.
fn copy(from: &Path, to: &Path) {
    assert!(!from.with_extension("db-wal").exists(), "the database is open");
    std::fs::copy(from, to).unwrap();
}

/// Writes a key's file as its backup has it: for its owner alone.
pub(crate) fn put_key_back(path: &Path, bytes: impl AsRef<[u8]>) {
    crate::nouns::durable::make_private(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn clock() -> Clock {
    Clock::movable(Instant::from_millis(1_800_000_000_000))
}

async fn run_sql(admin: &mut PgConnection, sql: String) {
    sqlx::query(AssertSqlSafe(sql)).execute(admin).await.unwrap();
}

impl TestDatabase {
    /// Opens an app on it, with its ledger, keys and objects in the test's folder.
    pub(crate) async fn app(&self) -> Arc<App> {
        App::open(self.settings()).await.unwrap()
    }

    /// Opens an app with a word of the operator about this start.
    pub(crate) async fn app_that_was_told(&self, said: Said) -> Arc<App> {
        App::open(AppSettings { said, ..self.settings() }).await.unwrap()
    }

    pub(crate) fn settings(&self) -> AppSettings {
        AppSettings {
            database_url: self.url.clone(),
            server: "main".to_owned(),
            ledger_path: self.ledger_path(),
            key_dir: self.dir.path().join("keys"),
            master_key: None,
            objects_url: "memory://".to_owned(),
            clock: self.clock.clone(),
            entropy: Entropy::System,
            settings: Settings { password_memory_kib: 64, ..Settings::default() },
            said: Said::default(),
        }
    }

    pub(crate) fn ledger_path(&self) -> PathBuf {
        self.dir.path().join("ledger").join("ledger.jsonl")
    }

    /// Copies the closed database away.
    pub(crate) async fn back_up(&self) {
        match &self.postgres {
            None => copy(&self.sqlite_path(), &self.sqlite_path().with_extension("backup")),
            Some((server, name)) => {
                let mut admin = PgConnection::connect(server).await.unwrap();
                run_sql(&mut admin, format!("DROP DATABASE IF EXISTS {name}_backup WITH (FORCE)")).await;
                run_sql(&mut admin, format!("CREATE DATABASE {name}_backup TEMPLATE {name}")).await;
            }
        }
    }

    /// Closes the app and copies its database away.
    pub(crate) async fn close_and_back_up(&self, app: &App) {
        app.close().await;
        self.back_up().await;
    }

    /// Puts the copy in the closed database's place.
    pub(crate) async fn restore(&self) {
        match &self.postgres {
            None => copy(&self.sqlite_path().with_extension("backup"), &self.sqlite_path()),
            Some((server, name)) => {
                let mut admin = PgConnection::connect(server).await.unwrap();
                run_sql(&mut admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
                run_sql(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {name}_backup")).await;
            }
        }
    }

    fn sqlite_path(&self) -> PathBuf {
        self.dir.path().join("refrain.db")
    }
}

/// Takes everything that is logged.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    /// What was logged so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// One of each noun.
#[derive(Clone, Copy)]
pub(crate) struct Seed {
    pub(crate) practice: PracticeId,
    pub(crate) staff: StaffId,
    pub(crate) client: ClientId,
    pub(crate) device: DeviceId,
    pub(crate) recording: RecordingId,
    pub(crate) participant: ParticipantId,
    pub(crate) clip: ClipId,
    pub(crate) release: ReleaseId,
}

impl Seed {
    /// A practice with a client, whose paired device has a live lease on the one released clip.
    pub(crate) async fn sow(app: &App) -> Self {
        let (now, entropy) = (app.ground.clock.now(), app.ground.entropy.clone());
        let seed = Self {
            practice: PracticeId::new(now, entropy.bytes()),
            staff: StaffId::new(now, entropy.bytes()),
            client: ClientId::new(now, entropy.bytes()),
            device: DeviceId::new(now, entropy.bytes()),
            recording: RecordingId::new(now, entropy.bytes()),
            participant: ParticipantId::new(now, entropy.bytes()),
            clip: ClipId::new(now, entropy.bytes()),
            release: ReleaseId::new(now, entropy.bytes()),
        };
        let keys = app.ground.keys.create_practice(seed.practice).unwrap();
        let practice = practices::Practice {
            id: seed.practice,
            version: 0,
            created_at: now,
            closed_at: None,
            held_at: None,
            name_sealed: vec![1],
            contact_sealed: vec![1],
            authority: keys.authority,
        };
        let sown: Result<(), StoreError> = app
            .ground
            .committer
            .commit(Urgency::Grant, move |tx| {
                Box::pin(async move {
                    practices::insert(tx, &practice, &keys.wrapped_key).await?;
                    seed.rest(tx).await
                })
            })
            .await;
        sown.unwrap();
        seed
    }

    async fn rest(self, tx: &mut Tx) -> Result<(), StoreError> {
        let sql = [
            "INSERT INTO staff (id, practice, role, created_at, login_tag, name_sealed, password_hash, totp_sealed, \
             totp_step, failed_count) VALUES ($2, $1, 'therapist', 1, $2, $2, 'x', $2, 0, 0)",
            "INSERT INTO client (id, practice, version, created_at, name_sealed) VALUES ($3, $1, 0, 1, $3)",
            "INSERT INTO device (id, practice, client, name_sealed, exchange_key, signing_key, paired_at, confirmed_at, \
             receipt_n) VALUES ($4, $1, $3, $4, $4, $4, 1, 1, 0)",
            "INSERT INTO recording (id, practice, version, client, recorded_at, created_at) VALUES ($5, $1, 0, $3, 1, 1)",
            "INSERT INTO participant (id, practice, kind, client, name_sealed, added_by, created_at) VALUES ($6, $1, 'client', $3, $6, $2, 1)",
            "INSERT INTO clip (id, practice, version, recording, client, created_at, created_by, media_type, duration_ms, \
             plain_len, cipher_len, record_size, cipher_sha256, title_sealed, wrapped_key, object) \
             VALUES ($7, $1, 0, $5, $3, 1, $2, 'audio/mp4', 1, 1, 1, 1, $7, $7, $7, 'x')",
            "INSERT INTO release (id, client, clip, created_at, revoked) VALUES ($8, $3, $7, 1, FALSE)",
            "INSERT INTO lease (device, release, gen, batch, issued_at, valid_until) VALUES ($4, $8, 1, $1, 1, 2)",
        ];
        for sql in sql {
            let ids = [
                *self.practice.as_bytes(),
                *self.staff.as_bytes(),
                *self.client.as_bytes(),
                *self.device.as_bytes(),
                *self.recording.as_bytes(),
                *self.participant.as_bytes(),
                *self.clip.as_bytes(),
                *self.release.as_bytes(),
            ];
            // PostgreSQL wants to know the type of every parameter, used or not.
            let sql = inline(sql, &ids, tx.is_postgres());
            on_tx!(tx, c => sqlx::query(AssertSqlSafe(sql)).execute(c).await.map(drop))?;
        }
        Ok(())
    }
}

fn inline(sql: &str, ids: &[[u8; 16]], postgres: bool) -> String {
    ids.iter().enumerate().fold(sql.to_owned(), |sql, (n, id)| {
        let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let literal = if postgres { format!("'\\x{hex}'::bytea") } else { format!("X'{hex}'") };
        sql.replace(&format!("${}", n + 1), &literal)
    })
}

/// The key that signs for a practice now.
pub(crate) async fn authority(app: &App, practice: PracticeId) -> Result<Arc<AuthorityKey>, KeyError> {
    let mut tx = app.ground.db.read().await.unwrap();
    let named = authorities::of_practice(&mut tx, practice).await.unwrap().unwrap();
    app.ground.keys.authority(practice, &named)
}

/// Reads one number.
pub(crate) async fn number(app: &App, sql: &'static str) -> i64 {
    let mut tx = app.ground.db.read().await.unwrap();
    number_in(&mut tx, sql).await.unwrap()
}

/// Reads one number in a transaction.
pub(crate) async fn number_in(tx: &mut Tx, sql: &'static str) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, c => sqlx::query_scalar(sql).fetch_one(c).await)?)
}

/// The bodies of the audit's entries of an action, in their order.
pub(crate) async fn audited(app: &App, action: &str) -> Vec<serde_json::Value> {
    const SQL: &str = "SELECT body FROM audit_entry ORDER BY seq";
    let mut tx = app.ground.db.read().await.unwrap();
    let bodies: Result<Vec<Vec<u8>>, _> = on_tx!(tx, c => sqlx::query_scalar(SQL).fetch_all(c).await);
    let bodies = bodies.unwrap().into_iter().map(|body| serde_json::from_slice(&body).unwrap());
    bodies.filter(|body: &serde_json::Value| body["action"] == action).collect()
}

/// Runs a statement as work of its own.
pub(crate) async fn execute(app: &App, sql: &'static str) {
    let done: Result<(), StoreError> = app
        .ground
        .committer
        .commit(Urgency::Grant, move |tx| Box::pin(async move { tx.run(sql).await }))
        .await;
    done.unwrap();
}
