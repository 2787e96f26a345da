//! One device's connection: the documents that it may have, the changes that it writes, the answers
//! that it gets.

mod late;
mod proposing;
mod writing;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use sync_core::{
    authority::{Denied, Right, Writer},
    documents::{Document, DocumentId, Kind},
    id::{ClientId, DeviceId},
    sync::{Access, Heard, Peer, PeerName, ProtocolError},
};

use super::documents::binder::{Binder, Listener};
use crate::{
    domain::{
        documents::binder::Binders,
        records::readings::{self, Reading},
    },
    nouns::callers::DeviceCaller,
    store::{self, documents::Claim},
};

/// A connection of a device that was authenticated.
pub struct Connection {
    binders: Binders,
    caller: DeviceCaller,
    peer: Peer,
    listener: Arc<Listener>,
    open: BTreeMap<DocumentId, Shared>,
    /// Old documents that the device is bringing something to.
    late: BTreeSet<DocumentId>,
}

/// A document that the connection syncs.
#[derive(Clone)]
struct Shared {
    binder: Arc<Binder>,
    kind: Kind,
    access: Access,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy)]
pub enum Close {
    /// The peer breaks the protocol: its code.
    Protocol(ProtocolError),
    /// The peer has gone.
    Left,
    /// The device is no longer paired.
    Unpaired,
    /// The server cannot go on with what it has: come again.
    Retry,
}

impl Connection {
    /// Begins a connection.
    #[must_use]
    pub fn new(binders: Binders, caller: DeviceCaller) -> Self {
        // The storage id changes with the incarnation: after a restore a peer must not rely on what it knew of us.
        let incarnation = binders.ground.incarnation();
        let peer = Peer::accept(PeerName::of(incarnation), incarnation.to_string());
        let listener = binders.listen(caller.device());
        Self { binders, caller, peer, listener, open: BTreeMap::new(), late: BTreeSet::new() }
    }

    /// What to wait on for changes made elsewhere.
    #[must_use]
    pub fn listener(&self) -> Arc<Listener> {
        Arc::clone(&self.listener)
    }

    /// Takes a frame; gives frames to send.
    ///
    /// # Errors
    /// [`Close`] when the connection is to end.
    pub async fn hear(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Close> {
        // automerge's decoders are not ours: a panic in one is a malformed message, not the end of the server.
        let heard = catch_unwind(AssertUnwindSafe(|| self.peer.hear(bytes)));
        match heard.unwrap_or(Err(ProtocolError::Message)).map_err(Close::Protocol)? {
            Heard::Nothing | Heard::Unavailable(_) | Heard::Refused(_) => Ok(Vec::new()),
            Heard::Greeted(answer) => Ok(answer.into_iter().collect()),
            Heard::Left => Err(Close::Left),
            Heard::Message { document, message, .. } => {
                let answered = self.message(document, *message).await;
                self.listener.keeps(self.peer.kept_bytes());
                answered
            }
        }
    }

    async fn message(
        &mut self,
        document: DocumentId,
        mut message: automerge::sync::Message,
    ) -> Result<Vec<Vec<u8>>, Close> {
        let claim = self.claim(document).await?;
        let Some(Shared { binder, kind, access }) = self.share(document, claim.as_ref()).await? else {
            if let Some(claim) = claim {
                if claim.succeeded
                    && let Some((client, kind, Access::Write)) = self.may_have(&claim)
                {
                    return self.late(document, (client, kind), message).await;
                }
                self.keep_restrictions(&claim, &mut message).await?;
                if !claim.active {
                    return Err(Close::Unpaired);
                }
            }
            return Ok(self.peer.withhold(document).into_iter().collect());
        };
        let mut out = Vec::new();
        if access == Access::Write
            && let Some(code) = self.take(document, &binder, kind, &mut message).await?
        {
            // Later changes of this device rest on the refused one: the document is not synced any further here. The
            // others are, so that a revocation on the shelf still arrives.
            self.open.remove(&document);
            out.extend(self.peer.refuse(code));
            out.extend(self.peer.withhold(document));
            return Ok(out);
        }
        let open = binder.open(&self.binders.ground).await.map_err(|_| Close::Retry)?;
        let sheet = open.contents().and_then(|contents| contents.sheet_under(kind, document).ok());
        let sheet = sheet.ok_or(Close::Retry)?;
        if access == Access::Read && has_written(&message, &sheet.document) {
            out.extend(self.peer.refuse(Denied::NotWritable.code()));
        }
        let mut copy = sheet.document.clone();
        let absorbed =
            catch_unwind(AssertUnwindSafe(|| self.peer.absorb(document, &mut copy, message, access)));
        absorbed.unwrap_or(Err(ProtocolError::Message)).map_err(Close::Protocol)?;
        out.extend(self.peer.tell(document, &sheet.document, access));
        Ok(out)
    }

    /// What is to be told of documents that have changed.
    ///
    /// # Errors
    /// [`Close::Retry`] when they cannot be read, [`Close::Unpaired`] when the device may no longer hear of any.
    pub async fn tell(&mut self, client: ClientId) -> Result<Vec<Vec<u8>>, Close> {
        let of_client = self.open.iter().filter(|(_, shared)| shared.binder.client == client);
        let documents: Vec<DocumentId> = of_client.map(|(document, _)| *document).collect();
        let mut out = Vec::new();
        for document in documents {
            let claim = self.claim(document).await?;
            if claim.as_ref().is_some_and(|claim| !claim.active) {
                return Err(Close::Unpaired);
            }
            let Some(Shared { binder, kind, access }) = self.share(document, claim.as_ref()).await? else {
                out.extend(self.peer.withhold(document));
                continue;
            };
            let open = binder.open(&self.binders.ground).await.map_err(|_| Close::Retry)?;
            let contents = open.contents().ok_or(Close::Retry)?;
            let sheet = contents.sheet_under(kind, document).map_err(|_| Close::Retry)?;
            out.extend(self.peer.tell(document, &sheet.document, access));
        }
        Ok(out)
    }

    /// What the device has to do with a document, asked of the database each time: a connection outlives the care of its
    /// person, and its device's removal on another server.
    async fn claim(&self, document: DocumentId) -> Result<Option<Claim>, Close> {
        let mut tx = self.binders.ground.db.read().await.map_err(|_| Close::Retry)?;
        let device = self.caller.device();
        store::documents::claim(&mut tx, document, device).await.map_err(|_| Close::Retry)
    }

    /// Opens a document for this connection, if its device may have it now. Unknown, foreign and succeeded are alike.
    async fn share(&mut self, document: DocumentId, claim: Option<&Claim>) -> Result<Option<Shared>, Close> {
        let in_use = claim.filter(|claim| !claim.succeeded);
        let Some((client, kind, access)) = in_use.and_then(|claim| self.may_have(claim)) else {
            self.open.remove(&document);
            return Ok(None);
        };
        let shared = if let Some(shared) = self.open.get(&document) {
            shared.clone()
        } else {
            if let DeviceCaller::Console(console) = self.caller {
                let reading = Reading::Document(client, kind);
                readings::note(&self.binders.ground, console, reading).await.map_err(|_| Close::Retry)?;
            }
            let binder = self.binders.of(client).await.map_err(|_| Close::Retry)?;
            binder.subscribe(&self.listener);
            Shared { binder, kind, access }
        };
        if self.is_damaged(&shared).await? {
            self.open.remove(&document);
            return Ok(None);
        }
        self.open.insert(document, shared.clone());
        Ok(Some(shared))
    }

    /// A damaged document is as if it were not there. The others of the same connection go on, the orders' revocations
    /// among them.
    async fn is_damaged(&self, shared: &Shared) -> Result<bool, Close> {
        let open = shared.binder.open(&self.binders.ground).await.map_err(|_| Close::Retry)?;
        Ok(open.contents().is_some_and(|contents| contents.sheet(shared.kind).is_err()))
    }

    fn may_have(&self, claim: &Claim) -> Option<(ClientId, Kind, Access)> {
        let theirs = match self.caller {
            DeviceCaller::Companion(_) => claim.own,
            DeviceCaller::Console(_) => claim.treats,
        };
        let access = match self.writer().right(claim.kind) {
            Right::None => return None,
            Right::Read => Access::Read,
            Right::Append => Access::Write,
        };
        (theirs && claim.active).then_some((claim.client, claim.kind, access))
    }

    fn writer(&self) -> Writer {
        match self.caller {
            DeviceCaller::Companion(companion) => Writer::Companion(companion.device),
            DeviceCaller::Console(console) => Writer::Console(console.device),
        }
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.caller.device()
    }
}

/// Whether the peer has written into a document that is not its to write. automerge tells it that nothing is taken here,
/// so that it keeps its changes to itself: then its heads alone show that there are some.
fn has_written(message: &automerge::sync::Message, document: &Document) -> bool {
    let is_ours = |head| document.get_change_meta_by_hash(head).is_some();
    !message.changes.is_empty() || !message.heads.iter().all(is_ours)
}

#[cfg(test)]
pub(crate) mod tests;
