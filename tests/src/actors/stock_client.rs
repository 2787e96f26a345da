//! automerge-repo's own client in JavaScript, as it is published on npm, steered by a scenario.

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

/// Which release of the stock client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The newest.
    Newest,
    /// The oldest of the same major version.
    Older,
}

/// How a tab opens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tab {
    /// With the storage that all such tabs of this process share, and so with its storage id.
    pub shared: bool,
    /// Telling and asking what other storages have.
    pub gossip: bool,
    /// Hearing with every message that the other end reads version 2 of automerge's sync messages, whatever it says.
    pub hints: bool,
}

/// A stock client in a process of its own, killed by its id when this is dropped. What it is told concerns the tab that
/// was opened or turned to last.
pub struct StockClient {
    tab: String,
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
        Self::start_as(Published::Newest).await
    }

    /// Starts one of this release.
    ///
    /// # Errors
    /// See [`StockClient::start`].
    pub async fn start_as(published: Published) -> anyhow::Result<Option<Self>> {
        match Self::spawn(published).await {
            Ok(client) => Ok(Some(client)),
            Err(why) if env::var_os("REFRAIN_TEST_REQUIRE_ALL").is_some_and(|value| value == "1") => Err(why),
            Err(why) => {
                let test = std::thread::current().name().unwrap_or("a test").to_owned();
                eprintln!("SKIPPED: {test}: {why:#}");
                Ok(None)
            }
        }
    }

    async fn spawn(published: Published) -> anyhow::Result<Self> {
        let name = match published {
            Published::Newest => "automerge-repo",
            Published::Older => "automerge-repo-older",
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(name);
        ensure!(folder.join("node_modules").is_dir(), "run `npm ci` in tests/interop/{name}");
        let mut child = Command::new("node")
            .arg(folder.join("client.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node is not installed")?;
        let stdin = child.stdin.take().context("stdin")?;
        let stdout = BufReader::new(child.stdout.take().context("stdout")?).lines();
        Ok(Self { tab: "tab".to_owned(), stdin, stdout, _child: child })
    }

    /// A new repository without memory connects as the device of this caller, with a ticket.
    ///
    /// # Errors
    /// When the server gives no ticket, or does not greet.
    pub async fn open(&mut self, device: &Api) -> anyhow::Result<()> {
        self.open_as(device, Tab::default()).await
    }

    /// A new repository opens as this tab.
    ///
    /// # Errors
    /// See [`StockClient::open`].
    pub async fn open_as(&mut self, device: &Api, tab: Tab) -> anyhow::Result<()> {
        let url = ticket_url(device).await?;
        let Tab { shared, gossip, hints } = tab;
        let command =
            json!({ "command": "open", "url": url, "shared": shared, "gossip": gossip, "hints": hints });
        self.ask(command).await.map(drop)
    }

    /// Turns to another tab, open or to be opened.
    pub fn turn_to(&mut self, tab: &str) {
        tab.clone_into(&mut self.tab);
    }

    /// The codes with which the server has refused something, so far.
    ///
    /// # Errors
    /// When the client has ended.
    pub async fn refusals(&mut self) -> anyhow::Result<Value> {
        self.ask(json!({ "command": "refusals" })).await
    }

    /// The tab's network is gone; what it writes from here on it keeps to itself.
    ///
    /// # Errors
    /// When it is not open.
    pub async fn cut(&mut self) -> anyhow::Result<()> {
        self.ask(json!({ "command": "cut" })).await.map(drop)
    }

    /// The same repository connects over a new socket.
    ///
    /// # Errors
    /// When the server gives no ticket, or does not greet.
    pub async fn reopen(&mut self, device: &Api) -> anyhow::Result<()> {
        let url = ticket_url(device).await?;
        self.ask(json!({ "command": "reopen", "url": url })).await.map(drop)
    }

    /// From here on the tab goes by another peer id; where it is connected it greets again, over the same socket.
    ///
    /// # Errors
    /// When it is not open, or the server does not greet.
    pub async fn rename(&mut self, peer: &str) -> anyhow::Result<()> {
        self.ask(json!({ "command": "rename", "peer": peer })).await.map(drop)
    }

    /// What the tab calls itself.
    ///
    /// # Errors
    /// When it is not open.
    pub async fn peer_id(&mut self) -> anyhow::Result<String> {
        let peer = self.ask(json!({ "command": "peer_id" })).await?;
        peer.as_str().map(str::to_owned).context("a peer id")
    }

    /// In which versions of automerge's sync messages the tab has `said` and `heard` something.
    ///
    /// # Errors
    /// When it is not open.
    pub async fn versions(&mut self) -> anyhow::Result<Value> {
        self.ask(json!({ "command": "versions" })).await
    }

    /// Says something about a document to whoever is there, which is kept nowhere.
    ///
    /// # Errors
    /// When the document is not to be had.
    pub async fn broadcast(&mut self, document: DocumentId, message: &str) -> anyhow::Result<()> {
        let document = document.to_string();
        let command = json!({ "command": "broadcast", "document": document, "message": message });
        self.ask(command).await.map(drop)
    }

    /// Notes from here on what others say in passing.
    ///
    /// # Errors
    /// When the document is not to be had.
    pub async fn listen(&mut self, document: DocumentId) -> anyhow::Result<()> {
        self.ask(json!({ "command": "listen", "document": document.to_string() })).await.map(drop)
    }

    /// What others have said in passing.
    ///
    /// # Errors
    /// When the tab is not open.
    pub async fn heard(&mut self) -> anyhow::Result<Value> {
        self.ask(json!({ "command": "heard" })).await
    }

    /// Wants to be told what other storages have.
    ///
    /// # Errors
    /// When the tab is not open.
    pub async fn subscribe(&mut self, storages: &[String]) -> anyhow::Result<()> {
        self.ask(json!({ "command": "subscribe", "storages": storages })).await.map(drop)
    }

    /// The id of the tab's storage; none without one.
    ///
    /// # Errors
    /// When the tab is not open.
    pub async fn storage_id(&mut self) -> anyhow::Result<Option<String>> {
        Ok(self.ask(json!({ "command": "storage_id" })).await?.as_str().map(str::to_owned))
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
        let puts = json!([{ "path": path, "value": value }]);
        self.put_all(document, puts).await
    }

    /// Writes each `{"path", "value"}` of a list by a change of its own.
    ///
    /// # Errors
    /// When the client itself does not take one.
    pub async fn put_all(&mut self, document: DocumentId, puts: Value) -> anyhow::Result<()> {
        let command = json!({ "command": "put", "document": document.to_string(), "puts": puts });
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

    async fn ask(&mut self, mut command: Value) -> anyhow::Result<Value> {
        command["tab"] = self.tab.as_str().into();
        self.stdin.write_all(format!("{command}\n").as_bytes()).await?;
        let answer = timeout(PATIENCE, self.stdout.next_line()).await;
        let asked = &command["command"];
        let line = answer.with_context(|| format!("no answer to {asked}"))??.context("node has ended")?;
        let mut answer: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        match &answer["failed"] {
            Value::Null => Ok(answer["answer"].take()),
            failed => bail!("{asked}: {failed}"),
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
