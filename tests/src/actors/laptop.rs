//! A therapist's device: writes orders offline, and syncs when it can.

use std::collections::BTreeMap;

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use reqwest::Method;
use serde_json::json;
use sync_core::{
    device::{Console, Form},
    documents::{self, Document, DocumentId, Kind, Note},
    id::{ClientId, ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
    instant::Instant,
    orders::{Orders, RevokeOn},
    terms::{Terms, TermsChange},
    vocabulary::Vocabulary,
};

use crate::{
    api::{Api, text},
    socket::{Socket, Wire, Withheld},
    vault::Vault,
};

/// A therapist's laptop or phone, at work for one client.
pub struct Laptop {
    /// What its person calls it.
    pub name: String,
    /// Its id.
    pub device: DeviceId,
    /// What happens to its frames.
    pub wire: Wire,
    api: Api,
    /// Its person's session, and for whom they work: where documents are listed.
    staff: Api,
    client: ClientId,
    console: Console,
    orders: DocumentId,
    casebook: DocumentId,
    documents: BTreeMap<DocumentId, Document>,
    notes: Vec<(EntryId, Vec<u8>)>,
    socket: Option<Socket>,
}

impl Laptop {
    /// Pairs a device of a therapist who is signed in.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn pair(staff: &Api, name: &str, client: ClientId) -> anyhow::Result<Self> {
        let vault = Vault::new()?;
        let request = json!({
            "name": name,
            "exchange_key": BASE64.encode(vault.exchange_key()),
            "signing_key": BASE64.encode(vault.signing_key()),
        });
        let paired = staff.call(Method::POST, "/v1/staff/devices", Some(request)).await?;
        let (orders, casebook) = listed(staff, client).await?;
        let device = DeviceId::parse(text(&paired, "device")?)?;
        Ok(Self {
            name: name.to_owned(),
            device,
            wire: Wire::Whole,
            api: staff.with_token(text(&paired, "token")?),
            staff: staff.clone(),
            client,
            console: Console::new(device),
            orders,
            casebook,
            documents: BTreeMap::from([(orders, Document::new()), (casebook, Document::new())]),
            notes: Vec::new(),
            socket: None,
        })
    }

    /// Comes online and syncs everything that was written; goes offline again.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn sync(&mut self) -> anyhow::Result<()> {
        self.pull().await?;
        self.append()?;
        let socket = self.socket.as_mut().context("no socket")?;
        let levelled = socket.level(&mut self.documents).await;
        self.socket = None;
        levelled?;
        let written: Vec<_> = self.entries().into_iter().map(|(id, _)| id).collect();
        self.console.acknowledged(written);
        Ok(())
    }

    /// Comes online and syncs one of the entries that were written, as a network does that is soon lost again.
    ///
    /// # Errors
    /// When it was not written here, or the server refuses it or cannot be reached.
    pub async fn sync_entry(&mut self, id: EntryId) -> anyhow::Result<()> {
        self.pull().await?;
        let orders = self.documents.get_mut(&self.orders).context("no orders")?;
        let entry = self.console.to_append(orders).into_iter().find(|(written, _)| *written == id);
        documents::append(orders, &[entry.context("nothing unsent under this id")?])?;
        let socket = self.socket.as_mut().context("no socket")?;
        socket.level(&mut self.documents).await?;
        self.socket = None;
        self.console.acknowledged([id]);
        Ok(())
    }

    /// Comes online and syncs notes and observations alone.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn sync_notes(&mut self) -> anyhow::Result<()> {
        self.pull().await?;
        self.append_notes()?;
        let socket = self.socket.as_mut().context("no socket")?;
        socket.level(&mut self.documents).await?;
        self.socket = None;
        Ok(())
    }

    /// The network is lost.
    pub fn go_offline(&mut self) {
        self.socket = None;
    }

    /// Forgets the orders as they are here, after the server has refused to take them so: what was written stays, and is
    /// appended to what the server has at the next sync.
    pub fn fetch_afresh(&mut self) {
        self.socket = None;
        self.documents.insert(self.orders, Document::new());
    }

    /// Comes online and takes what the server has; what was written here stays unsent.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn pull(&mut self) -> anyhow::Result<()> {
        match self.pull_once().await {
            // Not to be had under this id: perhaps under another.
            Err(error) if error.is::<Withheld>() => {
                if self.list().await? {
                    self.pull_once().await
                } else {
                    Err(error)
                }
            }
            pulled => pulled,
        }
    }

    async fn pull_once(&mut self) -> anyhow::Result<()> {
        let mut socket = Socket::open(&self.api, self.wire).await?;
        socket.level(&mut self.documents).await?;
        self.socket = Some(socket);
        Ok(())
    }

    /// Asks under which id the orders are now, and begins afresh with a successor: what was written and not acknowledged is
    /// appended there. Says whether there is one.
    async fn list(&mut self) -> anyhow::Result<bool> {
        let (orders, _) = listed(&self.staff, self.client).await?;
        if orders == self.orders {
            return Ok(false);
        }
        self.documents.remove(&self.orders);
        self.documents.insert(orders, Document::new());
        self.orders = orders;
        Ok(true)
    }

    /// Writes into its copy of the orders what is unsent, without a network.
    ///
    /// # Errors
    /// When there are no orders here yet.
    pub fn append(&mut self) -> anyhow::Result<()> {
        let orders = self.documents.get_mut(&self.orders).context("no orders")?;
        let missing = self.console.to_append(orders);
        // One change each: what is refused strands nothing that came before it.
        for entry in missing {
            documents::append(orders, std::slice::from_ref(&entry))?;
        }
        self.append_notes()
    }

    fn append_notes(&mut self) -> anyhow::Result<()> {
        let casebook = self.documents.get_mut(&self.casebook).context("no casebook")?;
        let notes = std::mem::take(&mut self.notes);
        if !notes.is_empty() {
            documents::append(casebook, &notes)?;
        }
        Ok(())
    }

    fn entries(&self) -> Vec<(EntryId, Vec<u8>)> {
        self.documents.get(&self.orders).map(documents::entries).unwrap_or_default()
    }

    /// The orders as they are known here, unsent ones too.
    #[must_use]
    pub fn folded(&self) -> Orders {
        let mut written = self.entries();
        if let Some(orders) = self.documents.get(&self.orders) {
            written.extend(self.console.to_append(orders));
        }
        Orders::fold_encoded(written.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
    }

    /// Releases a clip, offline.
    pub fn release(&mut self, clip: ClipId, recording: RecordingId, terms: Terms, at: Instant) -> ReleaseId {
        let form = self.console.release_form(&self.folded(), clip, recording);
        let ids = (entry_id(), ReleaseId::new(at, rand::random()));
        self.console.release(ids, (clip, recording), terms, &form, at)
    }

    /// Writes the words that go with a release, or an observation, offline.
    pub fn note(&mut self, note: &Note) {
        self.notes.push((entry_id(), note.encode()));
    }

    /// Changes terms, offline, over what is shown here.
    ///
    /// # Errors
    /// When the release is not known here.
    pub fn amend(&mut self, release: ReleaseId, set: TermsChange, at: Instant) -> anyhow::Result<()> {
        let form = self.form(release)?;
        self.console.amend(entry_id(), release, set, &form, at);
        Ok(())
    }

    /// Takes back, offline, everything of this that is shown here.
    ///
    /// # Errors
    /// When the release is not known here.
    pub fn revoke(&mut self, release: ReleaseId, on: RevokeOn, at: Instant) -> anyhow::Result<()> {
        let hits = self.form(release)?.hits;
        self.console.revoke(entry_id(), on, hits, at);
        Ok(())
    }

    /// Pauses one release, offline.
    pub fn hold(&mut self, release: ReleaseId, until: Option<Instant>, at: Instant) -> EntryId {
        let id = entry_id();
        self.console.hold(id, release, until, at);
        id
    }

    /// Pauses everything, offline.
    pub fn hold_shelf(&mut self, at: Instant) -> EntryId {
        let id = entry_id();
        let form = self.console.shelf_form(&self.folded());
        self.console.hold_shelf(id, None, &form, at);
        id
    }

    /// Ends holds, offline.
    pub fn lift(&mut self, holds: Vec<EntryId>, at: Instant) {
        self.console.lift(entry_id(), holds, at);
    }

    /// Confirms a release over what is shown here, offline.
    ///
    /// # Errors
    /// When the release is not known here.
    pub fn confirm(&mut self, release: ReleaseId, at: Instant) -> anyhow::Result<()> {
        let form = self.form(release)?;
        self.console.confirm(entry_id(), release, &form, at);
        Ok(())
    }

    fn form(&self, release: ReleaseId) -> anyhow::Result<Form> {
        self.console.change_form(&self.folded(), release).context("not known on this device")
    }

    /// The entries that the server does not have yet, in the order in which they were written.
    #[must_use]
    pub fn written(&self) -> Vec<EntryId> {
        let orders = self.documents.get(&self.orders);
        let unsent = orders.map(|orders| self.console.to_append(orders)).unwrap_or_default();
        unsent.into_iter().map(|(id, _)| id).collect()
    }

    /// Goes to another address from now on.
    pub fn reach(&mut self, server: &Api) {
        self.api = self.api.toward(server);
        self.staff = self.staff.toward(server);
        self.socket = None;
    }

    /// How many entries the server does not have yet.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.console.unsent()
    }

    /// The ids of orders and casebook.
    #[must_use]
    pub const fn document_ids(&self) -> (DocumentId, DocumentId) {
        (self.orders, self.casebook)
    }

    /// Its documents, for those who write what they may not.
    pub const fn documents(&mut self) -> &mut BTreeMap<DocumentId, Document> {
        &mut self.documents
    }

    /// Its way to the API.
    #[must_use]
    pub const fn api(&self) -> &Api {
        &self.api
    }
}

/// The ids of orders and casebook.
async fn listed(staff: &Api, client: ClientId) -> anyhow::Result<(DocumentId, DocumentId)> {
    let named = staff.call(Method::GET, &format!("/v1/clients/{client}/documents"), None).await?;
    let document =
        |kind: Kind| DocumentId::parse(text(&named["documents"], kind.as_str())?).context("a document's id");
    Ok((document(Kind::Orders)?, document(Kind::Casebook)?))
}

fn entry_id() -> EntryId {
    EntryId::from_bytes(rand::random())
}
