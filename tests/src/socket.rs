//! A socket that syncs any documents: for laptops and observers. A companion speaks through
//! `sync_core::device::Connection` instead.

mod frames;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use anyhow::{Context, bail};
use sync_core::{
    documents::{Document, DocumentId},
    sync::{Access, Heard, Peer, PeerName},
};

use crate::api::Api;

pub use frames::{Frames, Wire};

/// A connection for sync.
pub struct Socket {
    frames: Frames,
    peer: Peer,
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
        let (peer, join) = Peer::initiate(device_name()?);
        let frames = Frames::open(api, wire, join).await?;
        let mut socket = Self { frames, peer, refusals: Vec::new(), withheld: BTreeSet::new() };
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
        self.tell(documents).await?;
        while !documents.iter().all(|(id, document)| self.peer.is_level(*id, document)) {
            if documents.keys().any(|id| self.withheld.contains(id)) {
                bail!(Withheld(self.refusals.clone()));
            }
            self.step(documents).await?;
        }
        Ok(())
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
        self.frames.send(told.collect()).await
    }

    async fn hear(&mut self) -> anyhow::Result<Heard> {
        let frame = self.frames.next().await;
        let frame = frame.with_context(|| format!("the server has refused {:?}", self.refusals))?;
        Ok(self.peer.hear(&frame)?)
    }
}

/// A name that no other connection has.
///
/// # Errors
/// Never in practice.
pub fn device_name() -> anyhow::Result<PeerName> {
    PeerName::new(&format!("device-{:016x}", rand::random::<u64>())).context("name")
}
