//! One connection's state.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{
    Change,
    sync::{ChunkList, Message, State, SyncDoc},
};

use super::{
    ChunkError, Frame, PeerName, ProtocolError,
    chunk::changes_of,
    limits::{MAX_DOCUMENTS, MAX_KEPT_BYTES, MAX_WAITING, MAX_WAITING_DEPS},
    message,
    waiting::{in_order, is_known, missing},
};
use crate::documents::{Document, DocumentId};

/// The peer at the other end, and how far each document is synced with it.
#[derive(Debug)]
pub struct Peer {
    me: PeerName,
    storage: Option<String>,
    them: Option<PeerName>,
    accepts: bool,
    documents: BTreeMap<DocumentId, Sheet>,
}

/// How far one document is synced.
#[derive(Debug, Default)]
struct Sheet {
    state: State,
    /// Changes that came before what they depend on: vetted when that has come, never applied before.
    waiting: Vec<Change>,
    /// How many bytes the waiting changes have, and how many automerge keeps of the last message.
    waiting_bytes: usize,
    message_bytes: usize,
    /// Whether changes were taken that the peer has not heard of as durable.
    owes: bool,
    /// What was said last, if it carried no change: saying it again would only make the peer answer again.
    said: Option<Vec<u8>>,
}

/// What a frame meant.
#[derive(Debug)]
pub enum Heard {
    /// Nothing that needs an answer.
    Nothing,
    /// The greeting is done; a server sends this answer.
    Greeted(Option<Vec<u8>>),
    /// A sync message. Who does not trust its sender takes the changes out with [`Peer::take_changes`], has them
    /// vetted, commits them, and only then calls [`Peer::absorb`] with the rest.
    Message {
        /// The document.
        document: DocumentId,
        /// Whether the peer does not have it yet.
        request: bool,
        /// The message.
        message: Box<Message>,
    },
    /// The peer will not share a document.
    Unavailable(DocumentId),
    /// The peer has refused something; its code.
    Refused(String),
    /// The peer goes.
    Left,
}

/// Takes the changes out of a message, parsed and not applied.
///
/// # Errors
/// [`ChunkError`] for the first chunk that is no single change within the limits; the message is left as it was.
pub fn take_changes(message: &mut Message) -> Result<Vec<Change>, ChunkError> {
    let changes = changes_of(&message.changes)?;
    message.changes = ChunkList::empty();
    Ok(changes)
}

impl Peer {
    /// A server's end: waits for a greeting.
    #[must_use]
    pub fn accept(me: PeerName, storage: String) -> Self {
        Self { me, storage: Some(storage), them: None, accepts: true, documents: BTreeMap::new() }
    }

    /// A device's end, and the greeting to send.
    #[must_use]
    pub fn initiate(me: PeerName) -> (Self, Vec<u8>) {
        let join = Frame::Join { sender: me.clone() }.encode();
        (Self { me, storage: None, them: None, accepts: false, documents: BTreeMap::new() }, join)
    }

    /// The server's storage id, which is its incarnation: at the server's end its own, at a device's the greeted one.
    #[must_use]
    pub fn storage(&self) -> Option<&str> {
        self.storage.as_deref()
    }

    /// Takes a frame. Nothing is applied.
    ///
    /// # Errors
    /// [`ProtocolError`]: the connection is to be closed with its code.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<Heard, ProtocolError> {
        match Frame::decode(bytes)? {
            Frame::Join { sender } if self.accepts => {
                let answer = Frame::Peer {
                    sender: self.me.clone(),
                    target: sender.clone(),
                    storage: self.storage.clone(),
                };
                self.them = Some(sender);
                Ok(Heard::Greeted(Some(answer.encode())))
            }
            Frame::Peer { sender, storage, .. } if !self.accepts => {
                self.them = Some(sender);
                self.storage = storage;
                Ok(Heard::Greeted(None))
            }
            Frame::Sync { .. } if self.them.is_none() => Err(ProtocolError::NotGreeted),
            Frame::Sync { document, request, data, .. } => self.hear_sync(document, request, &data),
            Frame::Unavailable { document, .. } => Ok(Heard::Unavailable(document)),
            Frame::Error { message, .. } => Ok(Heard::Refused(message)),
            Frame::Leave => Ok(Heard::Left),
            Frame::Join { .. } | Frame::Peer { .. } | Frame::Tolerated => Ok(Heard::Nothing),
        }
    }

    fn hear_sync(
        &mut self,
        document: DocumentId,
        request: bool,
        data: &[u8],
    ) -> Result<Heard, ProtocolError> {
        if !self.documents.contains_key(&document) && self.documents.len() == MAX_DOCUMENTS {
            return Err(ProtocolError::TooManyDocuments);
        }
        let message = message::read(data)?;
        Ok(Heard::Message { document, request, message: Box::new(message) })
    }

    /// Takes the changes out of a message that may be vetted now, each after what it depends on.
    ///
    /// The peer guesses from a Bloom filter what is known here, and one time in a hundred leaves out a change that is
    /// not. What depends on it waits, unapplied; [`Peer::tell`] asks for the missing one, and when that has come both are
    /// given.
    ///
    /// # Errors
    /// [`ChunkError`] for the first chunk that is no single change within the limits; the message is left as it was.
    pub fn take_changes(
        &mut self,
        id: DocumentId,
        document: &Document,
        message: &mut Message,
    ) -> Result<Vec<Change>, ChunkError> {
        let mut unsorted = take_changes(message)?;
        let sheet = self.documents.entry(id).or_default();
        sheet.owes |= !unsorted.is_empty();
        unsorted.append(&mut sheet.waiting);
        let mut seen = BTreeSet::new();
        unsorted.retain(|change| seen.insert(change.hash()));
        let (ready, mut waiting) = in_order(document, unsorted);
        let deps: usize = waiting.iter().map(|change| change.deps().len()).sum();
        if waiting.len() > MAX_WAITING || deps > MAX_WAITING_DEPS {
            return Err(ChunkError::TooMany);
        }
        // One that is known already brings nothing, whatever it depends on.
        waiting.retain(|change| !is_known(document, &change.hash()));
        sheet.waiting_bytes = waiting.iter().map(|change| change.raw_bytes().len()).sum();
        sheet.waiting = waiting;
        if self.kept_bytes() > MAX_KEPT_BYTES { Err(ChunkError::TooMuch) } else { Ok(ready) }
    }

    /// Takes in what is left of a message whose changes are in `document` by now, durably.
    ///
    /// # Errors
    /// [`ProtocolError::Message`] when automerge refuses it, [`ProtocolError::MessageTooLarge`] when the connection would
    /// have to keep too much of it.
    pub fn absorb(
        &mut self,
        id: DocumentId,
        document: &mut Document,
        rest: Message,
        access: Access,
    ) -> Result<(), ProtocolError> {
        self.sheet(id, access).message_bytes = message::kept_bytes(&rest);
        if self.kept_bytes() > MAX_KEPT_BYTES {
            return Err(ProtocolError::MessageTooLarge);
        }
        let sheet = self.sheet(id, access);
        document.receive_sync_message(&mut sheet.state, rest).map_err(|_| ProtocolError::Message)?;
        if std::mem::take(&mut sheet.owes) {
            // automerge saw a message without changes and equal heads, and would say nothing. The peer waits to hear
            // that its changes are durable.
            sheet.state.last_sent_heads.clear();
            sheet.said = None;
        }
        Ok(())
    }

    /// The next frame about a document, if there is anything to say. `document` must be committed state.
    pub fn tell(&mut self, id: DocumentId, document: &Document, access: Access) -> Option<Vec<u8>> {
        let (sender, target) = (self.me.clone(), self.them.clone()?);
        let accepts = self.accepts;
        let sheet = self.sheet(id, access);
        let mut message = document.generate_sync_message(&mut sheet.state)?;
        if accepts && access == Access::Write {
            // Without flags the peer stays on single changes, which can be vetted.
            message.flags = None;
            message.need.extend(missing(document, &sheet.waiting));
            message.need.sort_unstable();
            message.need.dedup();
        }
        let has_changes = !message.changes.is_empty();
        let data = message.encode();
        if !has_changes && sheet.said.as_ref() == Some(&data) {
            // A change that was refused keeps the heads apart for good: without this, both would answer for ever.
            return None;
        }
        sheet.said = (!has_changes).then(|| data.clone());
        // A device that has nothing of a document yet asks for it, as the protocol has it.
        let request = !accepts && document.is_empty();
        Some(Frame::Sync { sender, target, document: id, request, data }.encode())
    }

    /// Whether the peer has said that it has just what is here: both ends have the same heads.
    #[must_use]
    pub fn is_level(&self, id: DocumentId, document: &Document) -> bool {
        let said = self.documents.get(&id).and_then(|sheet| sheet.state.their_heads.as_ref());
        said.is_some_and(|heads| *heads == document.get_heads())
    }

    /// Whether everything that the peer has said to have is here. A reader that is ahead of a restored server has no
    /// more than that: what the server has lost it does not take from readers.
    #[must_use]
    pub fn has_theirs(&self, id: DocumentId, document: &Document) -> bool {
        let said = self.documents.get(&id).and_then(|sheet| sheet.state.their_heads.as_ref());
        said.is_some_and(|heads| heads.iter().all(|head| is_known(document, head)))
    }

    /// Whether this document is being synced on this connection.
    #[must_use]
    pub fn syncs(&self, document: DocumentId) -> bool {
        self.documents.contains_key(&document)
    }

    /// The documents that are being synced on this connection.
    pub fn documents(&self) -> impl Iterator<Item = DocumentId> + '_ {
        self.documents.keys().copied()
    }

    /// Stops syncing a document, and says that it is not to be had.
    pub fn withhold(&mut self, document: DocumentId) -> Option<Vec<u8>> {
        self.documents.remove(&document);
        let (sender, target) = (self.me.clone(), self.them.clone()?);
        Some(Frame::Unavailable { sender, target, document }.encode())
    }

    /// Says that something was refused.
    #[must_use]
    pub fn refuse(&self, code: &str) -> Option<Vec<u8>> {
        let (sender, target) = (self.me.clone(), self.them.clone()?);
        Some(Frame::Error { sender, target, message: code.to_owned() }.encode())
    }

    /// How many bytes the connection keeps: waiting changes, hashes and filters.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        let said = |sheet: &Sheet| sheet.said.as_ref().map_or(0, Vec::len);
        self.documents.values().map(|sheet| sheet.waiting_bytes + sheet.message_bytes + said(sheet)).sum()
    }

    fn sheet(&mut self, id: DocumentId, access: Access) -> &mut Sheet {
        let reads = access == Access::Read;
        let sheet = self.documents.entry(id).or_default();
        if sheet.state.read_only != reads {
            sheet.state = if reads { State::new_read_only() } else { State::new() };
            sheet.said = None;
        }
        sheet
    }
}

/// What the peer may do with a document, seen from this end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read it; what it writes is not taken.
    Read,
    /// Write it, as far as [`crate::authority`] allows.
    Write,
}
