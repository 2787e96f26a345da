//! How a companion syncs its documents, and its letters and plays in the journal.

use anyhow::{Context, ensure};
use reqwest::Method;
use sync_core::{
    device::Documents,
    documents::{DocumentId, Kind, Letter, PartOfDay, PlayKey, Shelf},
    id::{EntryId, ReleaseId},
    instant::Instant,
    vocabulary::Vocabulary,
};

use super::{Companion, line::Line};
use crate::{
    api::{Api, text},
    socket::Withheld,
};

impl Companion {
    /// Syncs shelf and journal, and acts on what the shelf says.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn sync(&mut self) -> anyhow::Result<()> {
        if self.line.is_none() {
            let (line, greeted) = Line::open(&self.api, self.wire, &mut self.documents).await?;
            self.line = Some(line);
            if self.machine.greeted(&greeted) {
                self.documents.forget_shelf();
                self.ask().await?;
            }
        }
        if let Err(error) = self.until(Line::is_level).await {
            // Not to be had under this id: perhaps under another.
            if error.is::<Withheld>() && self.list().await? {
                return Box::pin(self.sync()).await;
            }
            return Err(error);
        }
        self.look_at_shelf().await
    }

    /// Asks under which ids the documents are now, and begins afresh with successors. Says whether there is one.
    async fn list(&mut self) -> anyhow::Result<bool> {
        let (shelf, journal) = listed(&self.api).await?;
        Ok(self.documents.named(shelf, journal))
    }

    /// Waits on the open line until the shelf says something, and acts on it.
    ///
    /// # Errors
    /// When the connection ends first.
    pub async fn until_shelf(&mut self, says: impl Fn(&Shelf) -> bool) -> anyhow::Result<()> {
        self.until_documents(|documents| says(&documents.shelf())).await?;
        self.look_at_shelf().await
    }

    /// Waits on the open line until its documents say something.
    ///
    /// # Errors
    /// When the connection ends first.
    pub async fn until_documents(&mut self, say: impl Fn(&Documents) -> bool) -> anyhow::Result<()> {
        self.until(|_, documents| say(documents)).await
    }

    async fn until(&mut self, holds: impl Fn(&Line, &Documents) -> bool) -> anyhow::Result<()> {
        let line = self.line.as_mut().context("not connected")?;
        // A story that gives the line up in the middle is a phone that dies there.
        self.kept_documents = Some(self.documents.save());
        let heard = line.until(&mut self.documents, holds).await;
        self.kept_documents = None;
        if heard.is_err() {
            self.line = None;
        }
        heard
    }

    async fn look_at_shelf(&mut self) -> anyhow::Result<()> {
        let shelf = self.documents.shelf();
        let effects = self.machine.shelf_changed(&shelf);
        self.perform(effects).await
    }

    /// Waits for the server to close the line; gives the reason.
    ///
    /// # Errors
    /// When it is not connected, or the connection breaks without a reason.
    pub async fn closed(&mut self) -> anyhow::Result<String> {
        self.line.as_mut().context("not connected")?.closed().await
    }

    /// Writes a letter; it leaves the device at the next sync.
    ///
    /// # Errors
    /// When it is one that no server would take.
    pub fn write(&mut self, letter: &Letter) -> anyhow::Result<EntryId> {
        ensure!(Letter::decode(&letter.encode()).is_ok(), "no letter");
        let id = EntryId::from_bytes(rand::random());
        self.documents.write(id, letter);
        Ok(id)
    }

    /// Counts plays of an earlier day, as if it had been played then; they leave the device at the next sync.
    pub fn played_on(&mut self, release: ReleaseId, (day, part): (Instant, PartOfDay), times: u32) {
        for _ in 0..times {
            self.count(PlayKey { device: self.device, release, day, part: Some(part) });
        }
    }

    pub(super) fn count(&mut self, key: PlayKey) {
        self.documents.count(key);
    }

    /// The documents as a start finds them: out of the bytes that were saved last.
    pub(super) fn restored_documents(&self) -> anyhow::Result<Documents> {
        let saved = self.kept_documents.clone().unwrap_or_else(|| self.documents.save());
        Ok(Documents::restore(&saved)?)
    }

    /// The shelf as far as it is known here.
    #[must_use]
    pub fn shelf(&self) -> Shelf {
        self.documents.shelf()
    }

    /// Its documents.
    #[must_use]
    pub const fn documents(&self) -> &Documents {
        &self.documents
    }

    /// The ids of shelf and journal.
    #[must_use]
    pub const fn document_ids(&self) -> (DocumentId, DocumentId) {
        self.documents.ids()
    }
}

/// The ids of shelf and journal.
pub(super) async fn listed(api: &Api) -> anyhow::Result<(DocumentId, DocumentId)> {
    let named = api.call(Method::GET, "/v1/device/documents", None).await?;
    let document =
        |kind: Kind| DocumentId::parse(text(&named["documents"], kind.as_str())?).context("a document's id");
    Ok((document(Kind::Shelf)?, document(Kind::Journal)?))
}
