//! A companion's documents: its shelf, its journal, and the part of the journal that the server may
//! not have yet.
//!
//! ```text
//! letter, count ──► journal, outbox ──► Connection::tell ──► server
//! server ──► Connection::hear ──► shelf, journal ──► Told { changed, frames to send, … }
//! ```
//!
//! A letter stays in the outbox until the server is known to have it: a refused change, a successor
//! or a server that was restored may take the journal away, and then it is written anew, under the
//! same id, which counts once.

use std::collections::BTreeMap;

use automerge::ActorId;
use ciborium::Value;

use crate::{
    cbor::{self, CborError, Map},
    documents::{self, Document, DocumentId, Letter, PlayKey, Plays, Shelf},
    id::EntryId,
    sync::{Access, Heard, Peer, PeerName, ProtocolError},
};

/// How many counts go into one change: a server takes no more operations (`change_op_count`).
const CHANGE_COUNTS: usize = 64;

/// The documents of one companion. Not `Debug`: letters are nobody else's to read.
#[derive(Clone)]
pub struct Documents {
    shelf: DocumentId,
    journal: DocumentId,
    on_shelf: Document,
    written: Document,
    /// Letters and counts that the server has not said to have.
    letters: Vec<(EntryId, Vec<u8>)>,
    counts: Plays,
    /// Counts of a journal that was thrown away in this run: a day goes on from them until its successor has come.
    before: Plays,
}

/// One connection of a companion to the server.
#[derive(Debug)]
pub struct Connection {
    peer: Peer,
    greeted: bool,
}

/// What a frame has told, and what is to be sent for it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Frames to send, in order.
    pub frames: Vec<Vec<u8>>,
    /// The server has greeted, under this storage id: ask [`Companion::greeted`](super::Companion::greeted).
    pub greeted: Option<String>,
    /// Whether shelf or journal have changed: they are to be saved, and the shelf to be looked at.
    pub changed: bool,
    /// The server has refused something; its code.
    pub refused: Option<String>,
    /// The server does not share a document under its id: ask for the list of documents, and connect anew.
    pub withheld: bool,
    /// The server goes.
    pub left: bool,
}

impl Documents {
    /// Documents under these ids, with nothing in them yet.
    #[must_use]
    pub fn new(shelf: DocumentId, journal: DocumentId) -> Self {
        let (on_shelf, written) = (Document::new(), Document::new());
        let (counts, before) = (Plays::new(), Plays::new());
        Self { shelf, journal, on_shelf, written, letters: Vec::new(), counts, before }
    }

    /// The server has named the documents. A successor is begun with nothing; gives whether there is one.
    pub fn named(&mut self, shelf: DocumentId, journal: DocumentId) -> bool {
        let changed = (shelf, journal) != (self.shelf, self.journal);
        if shelf != self.shelf {
            self.shelf = shelf;
            self.forget_shelf();
        }
        if journal != self.journal {
            self.journal = journal;
            self.forget_journal();
        }
        changed
    }

    /// The ids of shelf and journal.
    #[must_use]
    pub const fn ids(&self) -> (DocumentId, DocumentId) {
        (self.shelf, self.journal)
    }

    /// Throws the copy of the shelf away: a server that was restored cannot take back what it has forgotten of it.
    pub fn forget_shelf(&mut self) {
        self.on_shelf = Document::new();
    }

    /// Throws the copy of the journal away, and keeps what the server may not have.
    pub fn forget_journal(&mut self) {
        self.before.extend(documents::plays(&self.written));
        self.written = Document::new();
    }

    /// The shelf, as far as it is known here.
    #[must_use]
    pub fn shelf(&self) -> Shelf {
        Shelf::read(&self.on_shelf)
    }

    /// The copy of the shelf as automerge keeps it, with its history.
    #[must_use]
    pub const fn shelf_document(&self) -> &Document {
        &self.on_shelf
    }

    /// The copy of the journal as automerge keeps it: what the server is known to have, and what is written for it.
    #[must_use]
    pub const fn journal_document(&self) -> &Document {
        &self.written
    }

    /// Writes the journal as this actor from now on, until its copy is thrown away or restored. Otherwise automerge draws
    /// one: a simulation draws everything from its seed.
    pub fn write_as(&mut self, actor: ActorId) {
        self.written.set_actor(actor);
    }

    /// Writes a letter; it leaves the device with the next [`Connection::tell`].
    pub fn write(&mut self, id: EntryId, letter: &Letter) {
        self.letters.push((id, letter.encode()));
        self.copy_unsent();
    }

    /// Counts one play more. To be called only while the client shares it: a day's count goes on from what was shared of
    /// it, and never tells of plays before that.
    pub fn count(&mut self, key: PlayKey) {
        let shared = documents::plays(&self.written).get(&key).copied();
        let shared = shared.max(self.before.get(&key).copied()).unwrap_or(0);
        let counted = self.counts.entry(key).or_default();
        *counted = shared.max(*counted).saturating_add(1);
        self.copy_unsent();
    }

    /// Whether everything that was written is known to have arrived.
    #[must_use]
    pub fn is_all_sent(&self) -> bool {
        self.letters.is_empty() && self.counts.is_empty()
    }

    /// Whether the server is known to have this letter.
    #[must_use]
    pub fn has_arrived(&self, id: EntryId) -> bool {
        !self.letters.iter().any(|(unsent, _)| *unsent == id)
    }

    /// Letters that were written on any of the client's devices, as far as they are known here, in no order.
    #[must_use]
    pub fn letters(&self) -> Vec<(EntryId, Letter)> {
        let mut all: BTreeMap<EntryId, Vec<u8>> = documents::entries(&self.written).into_iter().collect();
        all.extend(self.letters.iter().cloned());
        all.into_iter().filter_map(|(id, bytes)| Some((id, Letter::decode(&bytes).ok()?))).collect()
    }

    /// Before the first sync there is no journal to write into: its root is the server's to make. Then it waits.
    fn copy_unsent(&mut self) {
        let _ = documents::append(&mut self.written, &self.letters);
        let counts: Vec<_> = self.counts.iter().collect();
        for some in counts.chunks(CHANGE_COUNTS) {
            let some = some.iter().map(|(key, count)| (**key, **count)).collect();
            let _ = documents::copy_plays(&some, &mut self.written);
        }
    }

    /// The bytes to write durably.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let letters = self.letters.iter();
        let letters = letters.map(|(id, letter)| {
            Value::Array(vec![Value::Bytes(id.as_bytes().to_vec()), Value::Bytes(letter.clone())])
        });
        let counts = self.counts.iter();
        let counts = counts.map(|(key, n)| Value::Array(vec![key.to_string().into(), (*n).into()]));
        Map::new()
            .with("v", 1)
            .with("shelf", Value::Bytes(self.shelf.as_bytes().to_vec()))
            .with("journal", Value::Bytes(self.journal.as_bytes().to_vec()))
            .with("on_shelf", Value::Bytes(self.on_shelf.save()))
            .with("written", Value::Bytes(self.written.save()))
            .with("letters", Value::Array(letters.collect()))
            .with("counts", Value::Array(counts.collect()))
            .to_bytes()
    }

    /// Takes up what an earlier run saved. A document that cannot be read is fetched again.
    ///
    /// # Errors
    /// [`CborError`] when the bytes are not what [`Documents::save`] wrote.
    pub fn restore(bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = Map::read(bytes)?;
        if map.integer::<u8>("v")? != 1 {
            return Err(CborError::Shape);
        }
        let mut document = |key| Ok(Document::load(&map.bytes(key)?).unwrap_or_default());
        let (on_shelf, written) = (document("on_shelf")?, document("written")?);
        let restored = Self {
            shelf: DocumentId::from_bytes(map.array("shelf")?),
            journal: DocumentId::from_bytes(map.array("journal")?),
            on_shelf,
            written,
            letters: map.list("letters")?.into_iter().map(read_letter).collect::<Result<_, _>>()?,
            counts: map.list("counts")?.into_iter().map(read_count).collect::<Result<_, _>>()?,
            before: Plays::new(),
        };
        map.end()?;
        Ok(restored)
    }
}

impl Connection {
    /// A connection that was just opened, and the greeting to send on it.
    #[must_use]
    pub fn open(name: PeerName) -> (Self, Vec<u8>) {
        let (peer, join) = Peer::initiate(name);
        (Self { peer, greeted: false }, join)
    }

    /// Takes a frame.
    ///
    /// # Errors
    /// [`ProtocolError`]: the connection is to be closed.
    pub fn hear(&mut self, documents: &mut Documents, bytes: &[u8]) -> Result<Told, ProtocolError> {
        let mut told = Told::default();
        match self.peer.hear(bytes)? {
            Heard::Greeted(_) => {
                self.greeted = true;
                told.greeted = Some(self.peer.storage().unwrap_or_default().to_owned());
                // What is sent depends on what the greeting means: `tell` follows.
                return Ok(told);
            }
            Heard::Message { document, message, .. } => {
                let Some(known) = documents.document(document) else { return Ok(told) };
                let before = known.get_heads();
                self.peer.absorb(document, known, *message, Access::Write)?;
                told.changed = known.get_heads() != before;
                told.changed |= self.settle(documents);
            }
            Heard::Refused(code) => told.refused = Some(code),
            Heard::Unavailable(document) => {
                told.withheld = document == documents.shelf || document == documents.journal;
                if document == documents.journal && told.withheld {
                    documents.forget_journal();
                }
            }
            Heard::Left => told.left = true,
            Heard::Nothing => {}
        }
        if !told.withheld && !told.left {
            told.frames = self.tell(documents);
        }
        Ok(told)
    }

    /// What there is to say: after the greeting was understood, and after something was written.
    pub fn tell(&mut self, documents: &Documents) -> Vec<Vec<u8>> {
        if !self.greeted {
            return Vec::new();
        }
        let both = [(documents.shelf, &documents.on_shelf), (documents.journal, &documents.written)];
        let told = both.into_iter();
        told.filter_map(|(id, document)| self.peer.tell(id, document, Access::Write)).collect()
    }

    /// Whether both documents are as the server has them, and it has everything that was written here.
    #[must_use]
    pub fn is_level(&self, documents: &Documents) -> bool {
        self.peer.has_theirs(documents.shelf, &documents.on_shelf)
            && self.peer.is_level(documents.journal, &documents.written)
            && documents.is_all_sent()
    }

    /// Writes what waited for the journal, and forgets what has arrived; gives whether either happened.
    fn settle(&self, documents: &mut Documents) -> bool {
        if documents.is_all_sent() || !self.peer.has_theirs(documents.journal, &documents.written) {
            return false;
        }
        let before = documents.written.get_heads();
        documents.copy_unsent();
        if documents.written.get_heads() != before {
            return true;
        }
        if !self.peer.is_level(documents.journal, &documents.written) {
            return false;
        }
        documents.letters.clear();
        documents.counts.clear();
        true
    }
}

impl Documents {
    fn document(&mut self, id: DocumentId) -> Option<&mut Document> {
        match id {
            id if id == self.shelf => Some(&mut self.on_shelf),
            id if id == self.journal => Some(&mut self.written),
            _ => None,
        }
    }
}

fn read_letter(value: Value) -> Result<(EntryId, Vec<u8>), CborError> {
    let [id, letter] = pair(value)?;
    Ok((cbor::id_of(id)?, letter.into_bytes().map_err(|_| CborError::Shape)?))
}

fn read_count(value: Value) -> Result<(PlayKey, u32), CborError> {
    let [key, count] = pair(value)?;
    let key = key.into_text().ok().and_then(|key| PlayKey::parse(&key)).ok_or(CborError::Shape)?;
    Ok((key, cbor::integer_of(count)?))
}

fn pair(value: Value) -> Result<[Value; 2], CborError> {
    let pair = value.into_array().map_err(|_| CborError::Shape)?;
    pair.try_into().map_err(|_| CborError::Shape)
}
