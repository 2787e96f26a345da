//! Shelf and journal, and the connection that syncs them.

use serde::Serialize;
use serde_bytes::ByteBuf;
use sync_core::{
    device,
    documents::{DocumentId, Letter, PartOfDay, PlayKey},
    id::{DeviceId, EntryId, ReleaseId},
    instant::Instant,
    sync::PeerName,
    vocabulary::Vocabulary,
};
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use crate::{
    code::{code, malformed},
    views::{LetterView, OnShelf},
};

/// The documents of this device.
#[wasm_bindgen]
pub struct Documents(pub(crate) device::Documents);

/// One connection to the server.
#[wasm_bindgen]
pub struct Connection(device::Connection);

#[wasm_bindgen]
impl Documents {
    /// Documents under these ids, with nothing in them yet.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(constructor)]
    pub fn new(shelf: &str, journal: &str) -> Result<Self, JsValue> {
        Ok(Self(device::Documents::new(document(shelf)?, document(journal)?)))
    }

    /// The documents of a phone that was removed: none, and nothing is synced under their names.
    #[must_use]
    pub fn nothing() -> Self {
        let nowhere = DocumentId::from_bytes([0; 16]);
        Self(device::Documents::new(nowhere, nowhere))
    }

    /// Takes up what was saved.
    ///
    /// # Errors
    /// `malformed`.
    pub fn restore(bytes: &[u8]) -> Result<Self, JsValue> {
        device::Documents::restore(bytes).map(Self).map_err(malformed)
    }

    /// The bytes to write durably.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.0.save()
    }

    /// The server has named the documents; gives whether one has a successor.
    ///
    /// # Errors
    /// `malformed`.
    pub fn named(&mut self, shelf: &str, journal: &str) -> Result<bool, JsValue> {
        Ok(self.0.named(document(shelf)?, document(journal)?))
    }

    /// Throws the copy of the shelf away.
    pub fn forget_shelf(&mut self) {
        self.0.forget_shelf();
    }

    /// What is on the shelf: `OnShelf[]`.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "OnShelf[]")]
    pub fn shelf(&self) -> Result<JsValue, JsValue> {
        let shelf = self.0.shelf();
        let items: Vec<_> = shelf.0.iter().map(|(release, item)| OnShelf::new(*release, item)).collect();
        serde_wasm_bindgen::to_value(&items).map_err(malformed)
    }

    /// Letters that were written: `LetterView[]`.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "LetterView[]")]
    pub fn letters(&self) -> Result<JsValue, JsValue> {
        let letters = self.0.letters().into_iter();
        let seen = |(id, letter)| LetterView::new(id, letter, self.0.has_arrived(id));
        let letters: Vec<_> = letters.filter_map(seen).collect();
        serde_wasm_bindgen::to_value(&letters).map_err(malformed)
    }

    /// Whether everything that was written has arrived.
    #[must_use]
    pub fn is_all_sent(&self) -> bool {
        self.0.is_all_sent()
    }

    /// Writes "this doesn't help me".
    ///
    /// # Errors
    /// `malformed`.
    pub fn write_return(&mut self, id: &[u8], release: &str, at: f64) -> Result<(), JsValue> {
        let release = ReleaseId::parse(release).map_err(malformed)?;
        self.write(id, &Letter::Return { release, at: instant(at) })
    }

    /// Writes a question in the client's words.
    ///
    /// # Errors
    /// `malformed`; `too_long` for words that do not fit.
    pub fn write_request(
        &mut self,
        id: &[u8],
        release: Option<String>,
        words: String,
        at: f64,
    ) -> Result<(), JsValue> {
        let release = release.map(|release| ReleaseId::parse(&release)).transpose().map_err(malformed)?;
        self.write(id, &Letter::Request { release, words, at: instant(at) })
    }

    /// Writes how it was, from 0, worse, to 4, better.
    ///
    /// # Errors
    /// `malformed`.
    pub fn write_rating(&mut self, id: &[u8], release: &str, value: u8, at: f64) -> Result<(), JsValue> {
        let release = ReleaseId::parse(release).map_err(malformed)?;
        self.write(id, &Letter::Rating { release, value, at: instant(at) })
    }

    /// Writes whether the therapist may see plays and ratings from now on.
    ///
    /// # Errors
    /// `malformed`.
    pub fn write_sharing(&mut self, id: &[u8], on: bool, at: f64) -> Result<(), JsValue> {
        self.write(id, &Letter::Sharing { on, at: instant(at) })
    }

    /// Counts one play more of a release in a part of a day. Only while the client shares it.
    ///
    /// # Errors
    /// `malformed`.
    pub fn count(
        &mut self,
        device: &str,
        release: &str,
        day: f64,
        part: Option<String>,
    ) -> Result<(), JsValue> {
        let key = PlayKey {
            device: DeviceId::parse(device).map_err(malformed)?,
            release: ReleaseId::parse(release).map_err(malformed)?,
            day: instant(day),
            part: part.as_deref().and_then(PartOfDay::parse),
        };
        self.0.count(key);
        Ok(())
    }

    fn write(&mut self, id: &[u8], letter: &Letter) -> Result<(), JsValue> {
        let id = EntryId::from_bytes(id.try_into().map_err(malformed)?);
        // Read back as the server reads it: one that it would refuse must not be written.
        Letter::decode(&letter.encode()).map_err(|_| code("too_long"))?;
        self.0.write(id, letter);
        Ok(())
    }
}

/// What a frame has told.
#[derive(Serialize, Tsify)]
struct Told {
    #[tsify(type = "Uint8Array[]")]
    frames: Vec<ByteBuf>,
    #[tsify(optional)]
    greeted: Option<String>,
    changed: bool,
    #[tsify(optional)]
    refused: Option<String>,
    withheld: bool,
    left: bool,
}

impl From<device::Told> for Told {
    fn from(told: device::Told) -> Self {
        let device::Told { frames, greeted, changed, refused, withheld, left } = told;
        let frames = frames.into_iter().map(ByteBuf::from).collect();
        Self { frames, greeted, changed, refused, withheld, left }
    }
}

#[wasm_bindgen]
impl Connection {
    /// A connection that greets under this name.
    ///
    /// # Errors
    /// `malformed` for what is no name.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str) -> Result<Self, JsValue> {
        let name = PeerName::new(name).ok_or_else(|| code("malformed"))?;
        Ok(Self(device::Connection::open(name).0))
    }

    /// The greeting to send.
    ///
    /// # Errors
    /// `malformed` for what is no name.
    pub fn join(name: &str) -> Result<Vec<u8>, JsValue> {
        let name = PeerName::new(name).ok_or_else(|| code("malformed"))?;
        Ok(device::Connection::open(name).1)
    }

    /// Takes a frame: `Told`.
    ///
    /// # Errors
    /// The protocol error's code: the connection is to be closed.
    #[wasm_bindgen(unchecked_return_type = "Told")]
    pub fn hear(&mut self, documents: &mut Documents, frame: &[u8]) -> Result<JsValue, JsValue> {
        let told = self.0.hear(&mut documents.0, frame).map_err(|error| code(error.code()))?;
        serde_wasm_bindgen::to_value(&Told::from(told)).map_err(malformed)
    }

    /// Frames that are to be sent now: `Uint8Array[]`.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array[]")]
    pub fn tell(&mut self, documents: &Documents) -> Result<JsValue, JsValue> {
        let frames: Vec<_> = self.0.tell(&documents.0).into_iter().map(ByteBuf::from).collect();
        serde_wasm_bindgen::to_value(&frames).map_err(malformed)
    }

    /// Whether both ends have the same.
    #[must_use]
    pub fn is_level(&self, documents: &Documents) -> bool {
        self.0.is_level(&documents.0)
    }
}

fn document(id: &str) -> Result<DocumentId, JsValue> {
    DocumentId::parse(id).map_err(malformed)
}

fn instant(at: f64) -> Instant {
    Instant::from_millis(at as i64)
}
