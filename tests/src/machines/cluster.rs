//! Two PostgreSQL servers of a test's own behind one address: a primary, and a standby that follows it and may not have
//! everything when it takes over.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{database::Database, relay::Relay};

/// Where Debian has PostgreSQL's programs, by version.
const PROGRAMS: &str = "/usr/lib/postgresql";

/// A primary and its standby; both are stopped when this is dropped.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    primary: Node,
    standby: Node,
    relay: Relay,
}

/// One of the two.
struct Node {
    data: PathBuf,
    port: u16,
}

impl Cluster {
    /// Starts both; none where PostgreSQL's programs are not here, which is said loudly.
    ///
    /// # Errors
    /// When they do not start, or are required and missing.
    pub async fn start() -> anyhow::Result<Option<Self>> {
        let Some(programs) = programs() else {
            let required = std::env::var_os("REFRAIN_TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
            ensure!(!required, "PostgreSQL's server is not in {PROGRAMS}");
            eprintln!("SKIPPED: a failover of PostgreSQL: its server is not in {PROGRAMS}");
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        if rustix::process::geteuid().is_root() {
            let owner = Command::new("chown").arg("postgres:").arg(folder.path()).status().await?;
            ensure!(owner.success(), "the folder cannot be given to postgres");
        }
        let node = |name: &str| anyhow::Ok(Node { data: folder.path().join(name), port: free_port()? });
        let (primary, standby) = (node("primary")?, node("standby")?);
        let relay = Relay::to(primary.address()).await?;
        let cluster = Self { folder, programs, primary, standby, relay };
        let data = cluster.primary.data.display().to_string();
        let init = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
        cluster.run("initdb", &init).await?;
        cluster.start_node(&cluster.primary).await?;
        let (data, port) = (cluster.standby.data.display().to_string(), cluster.primary.port.to_string());
        let copy = ["-R", "-D", &data, "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-c", "fast", "-N"];
        cluster.run("pg_basebackup", &copy).await?;
        cluster.start_node(&cluster.standby).await?;
        Ok(Some(cluster))
    }

    /// A new database, at the address that leads to the primary.
    ///
    /// # Errors
    /// When the primary cannot be reached.
    pub async fn database(&self) -> anyhow::Result<Database> {
        Database::on(format!("postgres://postgres@{}/postgres", self.relay.address)).await
    }

    /// The standby follows no more: what is committed from now on it does not get.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub async fn stop_standby(&self) -> anyhow::Result<()> {
        self.stop_node(&self.standby, "fast").await
    }

    /// The primary dies without a word, and the standby takes over with what it has.
    ///
    /// # Errors
    /// When it does not.
    pub async fn fail_over(&self) -> anyhow::Result<()> {
        self.stop_node(&self.primary, "immediate").await?;
        self.start_node(&self.standby).await?;
        self.run("pg_ctl", &["-D", &self.standby.data.display().to_string(), "-w", "promote"]).await?;
        self.relay.turn_to(self.standby.address());
        Ok(())
    }

    async fn start_node(&self, node: &Node) -> anyhow::Result<()> {
        let (data, port) = (node.data.display().to_string(), node.port);
        let settings = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c max_connections=100",
            self.folder.path().display(),
        );
        let log = node.data.with_extension("log").display().to_string();
        self.run("pg_ctl", &["-D", &data, "-w", "-t", "60", "-l", &log, "-o", &settings, "start"]).await
    }

    async fn stop_node(&self, node: &Node, mode: &str) -> anyhow::Result<()> {
        self.run("pg_ctl", &["-D", &node.data.display().to_string(), "-m", mode, "stop"]).await
    }

    /// Runs one of PostgreSQL's programs, which refuse to be root.
    async fn run(&self, program: &str, args: &[&str]) -> anyhow::Result<()> {
        let mut command = as_postgres(&self.programs.join(program));
        // A server that is started would keep a pipe open, and its end would never come.
        let complaint = self.folder.path().join("complaint.log");
        let (out, err) = (std::fs::File::create(&complaint)?, std::fs::File::create(&complaint)?);
        let ended = command.current_dir(self.folder.path()).args(args).stdout(out).stderr(err).status();
        let ended = ended.await.context("PostgreSQL's programs")?;
        ensure!(ended.success(), "{program}: {}", std::fs::read_to_string(&complaint)?);
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in [&self.primary, &self.standby] {
            let mut command = as_postgres(&self.programs.join("pg_ctl")).into_std();
            command.current_dir(self.folder.path()).arg("-D").arg(&node.data);
            let _ = command.args(["-m", "immediate", "stop"]).output();
        }
    }
}

impl Node {
    fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }
}

/// The newest version's programs.
fn programs() -> Option<PathBuf> {
    let versions =
        std::fs::read_dir(PROGRAMS).ok()?.filter_map(Result::ok).map(|version| version.path().join("bin"));
    versions.filter(|folder| folder.join("initdb").is_file()).max()
}

fn as_postgres(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
