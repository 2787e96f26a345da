//! A client's documents as last committed, in memory: sync reads them, and changes are vetted
//! against them.
//!
//! One mutex for each client is held from vet to publish. A candidate is made and written in one
//! transaction. Only after the commit does it replace the document in memory; then listeners are
//! told. On an error or a doubt the binder is emptied and read anew from the database: nothing is
//! ever rolled back in memory. Decisions never rest on it: it names the version that it knows, and
//! the transaction compares.

mod listener;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex as SyncMutex, PoisonError, Weak},
};

use sync_core::{
    documents::{DocumentId, Kind},
    id::{ClientId, DeviceId, PracticeId},
    orders::Written,
};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    domain::documents::{self, sheet::Sheet},
    ground::Ground,
    nouns::Refusal,
    store::{self, Tx},
};
use listener::Listeners;

pub use listener::{Ending, Heard, Listener};

/// How often documents are read that change while they are read.
const READS: usize = 8;
/// From how many stored bytes on a document is replaced soon.
pub const GROWN: usize = 1_000_000;
/// From how many stored bytes on work with a client's documents takes its turn.
const LARGE: usize = 512 * 1_024;

/// Every binder that is in use, on its ground. A clone is another handle to the same.
#[derive(Clone)]
pub struct Binders {
    /// What binders are read from and written to.
    pub ground: Ground,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    open: SyncMutex<HashMap<ClientId, Weak<Binder>>>,
    listeners: Listeners,
}

/// One client's documents.
pub struct Binder {
    /// Whose.
    pub client: ClientId,
    /// Their practice.
    pub practice: PracticeId,
    contents: Mutex<Option<Arc<Contents>>>,
    listeners: SyncMutex<Vec<Weak<Listener>>>,
}

/// What a binder holds, as of one version of the client.
pub struct Contents {
    /// The client's version that this was read or written at.
    pub version: i64,
    /// The documents that can be read. One that is damaged is missing here, and keeps none of the others from being used:
    /// what takes something away is never held up by a note that cannot be read.
    pub sheets: BTreeMap<Kind, Sheet>,
    /// The entries of the orders, from their rows: what is decided by. The document only carries them.
    pub written: Written,
}

impl Binders {
    /// None is in use yet.
    #[must_use]
    pub fn new(ground: Ground) -> Self {
        Self { ground, shared: Arc::default() }
    }

    /// A client's binder.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such client.
    pub async fn of(&self, client: ClientId) -> Result<Arc<Binder>, Refusal> {
        if let Some(binder) = lock(&self.shared.open).get(&client).and_then(Weak::upgrade) {
            return Ok(binder);
        }
        let mut tx = self.ground.db.read().await?;
        let practice = store::clients::by_id(&mut tx, client).await?.ok_or(Refusal::NotFound)?.practice;
        let mut open = lock(&self.shared.open);
        if let Some(binder) = open.get(&client).and_then(Weak::upgrade) {
            return Ok(binder);
        }
        open.retain(|_, binder| binder.strong_count() > 0);
        let binder = Arc::new(Binder {
            client,
            practice,
            contents: Mutex::new(None),
            listeners: SyncMutex::default(),
        });
        open.insert(client, Arc::downgrade(&binder));
        Ok(binder)
    }

    /// A binder, if it is in use: what another server has changed concerns nobody else.
    #[must_use]
    pub fn in_use(&self, client: ClientId) -> Option<Arc<Binder>> {
        lock(&self.shared.open).get(&client).and_then(Weak::upgrade)
    }

    /// Every binder in use.
    #[must_use]
    pub fn all_in_use(&self) -> Vec<Arc<Binder>> {
        lock(&self.shared.open).values().filter_map(Weak::upgrade).collect()
    }

    /// A listener for a connection of this device; its oldest connection may have to give way.
    #[must_use]
    pub fn listen(&self, device: DeviceId) -> Arc<Listener> {
        self.shared.listeners.add(device)
    }

    /// Lets go of what takes memory: documents that no work needs just now, and the connections of the device that keeps
    /// the most. All of it comes back when it is asked for.
    pub fn relieve(&self) {
        self.all_in_use().iter().for_each(|binder| binder.let_go());
        self.shared.listeners.end_heaviest();
    }

    /// Ends the connections of a device that is no longer paired.
    pub fn end(&self, device: DeviceId) {
        self.shared.listeners.end(device);
    }
}

impl Binder {
    /// The contents, read from the database if need be, locked until dropped.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(&self, ground: &Ground) -> Result<Open<'_>, Refusal> {
        let mut contents = self.contents.lock().await;
        if contents.is_none() {
            *contents = Some(Arc::new(Contents::read(ground, self.practice, self.client).await?));
        }
        Ok(Open { contents })
    }

    /// Tells every listener that something has changed.
    pub fn announce(&self) {
        lock(&self.listeners).retain(|listener| {
            let Some(listener) = listener.upgrade() else { return false };
            listener.tell(self.client);
            true
        });
    }

    /// Adds a listener; once is enough.
    pub fn subscribe(&self, listener: &Arc<Listener>) {
        let mut listeners = lock(&self.listeners);
        let is_there = listeners.iter().any(|known| known.as_ptr() == Arc::as_ptr(listener));
        if !is_there {
            listeners.push(Arc::downgrade(listener));
        }
    }

    /// Forgets what is in memory if the database has something else, and tells listeners: another server has written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn catch_up(&self, ground: &Ground) -> Result<(), Refusal> {
        let mut contents = self.contents.lock().await;
        let mut tx = ground.db.read().await?;
        let version = store::clients::by_id(&mut tx, self.client).await?.map(|client| client.version);
        let is_level = contents.as_ref().is_some_and(|contents| Some(contents.version) == version);
        if !is_level {
            // Nothing in memory is no reason for silence: those who listen were told before it was forgotten.
            *contents = None;
            drop(contents);
            self.announce();
        }
        Ok(())
    }

    /// Forgets what is in memory if no work needs it just now. What listeners know stays true.
    fn let_go(&self) {
        if let Ok(mut contents) = self.contents.try_lock() {
            *contents = None;
        }
    }

    /// Forgets what is in memory and tells listeners.
    pub async fn forget(&self) {
        *self.contents.lock().await = None;
        self.announce();
    }
}

/// A binder's contents, locked.
pub struct Open<'a> {
    contents: MutexGuard<'a, Option<Arc<Contents>>>,
}

impl Open<'_> {
    /// The contents; none only after they were forgotten.
    #[must_use]
    pub fn contents(&self) -> Option<&Contents> {
        self.contents.as_deref()
    }

    /// The same for another thread: as they are now, whatever takes their place.
    #[must_use]
    pub fn shared(&self) -> Option<Arc<Contents>> {
        self.contents.clone()
    }

    /// Puts committed contents in the place of the old ones.
    pub fn replace(&mut self, contents: Contents) {
        *self.contents = Some(Arc::new(contents));
    }

    /// Forgets the contents after an error or a doubt: they are read anew when next needed.
    pub fn forget(&mut self) {
        *self.contents = None;
    }
}

impl Contents {
    /// Reads everything as of one version. On PostgreSQL each statement sees what is committed by then: what changes in
    /// between is read again, so that no document is told as shorter than a peer knows it.
    async fn read(ground: &Ground, practice: PracticeId, client: ClientId) -> Result<Self, Refusal> {
        for _ in 0..READS {
            let mut tx = ground.db.read().await?;
            let version = version_of(&mut tx, client).await?;
            let mut packed = Vec::new();
            for stored in store::documents::of_client(&mut tx, client).await? {
                packed.push((stored.kind, documents::read(ground, &mut tx, practice, stored).await?));
            }
            let entries = store::entries::of_client(&mut tx, client).await?;
            let is_one_version = version_of(&mut tx, client).await? == version;
            drop(tx);
            if !is_one_version {
                continue;
            }
            let mut sheets = BTreeMap::new();
            for (kind, packed) in packed {
                if let Some(sheet) = packed.open(ground, client).await? {
                    sheets.insert(kind, sheet);
                }
            }
            return Ok(Self { version, sheets, written: Written::of(entries) });
        }
        Err(Refusal::Unavailable)
    }

    /// Whether work with these documents takes its turn at the workbench.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.sheets.values().map(|sheet| sheet.bytes).sum::<usize>() >= LARGE
    }

    /// Whether one of these documents is to be replaced by a successor soon.
    #[must_use]
    pub fn has_grown(&self) -> bool {
        self.sheets.values().any(|sheet| sheet.bytes > GROWN)
    }

    /// A document under the id by which somebody asks for it: by the time that memory is looked at, a successor may have
    /// taken its place, and the two must never be mixed.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when it is damaged, or no longer in use.
    pub fn sheet_under(&self, kind: Kind, id: DocumentId) -> Result<&Sheet, Refusal> {
        self.sheet(kind).ok().filter(|sheet| sheet.id == id).ok_or(Refusal::Unavailable)
    }

    /// A document.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when it is damaged.
    pub fn sheet(&self, kind: Kind) -> Result<&Sheet, Refusal> {
        self.sheets.get(&kind).ok_or(Refusal::Unavailable)
    }
}

async fn version_of(tx: &mut Tx, client: ClientId) -> Result<i64, Refusal> {
    Ok(store::clients::by_id(tx, client).await?.ok_or(Refusal::NotFound)?.version)
}

/// A poisoned lock guards nothing here that a panic could have left half-done: sets and maps of handles.
pub(in crate::domain) fn lock<T>(mutex: &SyncMutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
