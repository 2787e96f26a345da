//! The documents of a client: made once, read from snapshot and changes, sealed where they hold words.

pub mod binder;
pub mod letters;
pub mod notes;
pub mod sheet;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::{ActorId, Change, ChangeHash, ReadDoc};
use sync_core::{
    authority::Actors,
    documents::{self as views, Document, DocumentId, Kind, Loaded, bytes_copied, operations},
    id::{ClientId, DeviceId, PracticeId},
    instant::Instant,
    vocabulary::Vocabulary,
};

use crate::{
    ground::Ground,
    keys::DataKeys,
    nouns::Refusal,
    store::{
        self, Tx,
        documents::{NewChange, Snapshot, StoredDocument},
    },
    turns::Payer,
};
use sheet::{Sheet, Since};

/// After how many changes a document is stored anew as one snapshot.
const COMPACT_AFTER: usize = 256;
/// After how many bytes that the next reader would copy for the changes since the snapshot it is stored anew, too.
const COMPACT_AFTER_COPYING: u64 = 64 * 1_024 * 1_024;
/// From how many stored bytes on a document is opened at the workbench.
const LARGE: usize = 64 * 1_024;

/// Creates the documents of a new client, in the transaction that adds the client.
///
/// # Errors
/// When the database or the key fails.
pub async fn create_for(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
    at: Instant,
) -> Result<(), Refusal> {
    for kind in Kind::all() {
        let id = DocumentId::new(ground.entropy.bytes());
        let actor = ActorId::from(ground.entropy.bytes::<16>().as_slice());
        let document = views::create(kind, actor).map_err(|_| Refusal::Unavailable)?;
        let snapshot = snapshot(ground, tx, practice, kind, id, &document).await?;
        store::documents::insert(tx, id, client, kind, at, &snapshot).await?;
    }
    Ok(())
}

/// Names the documents that a client's own device may sync.
///
/// # Errors
/// When the database fails.
pub async fn for_companion(ground: &Ground, client: ClientId) -> Result<Vec<(Kind, DocumentId)>, Refusal> {
    let mut tx = ground.db.read().await?;
    let mut named = store::documents::ids_of_client(&mut tx, client).await?;
    named.retain(|(kind, _)| matches!(kind, Kind::Shelf | Kind::Journal));
    Ok(named)
}

/// A document as it was read from the database, and not opened yet.
///
/// **Hazard: let go of the transaction before you open it.** A large document waits for its turn at the workbench, and readers
/// of the database are few.
pub struct Packed {
    id: DocumentId,
    kind: Kind,
    snapshot: Vec<u8>,
    changes: Vec<Vec<u8>>,
    owners: Vec<(ActorId, DeviceId)>,
    key: Arc<DataKeys>,
}

/// Reads a document that is in use.
///
/// # Errors
/// When the database or the practice's key fails.
pub async fn read(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    stored: StoredDocument,
) -> Result<Packed, Refusal> {
    let key = ground.keys.practice(tx, practice).await?;
    let StoredDocument { id, kind, snapshot } = stored;
    let changes = store::documents::changes(tx, id).await?;
    let owners = store::documents::actors(tx, id).await?;
    Ok(Packed { id, kind, snapshot, changes, owners, key })
}

/// Reads a document that a successor has taken the place of; none when there is none under this id.
///
/// # Errors
/// When the database or the practice's key fails.
pub async fn read_predecessor(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    id: DocumentId,
) -> Result<Option<Packed>, Refusal> {
    let key = ground.keys.practice(tx, practice).await?;
    let Some(StoredDocument { id, kind, snapshot }) = store::predecessors::by_id(tx, id).await? else {
        return Ok(None);
    };
    let owners = store::predecessors::actors(tx, id).await?;
    Ok(Some(Packed { id, kind, snapshot, changes: Vec::new(), owners, key }))
}

impl Packed {
    /// How many bytes are stored of it.
    #[must_use]
    pub fn stored_bytes(&self) -> usize {
        self.changes.iter().map(Vec::len).sum::<usize>() + self.snapshot.len()
    }

    /// Opens it, a large one in its client's turn at the workbench; none when what is stored is damaged: then nothing is told
    /// from it.
    ///
    /// # Errors
    /// When the client has too much waiting there, or another server has sealed it under a key that is not here yet: both
    /// pass, and say nothing of the document.
    pub async fn open(self, ground: &Ground, client: ClientId) -> Result<Option<Sheet>, Refusal> {
        let (actor, kind, key) = (ground.entropy.bytes(), self.kind, Arc::clone(&self.key));
        // A large one must not keep a thread that answers others.
        let opened = if self.stored_bytes() < LARGE {
            self.open_now(actor)
        } else {
            ground.documents.work(Payer::Client(client), move || self.open_now(actor)).await?
        };
        if opened.is_none() && key.lacks_a_key() {
            return Err(Refusal::Unavailable);
        }
        if opened.is_none() {
            // Which kind, for the operator; whose, the database tells.
            tracing::error!(kind = kind.as_str(), "a stored document is damaged and is not used");
        }
        Ok(opened)
    }

    fn open_now(self, actor: [u8; 16]) -> Option<Sheet> {
        let opened = |bytes: &[u8]| open(&self.key, self.kind, self.id, bytes);
        let changes: Option<Vec<_>> = self.changes.iter().map(|change| opened(change)).collect();
        let bytes = self.stored_bytes();
        let (Loaded { document, values, ops }, changes) = load_now(&opened(&self.snapshot)?, &changes?)?;
        let actors = actors_of(&document, &self.owners.into_iter().collect());
        let sheet = Sheet::with_actor(document, self.id, actors, actor);
        Some(Sheet { values, bytes, since_snapshot: Since { changes, ops }, ..sheet })
    }
}

fn load_now(snapshot: &[u8], changes: &[Vec<u8>]) -> Option<(Loaded, usize)> {
    // What was damaged on disk may be anything, and automerge's decoder is not ours.
    let loaded = catch_unwind(AssertUnwindSafe(|| views::load(snapshot, changes)));
    Some((loaded.ok()?.ok()?, changes.len()))
}

/// Saves a candidate whole, if it is due with what is new since `before`: that takes time, which the transaction that writes
/// it must not take from others.
#[must_use]
pub fn save_if_due(before: &[ChangeHash], sheet: &Sheet) -> Option<Vec<u8>> {
    let new = since(sheet, &sheet.document.get_changes(before));
    is_due(sheet, new).then(|| sheet.document.save())
}

fn since(sheet: &Sheet, new: &[Change]) -> Since {
    let Since { changes, ops } = sheet.since_snapshot;
    Since { changes: changes + new.len(), ops: ops.saturating_add(operations(new)) }
}

fn is_due(sheet: &Sheet, since: Since) -> bool {
    since.changes > COMPACT_AFTER || bytes_copied(&sheet.document, since.ops) > COMPACT_AFTER_COPYING
}

/// Writes what a candidate has over what is stored, and takes up new actors. `saved` is the candidate whole, where that was
/// done before the transaction.
///
/// # Errors
/// When the database or the key fails.
pub async fn write(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    kind: Kind,
    before: &[ChangeHash],
    sheet: &mut Sheet,
    saved: Option<Vec<u8>>,
) -> Result<(), Refusal> {
    let changes: Vec<Change> = sheet.document.get_changes(before);
    if changes.is_empty() {
        return Ok(());
    }
    sheet.since_snapshot = since(sheet, &changes);
    let mut new = Vec::with_capacity(changes.len());
    for change in changes {
        sheet
            .actors
            .entry(change.actor_id().clone())
            .and_modify(|(_, seq)| *seq = change.seq())
            .or_insert((None, change.seq()));
        let bytes = seal(ground, tx, practice, kind, sheet.id, change.raw_bytes().to_vec()).await?;
        sheet.bytes += bytes.len();
        new.push(NewChange {
            hash: change.hash().0,
            actor: change.actor_id().clone(),
            seq: change.seq(),
            bytes,
        });
    }
    store::documents::append(tx, sheet.id, &new).await?;
    if saved.is_some() || is_due(sheet, sheet.since_snapshot) {
        let bytes = saved.unwrap_or_else(|| sheet.document.save());
        let bytes = seal(ground, tx, practice, kind, sheet.id, bytes).await?;
        sheet.bytes = bytes.len();
        let snapshot = Snapshot { bytes, changes: sheet.document.stats().num_changes };
        store::documents::compact(tx, sheet.id, &snapshot).await?;
        sheet.since_snapshot = Since::default();
    }
    Ok(())
}

/// A document that the server alone has written so far, under this id.
#[must_use]
pub fn of_the_server(ground: &Ground, document: Document, id: DocumentId) -> Sheet {
    let actors = actors_of(&document, &BTreeMap::new());
    Sheet::with_actor(document, id, actors, ground.entropy.bytes())
}

/// One document of a client as committed, without its memory copy.
///
/// # Errors
/// [`Refusal::Unavailable`] when it is not there.
pub async fn committed(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
    kind: Kind,
) -> Result<Packed, Refusal> {
    let stored = store::documents::of_client_and_kind(tx, client, kind).await?.ok_or(Refusal::Unavailable)?;
    read(ground, tx, practice, stored).await
}

/// Whose each actor of a document is, and how far its sequence has come. One that no device is bound to is the server's.
fn actors_of(document: &Document, owners: &BTreeMap<ActorId, DeviceId>) -> Actors {
    let mut actors = Actors::new();
    for change in document.get_changes_meta(&[]) {
        let actor = change.actor.into_owned();
        let owner = owners.get(&actor).copied();
        actors
            .entry(actor)
            .and_modify(|(_, seq)| *seq = (*seq).max(change.seq))
            .or_insert((owner, change.seq));
    }
    actors
}

/// Orders and shelf have no words; journal and casebook have nothing else.
const fn is_sealed(kind: Kind) -> bool {
    match kind {
        Kind::Orders | Kind::Shelf => false,
        Kind::Journal | Kind::Casebook => true,
    }
}

/// A document as it is stored whole.
///
/// # Errors
/// When the practice's key fails.
pub async fn snapshot(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    kind: Kind,
    id: DocumentId,
    document: &Document,
) -> Result<Snapshot, Refusal> {
    let bytes = seal(ground, tx, practice, kind, id, document.save()).await?;
    Ok(Snapshot { bytes, changes: document.stats().num_changes })
}

async fn seal(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    kind: Kind,
    id: DocumentId,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, Refusal> {
    if !is_sealed(kind) {
        return Ok(bytes);
    }
    Ok(ground.keys.practice(tx, practice).await?.seal(&context(id), &bytes))
}

fn open(key: &DataKeys, kind: Kind, id: DocumentId, bytes: &[u8]) -> Option<Vec<u8>> {
    if !is_sealed(kind) {
        return Some(bytes.to_vec());
    }
    key.open(&context(id), bytes).ok()
}

pub(in crate::domain) fn context(id: DocumentId) -> String {
    format!("document/{id}")
}

#[cfg(test)]
mod tests;
