//! The real server, in this process: a real database, real sockets on loopback, and a clock that tests move.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, ensure};
use refrain::{
    app::{App, AppSettings},
    config::Config,
    domain::{
        clips::destruction,
        jobs::{beginning::Said, settling, waking},
        leases::rotations,
        people::{
            practice::{self, Contact, NewPractice},
            staff::NewStaff,
        },
    },
    keys::AuthorityKey,
    nouns::{authority::Authority, clock::Clock, entropy::Entropy},
    serve::{self, Running},
    store::{authorities, practices},
};
use sync_core::{
    id::PracticeId,
    instant::{Instant, Span},
};
use tempfile::TempDir;

use crate::{
    api::Api,
    database::{Backup, Database},
};

/// What the demo's and the tests' therapist signs in with.
pub const EMAIL: &str = "ada.testperson@practice.example";
/// The largest clip that is taken here, in bytes.
pub const CLIP_BYTES: usize = 2 * 1024 * 1024;
/// Her password.
pub const PASSWORD: &str = "a long sentence that only tests know";

/// A server that can be stopped and started again.
pub struct Server {
    /// What it takes as now.
    pub clock: Clock,
    /// The address for the authenticator app of its first therapist.
    pub otpauth: String,
    name: String,
    database: Database,
    folder: Arc<TempDir>,
    running: Option<(Arc<App>, Running)>,
}

impl Server {
    /// Sets up a practice on this database and serves it.
    ///
    /// # Errors
    /// When the database cannot be reached or the server does not start.
    pub async fn start(database: Database) -> anyhow::Result<Self> {
        let clock = Clock::movable(Instant::from_millis(1_800_000_000_000));
        let folder = Arc::new(tempfile::tempdir()?);
        let name = "main".to_owned();
        let mut server = Self { clock, otpauth: String::new(), name, database, folder, running: None };
        let app = server.open().await?;
        let new = NewPractice {
            name: "Practice by the Invented River".into(),
            contact: Contact { practice: "030 000001".into(), crisis: "030 000002".into() },
            therapist: NewStaff {
                email: EMAIL.into(),
                name: "Ada Testperson".into(),
                password: PASSWORD.to_owned().into(),
            },
        };
        let opened = practice::open(&app.ground, &app.passwords, new).await?;
        server.otpauth = opened.otpauth.to_string();
        server.serve(app).await?;
        Ok(server)
    }

    /// Another server on the same database, with the same keys and objects and a ledger of its own.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn another(&self, name: &str) -> anyhow::Result<Self> {
        let mut server = Self {
            clock: self.clock.clone(),
            otpauth: self.otpauth.clone(),
            name: name.to_owned(),
            database: self.database.clone(),
            folder: Arc::clone(&self.folder),
            running: None,
        };
        server.start_again().await?;
        Ok(server)
    }

    async fn open(&self) -> anyhow::Result<Arc<App>> {
        self.open_as_said(Said::default()).await
    }

    async fn open_as_said(&self, said: Said) -> anyhow::Result<Arc<App>> {
        let settings = self.config()?.app_settings(self.clock.clone(), Entropy::System)?;
        Ok(App::open(AppSettings { said, ..settings }).await?)
    }

    async fn serve(&mut self, app: Arc<App>) -> anyhow::Result<()> {
        let running = serve::start(Arc::clone(&app), &self.config()?).await?;
        self.running = Some((app, running));
        Ok(())
    }

    fn config(&self) -> anyhow::Result<Config> {
        let toml = format!(
            r#"
            server = "{}"
            listen = "127.0.0.1:0"
            public_url = "https://refrain.example"
            database.url = "{}"
            objects.url = "file://{}"
            ledger.path = "{}"
            keys.dir = "keys"
            push.contact = "mailto:operator@practice.example"
            push.allow_private_endpoints = true
            limits.attempts_per_address = 10000
            proxy.trusted = []
            passwords.memory_mib = 19
            limits.clip_bytes = {CLIP_BYTES}
            "#,
            self.name,
            self.database.url(self.folder.path()),
            self.folder.path().join("objects").display(),
            self.ledger().display(),
        );
        Ok(Config::parse(&toml, self.folder.path())?)
    }

    /// Where the ledger is.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join(format!("ledger-{}.jsonl", self.name))
    }

    /// Everything that the server keeps on disk.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Every object on the disk.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn objects(&self) -> std::io::Result<Vec<PathBuf>> {
        files(&self.folder.path().join("objects"))
    }

    /// Every file that the server keeps, but its keys.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        let keys = self.folder.path().join("keys");
        Ok(files(self.folder.path())?.into_iter().filter(|file| !file.starts_with(&keys)).collect())
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn count(&self, table: &str) -> anyhow::Result<usize> {
        self.database.count(self.folder.path(), table).await
    }

    /// The database.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// A caller without a token.
    ///
    /// # Errors
    /// When the server is stopped.
    pub fn api(&self) -> anyhow::Result<Api> {
        let (_, running) = self.parts()?;
        Api::new(&format!("http://{}", running.address()))
    }

    /// The app behind the sockets: for workers that tests run by hand.
    ///
    /// # Errors
    /// When the server is stopped.
    pub fn app(&self) -> anyhow::Result<&Arc<App>> {
        Ok(&self.parts()?.0)
    }

    fn parts(&self) -> anyhow::Result<&(Arc<App>, Running)> {
        self.running.as_ref().ok_or_else(|| anyhow::anyhow!("the server is stopped"))
    }

    /// Does what workers would do now: settle, end what is due, send wake-ups.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn work(&self) -> anyhow::Result<()> {
        let app = self.app()?;
        while settling::settle_due(&app.binders).await? > 0 {}
        while settling::settle_in_time(&app.binders).await? > 0 {}
        waking::run_once(&app.ground, &app.push, 64).await?;
        destruction::run_once(&app.ground).await?;
        Ok(())
    }

    /// Goes over to another signing key, as `refrain keys rotate` does.
    ///
    /// # Errors
    /// When it cannot be done.
    pub async fn rotate_key(&self) -> anyhow::Result<Authority> {
        let app = self.app()?;
        Ok(rotations::rotate(
            &app.ground.db,
            &app.ground.keys,
            self.practice().await?,
            app.ground.clock.now(),
        )
        .await?)
    }

    /// The key that signs now, private half and all: what a thief of the key directory has.
    ///
    /// # Errors
    /// When there is none.
    pub async fn signing_key(&self) -> anyhow::Result<Arc<AuthorityKey>> {
        let (app, practice) = (self.app()?, self.practice().await?);
        let mut tx = app.ground.db.read().await?;
        let named = authorities::of_practice(&mut tx, practice).await?.context("no authority")?;
        Ok(app.ground.keys.authority(practice, &named)?)
    }

    /// The practice.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn practice(&self) -> anyhow::Result<PracticeId> {
        let mut tx = self.app()?.ground.db.read().await?;
        practices::find_first(&mut tx).await?.context("no practice")
    }

    /// Time passes.
    pub fn pass(&self, time: Span) {
        self.clock.advance(time);
    }

    /// Stops: sockets are closed with a reason.
    ///
    /// # Errors
    /// When the listener had failed.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some((app, running)) = self.running.take() {
            running.stop().await?;
            app.close().await;
        }
        Ok(())
    }

    /// Starts again on the same database, keys and ledger, on another port.
    ///
    /// # Errors
    /// When the server does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let app = self.open().await?;
        self.serve(app).await
    }

    /// Stops, copies the database, and starts again.
    ///
    /// # Errors
    /// When there is nothing to copy, or the server does not start.
    pub async fn back_up(&mut self) -> anyhow::Result<Backup> {
        self.stop().await?;
        let backup = self.database.back_up(self.folder.path()).await?;
        self.start_again().await?;
        Ok(backup)
    }

    /// Stops, and starts again on a database from the past.
    ///
    /// # Errors
    /// When the backup does not fit, or the server does not start.
    pub async fn restore(&mut self, backup: Backup) -> anyhow::Result<()> {
        self.stop().await?;
        self.database.restore(self.folder.path(), backup).await?;
        self.start_again().await
    }

    /// The same, without the ledger: the operator says that it is lost.
    ///
    /// # Errors
    /// As [`Self::restore`]; when it would start without a word.
    pub async fn restore_without_ledger(&mut self, backup: Backup) -> anyhow::Result<()> {
        self.stop().await?;
        std::fs::remove_file(self.ledger()).context("no ledger")?;
        self.database.restore(self.folder.path(), backup).await?;
        ensure!(self.open().await.is_err(), "it starts as if nothing were amiss");
        let app = self.open_as_said(Said { new_ledger: true, ..Said::default() }).await?;
        self.serve(app).await
    }

    /// Stops, and drops the database.
    ///
    /// # Errors
    /// When the database cannot be dropped.
    pub async fn end(mut self) -> anyhow::Result<()> {
        self.stop().await?;
        self.database.drop().await
    }
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
