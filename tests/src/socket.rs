//! A device's socket, with faults on demand.
//!
//! Frames pass through a [`Wire`] that can lose the connection, hold frames back, send them twice or in another order.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use sync_core::{
    documents::{Document, DocumentId},
    sync::{Access, Heard, Peer, PeerName},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue, protocol::CloseFrame},
};

use crate::api::Api;

/// No answer comes later than this, on the slowest machine: one that stood still for half a minute has been seen.
const PATIENCE: Duration = Duration::from_secs(90);

/// What happens to the frames that a device sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wire {
    /// They arrive once, in order.
    #[default]
    Whole,
    /// Each arrives twice.
    Twice,
    /// Those that are sent together arrive last first.
    Backwards,
    /// The connection is lost after so many more frames.
    CutAfter(usize),
}

/// A connection for sync.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    peer: Peer,
    wire: Wire,
    refusals: Vec<String>,
    withheld: BTreeSet<DocumentId>,
}

/// The server does not sync a document any further on this connection.
#[derive(Debug)]
pub struct Withheld(pub Vec<String>);

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server withholds a document; it refused: {}", self.0.join(", "))
    }
}

impl std::error::Error for Withheld {}

impl Socket {
    /// Connects with the caller's token and greets.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn open(api: &Api, wire: Wire) -> anyhow::Result<Self> {
        let url = format!("{}/v1/sync", api.base().replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        let token = api.token().context("no token")?;
        request.headers_mut().insert("Authorization", HeaderValue::from_str(&format!("Bearer {token}"))?);
        let (stream, _) = connect_async(request).await?;
        let name = PeerName::new(&format!("device-{:016x}", rand::random::<u64>())).context("name")?;
        let (peer, join) = Peer::initiate(name);
        let mut socket = Self { stream, peer, wire, refusals: Vec::new(), withheld: BTreeSet::new() };
        socket.stream.send(Message::Binary(join.into())).await?;
        match socket.hear().await? {
            Heard::Greeted(_) => Ok(socket),
            other => bail!("expected a greeting, heard {other:?}"),
        }
    }

    /// Syncs until the server is known to have everything of these documents, and has nothing new.
    ///
    /// # Errors
    /// [`Withheld`], or when the connection ends.
    pub async fn level(&mut self, documents: &mut BTreeMap<DocumentId, Document>) -> anyhow::Result<()> {
        self.level_reading(documents, None).await
    }

    /// The same, with a document among them that the server alone writes: what it has is enough there.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn level_reading(
        &mut self,
        documents: &mut BTreeMap<DocumentId, Document>,
        read: Option<DocumentId>,
    ) -> anyhow::Result<()> {
        self.tell(documents).await?;
        while !documents.iter().all(|(id, document)| {
            self.peer.is_level(*id, document) || (read == Some(*id) && self.peer.has_theirs(*id, document))
        }) {
            if documents.keys().any(|id| self.withheld.contains(id)) {
                bail!(Withheld(self.refusals.clone()));
            }
            self.step(documents).await?;
        }
        Ok(())
    }

    /// Syncs until a condition holds.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn until(
        &mut self,
        documents: &mut BTreeMap<DocumentId, Document>,
        holds: impl Fn(&BTreeMap<DocumentId, Document>) -> bool,
    ) -> anyhow::Result<()> {
        self.tell(documents).await?;
        while !holds(documents) {
            self.step(documents).await?;
        }
        Ok(())
    }

    /// The storage id that the server has greeted with.
    #[must_use]
    pub fn storage(&self) -> Option<&str> {
        self.peer.storage()
    }

    /// Codes with which the server has refused something on this connection.
    #[must_use]
    pub fn refusals(&self) -> &[String] {
        &self.refusals
    }

    /// Waits for the server to refuse something; gives its code.
    ///
    /// # Errors
    /// When the connection ends first.
    pub async fn refusal(
        &mut self,
        documents: &mut BTreeMap<DocumentId, Document>,
    ) -> anyhow::Result<String> {
        self.tell(documents).await?;
        while self.refusals.is_empty() {
            self.step(documents).await?;
        }
        Ok(self.refusals.remove(0))
    }

    /// Waits for the server to close; gives the reason.
    ///
    /// # Errors
    /// When the connection breaks without one.
    pub async fn closed(&mut self) -> anyhow::Result<String> {
        loop {
            match timeout(PATIENCE, self.stream.next()).await?.context("broken")?? {
                Message::Close(Some(CloseFrame { reason, .. })) => return Ok(reason.to_string()),
                Message::Close(None) => bail!("closed without a reason"),
                _ => {}
            }
        }
    }

    /// Sends any bytes: for strangers.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn send_raw(&mut self, bytes: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.stream.send(Message::Binary(bytes.into())).await?)
    }

    /// The protocol state, for those who build frames of their own.
    pub const fn peer(&mut self) -> &mut Peer {
        &mut self.peer
    }

    async fn step(&mut self, documents: &mut BTreeMap<DocumentId, Document>) -> anyhow::Result<()> {
        match self.hear().await? {
            Heard::Message { document, message, .. } => {
                if let Some(known) = documents.get_mut(&document) {
                    self.peer.absorb(document, known, *message, Access::Write)?;
                }
                self.tell(documents).await
            }
            Heard::Refused(code) => {
                self.refusals.push(code);
                Ok(())
            }
            Heard::Left => bail!("the server has left"),
            Heard::Unavailable(document) => {
                self.withheld.insert(document);
                Ok(())
            }
            Heard::Nothing | Heard::Greeted(_) => Ok(()),
        }
    }

    async fn tell(&mut self, documents: &BTreeMap<DocumentId, Document>) -> anyhow::Result<()> {
        let told = documents.iter().filter_map(|(id, document)| self.peer.tell(*id, document, Access::Write));
        let mut frames: Vec<Vec<u8>> = told.collect();
        match &mut self.wire {
            Wire::Whole => {}
            Wire::Twice => frames = frames.into_iter().flat_map(|frame| [frame.clone(), frame]).collect(),
            Wire::Backwards => frames.reverse(),
            Wire::CutAfter(left) => {
                for frame in frames {
                    if *left == 0 {
                        self.stream.close(None).await?;
                        bail!("the connection was cut");
                    }
                    *left -= 1;
                    self.stream.send(Message::Binary(frame.into())).await?;
                }
                return Ok(());
            }
        }
        for frame in frames {
            self.stream.send(Message::Binary(frame.into())).await?;
        }
        Ok(())
    }

    async fn hear(&mut self) -> anyhow::Result<Heard> {
        loop {
            let heard = timeout(PATIENCE, self.stream.next()).await;
            let message = heard
                .with_context(|| format!("the server says nothing; it has refused {:?}", self.refusals))?;
            match message.context("the connection has ended")?? {
                Message::Binary(bytes) => return Ok(self.peer.hear(&bytes)?),
                Message::Close(frame) => {
                    let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                    bail!("closed: {reason}");
                }
                _ => {}
            }
        }
    }
}
