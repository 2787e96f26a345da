//! automerge-repo's own client in JavaScript, as it is published on npm, told by a scenario what to do.

use std::{env, path::Path, process::Stdio, time::Duration};

use anyhow::{Context, bail, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::documents::DocumentId;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::api::{Api, text};

/// No answer comes later than this, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A stock client in a process of its own, killed by its id when this is dropped.
pub struct StockClient {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl StockClient {
    /// Starts one; none where Node or its packages are not installed, which is said loudly.
    ///
    /// # Errors
    /// When it is missing and `REFRAIN_TEST_REQUIRE_ALL` is 1.
    pub async fn start() -> anyhow::Result<Option<Self>> {
        match Self::spawn().await {
            Ok(client) => Ok(Some(client)),
            Err(why) if env::var_os("REFRAIN_TEST_REQUIRE_ALL").is_some_and(|value| value == "1") => Err(why),
            Err(why) => {
                let test = std::thread::current().name().unwrap_or("a test").to_owned();
                eprintln!("SKIPPED: {test}: {why:#}");
                Ok(None)
            }
        }
    }

    async fn spawn() -> anyhow::Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/automerge-repo");
        ensure!(folder.join("node_modules").is_dir(), "run `npm ci` in tests/interop/automerge-repo");
        let mut child = Command::new("node")
            .arg(folder.join("client.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node is not installed")?;
        let stdin = child.stdin.take().context("stdin")?;
        let stdout = BufReader::new(child.stdout.take().context("stdout")?).lines();
        Ok(Self { stdin, stdout, _child: child })
    }

    /// A new repository without memory connects as the device of this caller, with a ticket.
    ///
    /// # Errors
    /// When the server gives no ticket, or does not greet.
    pub async fn open(&mut self, device: &Api) -> anyhow::Result<()> {
        let url = ticket_url(device).await?;
        self.ask(json!({ "command": "open", "url": url })).await.map(drop)
    }

    /// What a document holds, as plain values; `"unavailable"` if it is not to be had.
    ///
    /// # Errors
    /// When it holds anything but plain values.
    pub async fn read(&mut self, document: DocumentId) -> anyhow::Result<Value> {
        self.ask(json!({ "command": "read", "document": document.to_string() })).await
    }

    /// Waits until a value stands at a path of a document.
    ///
    /// # Errors
    /// When it never does.
    pub async fn until(&mut self, document: DocumentId, path: &[&str], value: Value) -> anyhow::Result<()> {
        let document = document.to_string();
        let command = json!({ "command": "until", "document": document, "path": path, "value": value });
        self.ask(command).await.map(drop)
    }

    /// Writes a value at a path of a document; [`bytes()`] stands for a `Uint8Array`.
    ///
    /// # Errors
    /// When the client itself does not take it.
    pub async fn put(&mut self, document: DocumentId, path: &[&str], value: Value) -> anyhow::Result<()> {
        let document = document.to_string();
        let command = json!({ "command": "put", "document": document, "path": path, "value": value });
        self.ask(command).await.map(drop)
    }

    /// Deletes what stands at a path of a document.
    ///
    /// # Errors
    /// When the client itself does not take it.
    pub async fn remove(&mut self, document: DocumentId, path: &[&str]) -> anyhow::Result<()> {
        let command = json!({ "command": "remove", "document": document.to_string(), "path": path });
        self.ask(command).await.map(drop)
    }

    /// Waits for the server to refuse something; gives its code.
    ///
    /// # Errors
    /// When it refuses nothing.
    pub async fn refusal(&mut self) -> anyhow::Result<String> {
        let code = self.ask(json!({ "command": "refusal" })).await?;
        code.as_str().map(str::to_owned).context("a code")
    }

    /// Disconnects.
    ///
    /// # Errors
    /// When it was never connected.
    pub async fn close(&mut self) -> anyhow::Result<()> {
        self.ask(json!({ "command": "close" })).await.map(drop)
    }

    async fn ask(&mut self, command: Value) -> anyhow::Result<Value> {
        self.stdin.write_all(format!("{command}\n").as_bytes()).await?;
        let answer = timeout(PATIENCE, self.stdout.next_line()).await;
        let line = answer.with_context(|| format!("no answer to {command}"))??.context("node has ended")?;
        let mut answer: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        match &answer["failed"] {
            Value::Null => Ok(answer["answer"].take()),
            failed => bail!("{command}: {failed}"),
        }
    }
}

/// Where a device may open one socket.
///
/// # Errors
/// When the server gives no ticket.
pub async fn ticket_url(device: &Api) -> anyhow::Result<String> {
    let answer = device.call(Method::POST, "/v1/sync-tickets", None).await?;
    let base = device.base().replacen("http", "ws", 1);
    Ok(format!("{base}/v1/sync/{}", text(&answer, "ticket")?))
}

/// What stands for a `Uint8Array`.
#[must_use]
pub fn bytes(bytes: &[u8]) -> Value {
    json!({ "bytes": BASE64.encode(bytes) })
}
