//! The documents of a client: made once, read from snapshot and changes, sealed where they hold words.

pub mod binder;
pub mod letters;
pub mod notes;
pub mod sheet;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
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
    keys::PracticeKey,
    nouns::Refusal,
    store::{
        self, Tx,
        documents::{NewChange, Snapshot, StoredDocument},
    },
};
use binder::lock;
use sheet::{Sheet, Since};

/// After how many changes a document is stored anew as one snapshot.
const COMPACT_AFTER: usize = 256;
/// After how many bytes that the next reader would copy for the changes since the snapshot it is stored anew, too.
const COMPACT_AFTER_COPYING: u64 = 64 * 1_024 * 1_024;
/// From how many stored bytes on a document is opened on a thread of its own.
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

/// Reads a document from what is stored; none when what is stored is damaged: then nothing is told from it.
///
/// # Errors
/// When the database or the practice's key fails. That passes, and says nothing of the document.
pub async fn read(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    stored: &StoredDocument,
) -> Result<Option<Sheet>, Refusal> {
    let key = ground.keys.practice(tx, practice).await?;
    let changes = store::documents::changes(tx, stored.id).await?;
    let owners = store::documents::actors(tx, stored.id).await?;
    sheet(ground, &key, stored, &changes, owners).await
}

/// Reads a document that a successor has taken the place of; none when it is damaged, or there is none under this id.
///
/// # Errors
/// When the database or the practice's key fails.
pub async fn read_predecessor(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    id: DocumentId,
) -> Result<Option<Sheet>, Refusal> {
    let key = ground.keys.practice(tx, practice).await?;
    let Some(stored) = store::predecessors::by_id(tx, id).await? else { return Ok(None) };
    let owners = store::predecessors::actors(tx, id).await?;
    sheet(ground, &key, &stored, &[], owners).await
}

async fn sheet(
    ground: &Ground,
    key: &PracticeKey,
    stored: &StoredDocument,
    changes: &[Vec<u8>],
    owners: Vec<(ActorId, DeviceId)>,
) -> Result<Option<Sheet>, Refusal> {
    let opened = |bytes: &[u8]| open(key, stored.kind, stored.id, bytes);
    let snapshot = opened(&stored.snapshot);
    let changes: Option<Vec<_>> = changes.iter().map(|change| opened(change)).collect();
    let read = match snapshot.zip(changes) {
        Some((snapshot, changes)) => load(ground, snapshot, changes).await?,
        None => None,
    };
    let Some((Loaded { document, values, ops }, changes)) = read else {
        // Which kind, for the operator; whose, the database tells.
        tracing::error!(kind = stored.kind.as_str(), "a stored document is damaged and is not used");
        return Ok(None);
    };
    let actors = actors_of(&document, &owners.into_iter().collect());
    let sheet = Sheet::with_actor(document, stored.id, actors, ground.entropy.bytes());
    Ok(Some(Sheet { values, since_snapshot: Since { changes, ops }, ..sheet }))
}

/// Puts a document together, and counts the changes since its snapshot; none when what is stored makes up none. A large one
/// must not keep a thread that answers others.
async fn load(
    ground: &Ground,
    snapshot: Vec<u8>,
    changes: Vec<Vec<u8>>,
) -> Result<Option<(Loaded, usize)>, Refusal> {
    let size = changes.iter().map(Vec::len).sum::<usize>() + snapshot.len();
    if size < LARGE {
        return Ok(load_now(&snapshot, &changes));
    }
    let heavy = ground.heavy();
    let loaded = tokio::task::spawn_blocking(move || {
        let _turn = lock(&heavy);
        load_now(&snapshot, &changes)
    });
    loaded.await.map_err(|_| Refusal::Unavailable)
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

/// One document of a client as committed, without its memory copy: for a decision inside of a transaction.
///
/// # Errors
/// [`Refusal::Unavailable`] when it is not there or cannot be read.
pub async fn committed(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
    kind: Kind,
) -> Result<Document, Refusal> {
    let stored = store::documents::of_client_and_kind(tx, client, kind).await?.ok_or(Refusal::Unavailable)?;
    Ok(read(ground, tx, practice, &stored).await?.ok_or(Refusal::Unavailable)?.document)
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

fn open(key: &PracticeKey, kind: Kind, id: DocumentId, bytes: &[u8]) -> Option<Vec<u8>> {
    if !is_sealed(kind) {
        return Some(bytes.to_vec());
    }
    key.open(&context(id), bytes).ok()
}

fn context(id: DocumentId) -> String {
    format!("document/{id}")
}

#[cfg(test)]
mod tests;
