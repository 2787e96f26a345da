//! The real program, as a child of this one: set up, started, killed in the middle of its work,
//! started again.
//!
//! It is `REFRAIN_BINARY`, or else the `refrain-under-test` that cargo has built beside this
//! program from the server's own `main.rs`: built together with the tests, it is never an old one.

mod figures;
mod log;
mod small_disk;

use std::{
    env,
    ffi::OsStr,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use refrain::nouns::clock::Clock;
use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sync_core::instant::Instant;
use tokio::{
    fs,
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::oneshot,
    time::timeout,
};

use self::log::{Until, keep, last_lines};
pub use self::{figures::Memory, small_disk::SmallDisk};
use crate::{
    api::{Api, text},
    database::Database,
    server::{EMAIL, PASSWORD},
};

/// No start, stop or command takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many of its last lines are told when the program does not do as it should.
const LAST_LINES: usize = 20;

/// A practice that is served by the real program. The child is killed, by its id, when this is dropped.
pub struct Process {
    /// The address for the authenticator app of its first therapist.
    pub otpauth: String,
    program: PathBuf,
    folder: PathBuf,
    database: Database,
    settings: Vec<(String, String)>,
    has_small_disk: bool,
    leaves_log_unread: bool,
    running: Option<Running>,
    address: Option<SocketAddr>,
}

struct Running {
    child: Child,
    said: Said,
}

/// What the program has written, line by line.
type Said = Arc<Mutex<Vec<String>>>;

impl Process {
    /// Sets up a practice with `refrain init`, everything it keeps in `folder`; nothing is served yet.
    ///
    /// # Errors
    /// When there is no program, or it does not do as it should.
    pub async fn set_up(database: Database, folder: &Path) -> anyhow::Result<Self> {
        Self::set_up_with(&program()?, database, folder).await
    }

    /// Sets up a practice with this program.
    ///
    /// # Errors
    /// When it does not do as it should.
    pub async fn set_up_with(program: &Path, database: Database, folder: &Path) -> anyhow::Result<Self> {
        let mut process = Self::not_set_up(program, database, folder).await?;
        process.init().await?;
        Ok(process)
    }

    /// A configuration without a practice: served, it makes a code that sets one up.
    ///
    /// # Errors
    /// When the configuration cannot be written.
    pub async fn not_set_up(program: &Path, database: Database, folder: &Path) -> anyhow::Result<Self> {
        let process = Self {
            otpauth: String::new(),
            program: program.to_owned(),
            folder: folder.to_owned(),
            database,
            settings: Vec::new(),
            has_small_disk: false,
            leaves_log_unread: false,
            running: None,
            address: None,
        };
        fs::write(process.config(), process.written()).await?;
        // The database's address may have a password in it.
        #[cfg(unix)]
        fs::set_permissions(process.config(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).await?;
        Ok(process)
    }

    async fn init(&mut self) -> anyhow::Result<()> {
        let answer = self
            .run([
                "init",
                "--json",
                "--practice",
                "Practice by the Invented River",
                "--contact",
                "030 000001",
                "--crisis",
                "030 000002",
                "--email",
                EMAIL,
                "--name",
                "Ada Testperson",
            ])
            .await?;
        let answer: Value = serde_json::from_str(&answer).with_context(|| answer.clone())?;
        text(&answer, "otpauth")?.clone_into(&mut self.otpauth);
        Ok(())
    }

    /// The code for set-up, if it waits for one.
    #[must_use]
    pub fn set_up_code(&self) -> Option<String> {
        let file = self.folder.join("keys").join("set-up-code");
        std::fs::read_to_string(file).ok().map(|code| code.trim().to_owned())
    }

    fn written(&self) -> String {
        let folder = self.folder.display();
        format!(
            r#"
            listen = "127.0.0.1:0"
            public_url = "https://refrain.example"
            database.url = "{}"
            objects.url = "file://{folder}/objects"
            ledger.path = "ledger.jsonl"
            keys.dir = "keys"
            push.contact = "mailto:operator@practice.example"
            push.allow_private_endpoints = true
            limits.attempts_per_address = 10000
            proxy.trusted = []
            passwords.memory_mib = 19
            "#,
            self.database.url(&self.folder),
        )
    }

    /// Overrides a setting by its environment variable, from the next start or command on.
    pub fn set(&mut self, variable: &str, value: &str) {
        self.settings.push((variable.to_owned(), value.to_owned()));
    }

    /// From the next start on, its ledger and its temporary files are on a disk that a test can fill.
    pub fn use_small_disk(&mut self) {
        self.has_small_disk = true;
    }

    /// From the next start on, its standard output is read until it listens, and left full then.
    pub fn leave_log_unread(&mut self) {
        self.leaves_log_unread = true;
    }

    /// The disk that a test can fill.
    ///
    /// # Errors
    /// When it does not run.
    pub fn small_disk(&self) -> anyhow::Result<SmallDisk> {
        let id = self.running.as_ref().and_then(|running| running.child.id()).context("it is not running")?;
        Ok(SmallDisk::of(id, &self.folder))
    }

    /// Runs another command of the program to its end; gives what it printed.
    ///
    /// # Errors
    /// With what it complained of, when it fails.
    pub async fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> anyhow::Result<String> {
        self.run_with(args, &[]).await
    }

    /// The same, with these settings beside its own.
    ///
    /// # Errors
    /// With what it complained of, when it fails.
    pub async fn run_with<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let mut command = self.command(args);
        command.envs(settings.iter().copied());
        let ended = timeout(PATIENCE, command.output()).await.context("a command does not end")??;
        let (out, complaint) = (String::from_utf8(ended.stdout)?, String::from_utf8_lossy(&ended.stderr));
        ensure!(ended.status.success(), "{}: {complaint}{out}", ended.status);
        Ok(out)
    }

    fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.config()).args(args);
        // What the tests are told is nothing to the program, which refuses settings that it does not know.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("REFRAIN_")) {
                command.env_remove(name);
            }
        }
        command.env("REFRAIN_INIT_PASSWORD", PASSWORD).envs(self.settings.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Serves, on a port that the system chooses; ready when this returns.
    ///
    /// # Errors
    /// When the program ends instead, or does not get ready; with what it said.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        self.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Serves again, on the port it had before.
    ///
    /// # Errors
    /// When it was never started, or see [`Process::start`].
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        self.serve(self.address.context("it was never started")?).await
    }

    /// The program says where it listens; nobody has to guess when, and no port is lent out in between.
    async fn serve(&mut self, listen: SocketAddr) -> anyhow::Result<()> {
        ensure!(self.running.is_none(), "it is running");
        let mut command = self.command(["serve"]);
        command.env("REFRAIN_LISTEN", listen.to_string());
        if self.has_small_disk {
            command = small_disk::on_small_disk(&command, &self.folder)?;
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        }
        let mut child = command.spawn()?;
        let said = Said::default();
        let (listening, address) = oneshot::channel();
        let until = if self.leaves_log_unread { Until::Listening } else { Until::Ended };
        keep(child.stdout.take().context("stdout")?, Arc::clone(&said), Some(listening), until);
        keep(child.stderr.take().context("stderr")?, Arc::clone(&said), None, Until::Ended);
        let Ok(address) = timeout(PATIENCE, address).await.context("it says nothing")? else {
            let status = child.wait().await?;
            bail!("it ended, {status}, instead of listening:\n{}", last_lines(&said));
        };
        self.address = Some(address);
        self.running = Some(Running { child, said });
        let (status, body) = timeout(PATIENCE, self.api()?.send(Method::GET, "/readyz", None)).await??;
        ensure!(status.is_success(), "not ready: {status}: {body}\n{}", self.said());
        Ok(())
    }

    /// `kill -9`: at this instant, wherever it is.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill_nine(&mut self) -> anyhow::Result<()> {
        let mut running = self.running.take().context("it is not running")?;
        running.child.start_kill()?;
        running.child.wait().await?;
        Ok(())
    }

    /// Starts it on the port it had before, and kills it after so long, ready or not.
    ///
    /// # Errors
    /// When it was never started, or is running.
    pub async fn kill_while_it_starts(&mut self, after: Duration) -> anyhow::Result<()> {
        ensure!(self.running.is_none(), "it is running");
        let mut command = self.command(["serve"]);
        let listen = self.address()?.to_string();
        command.env("REFRAIN_LISTEN", listen).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        // Either end will do: what it leaves is the same as if it had been killed a little later.
        let _ = timeout(after, child.wait()).await;
        child.start_kill().or_else(|error| match error.kind() {
            std::io::ErrorKind::InvalidInput => Ok(()),
            _ => Err(error),
        })?;
        child.wait().await?;
        Ok(())
    }

    /// SIGTERM, as a service manager sends it; gives how it ended once it has.
    ///
    /// # Errors
    /// When it does not run, or does not end.
    pub async fn terminate(&mut self) -> anyhow::Result<ExitStatus> {
        let mut running = self.running.take().context("it is not running")?;
        let id = running.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).context("no id")?;
        kill_process(id, Signal::TERM)?;
        match timeout(PATIENCE, running.child.wait()).await {
            Ok(ended) => Ok(ended?),
            Err(_) => bail!("it does not end:\n{}", last_lines(&running.said)),
        }
    }

    /// A caller without a token, at the port of the last start.
    ///
    /// # Errors
    /// When it was never started.
    pub fn api(&self) -> anyhow::Result<Api> {
        Api::new(&format!("http://{}", self.address()?))
    }

    /// Where it listens, or listened last.
    ///
    /// # Errors
    /// When it was never started.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        self.address.context("it was never started")
    }

    /// What it takes as now: the machine's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        Clock::System.now()
    }

    /// Everything that it keeps on disk.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.join("refrain.toml")
    }

    /// The database.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// The last lines that it has written since it was started.
    #[must_use]
    pub fn said(&self) -> String {
        self.running.as_ref().map(|running| last_lines(&running.said)).unwrap_or_default()
    }

    /// Ends it if it runs, and drops the database.
    ///
    /// # Errors
    /// When the database cannot be dropped.
    pub async fn end(mut self) -> anyhow::Result<()> {
        if self.running.is_some() {
            self.kill_nine().await?;
        }
        self.database.drop().await
    }
}

/// The program to be run.
fn program() -> anyhow::Result<PathBuf> {
    if let Some(named) = env::var_os("REFRAIN_BINARY") {
        let named = PathBuf::from(named);
        ensure!(named.is_file(), "REFRAIN_BINARY: {} is no file", named.display());
        return Ok(named);
    }
    let own = env::current_exe()?;
    // Tests are in `deps`, below what they test.
    let folders = own.ancestors().skip(1).take(2);
    let names = ["refrain-under-test", "refrain"];
    let mut places = names.iter().flat_map(|name| {
        folders.clone().map(move |folder| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
    });
    places.find(|place| place.is_file()).with_context(|| {
        "no program to test: build it with `cargo build -p refrain --bin refrain`, or name it in REFRAIN_BINARY"
    })
}
