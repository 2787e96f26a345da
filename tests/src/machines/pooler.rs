//! A real pooler, PgBouncer, in front of a PostgreSQL database: it shares connections, or keeps one for each session.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// A pooler on loopback. Its process is killed, by its id, when this is dropped.
pub struct Pooler {
    port: u16,
    child: Child,
}

impl Pooler {
    /// One that gives a connection to another caller after each transaction.
    ///
    /// # Errors
    /// When there is no such program, or it does not listen.
    pub async fn start(host: &str, database: &str, folder: &Path) -> anyhow::Result<Self> {
        Self::with("transaction", host, database, folder).await
    }

    /// One that keeps a connection for each caller until they go.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_keeping_sessions(host: &str, database: &str, folder: &Path) -> anyhow::Result<Self> {
        Self::with("session", host, database, folder).await
    }

    async fn with(mode: &str, host: &str, database: &str, folder: &Path) -> anyhow::Result<Self> {
        let (server, port) = host.rsplit_once(':').unwrap_or((host, "5432"));
        // Taken and given back: PgBouncer does not choose a port by itself.
        let own = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let users = folder.join(format!("{mode}-users.txt"));
        std::fs::write(&users, "\"postgres\" \"\"\n")?;
        let written = format!(
            "[databases]\n{database} = host={server} port={port} dbname={database}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {own}\nunix_socket_dir =\npool_mode = {mode}\nauth_type = trust\nauth_file = {}\n\
             default_pool_size = 8\n",
            users.display()
        );
        // The program does not run as root, and so must be able to read it.
        let config = readable(folder, &format!("{mode}-pooler.ini"), &written)?;
        let mut command = Command::new("pgbouncer");
        if rustix::process::getuid().is_root() {
            command.args(["-u", "nobody"]);
        }
        command.arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.kill_on_drop(true).spawn().context("pgbouncer is not installed")?;
        let listens = async {
            while TcpStream::connect(("127.0.0.1", own)).await.is_err() {
                if let Some(status) = child.try_wait()? {
                    bail!("pgbouncer ended, {status}");
                }
                sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        timeout(PATIENCE, listens).await.context("pgbouncer does not listen")??;
        Ok(Self { port: own, child })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the system does not.
    pub async fn end(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

fn readable(folder: &Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))?;
    Ok(path)
}
