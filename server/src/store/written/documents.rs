//! The automerge documents of clients: a snapshot, the changes since, and whose each actor is.

use automerge::ActorId;
use sync_core::{
    documents::{DocumentId, Kind},
    id::{ClientId, DeviceId},
    instant::Instant,
    policy::{Role, StaffAct, may},
    vocabulary::Vocabulary,
};

use crate::store::{
    StoreError, Tx,
    columns::{id, id_opt},
    db::on_tx,
};

const NOUN: &str = "document";

/// A document as stored; the bytes of journal and casebook are sealed.
pub struct StoredDocument {
    /// The document.
    pub id: DocumentId,
    /// Which one.
    pub kind: Kind,
    /// The snapshot.
    pub snapshot: Vec<u8>,
}

/// A change to be stored.
pub struct NewChange {
    /// Its hash.
    pub hash: [u8; 32],
    /// Its actor.
    pub actor: ActorId,
    /// Its place in the actor's sequence.
    pub seq: u64,
    /// Its bytes, sealed where the document is.
    pub bytes: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct DocumentRow {
    id: Vec<u8>,
    kind: String,
    snapshot: Vec<u8>,
}

impl TryFrom<DocumentRow> for StoredDocument {
    type Error = StoreError;

    fn try_from(row: DocumentRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: document_id(row.id)?,
            kind: Kind::parse(&row.kind).ok_or(StoreError::Inconsistent(NOUN))?,
            snapshot: row.snapshot,
        })
    }
}

pub(super) fn document_id(bytes: Vec<u8>) -> Result<DocumentId, StoreError> {
    bytes.try_into().map(DocumentId::from_bytes).map_err(|_| StoreError::Inconsistent(NOUN))
}

/// Everything of a document at one point: sealed where the document is.
pub struct Snapshot {
    /// The saved document.
    pub bytes: Vec<u8>,
    /// How many changes it has.
    pub changes: u64,
}

/// Adds a document.
pub async fn insert(
    tx: &mut Tx,
    document: DocumentId,
    client: ClientId,
    kind: Kind,
    at: Instant,
    snapshot: &Snapshot,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO document (id, client, kind, created_at, snapshot, changes) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let changes = counted(snapshot)?;
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(document.as_bytes().as_slice())
        .bind(client.as_bytes().as_slice())
        .bind(kind.as_str())
        .bind(at.as_millis())
        .bind(snapshot.bytes.as_slice())
        .bind(changes)
        .execute(c).await.map(drop))?;
    Ok(())
}

fn counted(snapshot: &Snapshot) -> Result<i64, StoreError> {
    i64::try_from(snapshot.changes).map_err(|_| StoreError::Inconsistent(NOUN))
}

/// The one document that a statement finds by an id.
pub(super) async fn one(
    tx: &mut Tx,
    sql: &'static str,
    id: &[u8; 16],
) -> Result<Option<StoredDocument>, StoreError> {
    let row: Option<DocumentRow> =
        on_tx!(tx, c => sqlx::query_as(sql).bind(id.as_slice()).fetch_optional(c).await)?;
    row.map(StoredDocument::try_from).transpose()
}

/// Lists a client's documents with their snapshots.
pub async fn of_client(tx: &mut Tx, client: ClientId) -> Result<Vec<StoredDocument>, StoreError> {
    const SQL: &str = "SELECT id, kind, snapshot FROM document WHERE client = $1 ORDER BY kind";
    let rows: Vec<DocumentRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(StoredDocument::try_from).collect()
}

/// Finds one document of a client with its snapshot.
pub async fn of_client_and_kind(
    tx: &mut Tx,
    client: ClientId,
    kind: Kind,
) -> Result<Option<StoredDocument>, StoreError> {
    const SQL: &str = "SELECT id, kind, snapshot FROM document WHERE client = $1 AND kind = $2";
    let row: Option<DocumentRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(kind.as_str())
        .fetch_optional(c).await)?;
    row.map(StoredDocument::try_from).transpose()
}

/// Names a client's documents.
pub async fn ids_of_client(tx: &mut Tx, client: ClientId) -> Result<Vec<(Kind, DocumentId)>, StoreError> {
    const SQL: &str = "SELECT kind, id FROM document WHERE client = $1 ORDER BY kind";
    let rows: Vec<(String, Vec<u8>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    let named = rows
        .into_iter()
        .map(|(kind, id)| Ok((Kind::parse(&kind).ok_or(StoreError::Inconsistent(NOUN))?, document_id(id)?)));
    named.collect()
}

/// What a device has to do with a document, as of now.
pub struct Claim {
    /// Whose document it is.
    pub client: ClientId,
    /// Which.
    pub kind: Kind,
    /// Whether a successor has taken the document's place: the id leads to that.
    pub succeeded: bool,
    /// Whether the device is still paired, and its member of staff, if it is one's, still on the staff.
    pub active: bool,
    /// Whether the device is the client's own.
    pub own: bool,
    /// Whether the device's person is a therapist who treats the client.
    pub treats: bool,
    /// Whether the device's person treats the client or ever did.
    pub treated: bool,
}

#[derive(sqlx::FromRow)]
struct ClaimRow {
    client: Vec<u8>,
    kind: String,
    device_client: Option<Vec<u8>>,
    removed_at: Option<i64>,
    role: Option<String>,
    staff_ended_at: Option<i64>,
    care_since: Option<i64>,
    care_ended_at: Option<i64>,
}

macro_rules! claim_of {
    ($table:literal) => {
        concat!(
            "SELECT d.client, d.kind, v.client AS device_client, v.removed_at, s.role, \
             s.ended_at AS staff_ended_at, c.since AS care_since, c.ended_at AS care_ended_at FROM ",
            $table,
            " d JOIN device v ON v.id = $2 LEFT JOIN staff s ON s.id = v.staff \
             LEFT JOIN care c ON c.client = d.client AND c.staff = v.staff WHERE d.id = $1"
        )
    };
}

/// Finds out what a device has to do with a document, in use or succeeded; `None` when one of them is not there.
pub async fn claim(tx: &mut Tx, document: DocumentId, device: DeviceId) -> Result<Option<Claim>, StoreError> {
    // The old one second: between the two, what is in use may fall asleep, and nothing wakes up.
    for (sql, succeeded) in [(claim_of!("document"), false), (claim_of!("predecessor"), true)] {
        if let Some(claim) = claim_in(tx, sql, succeeded, document, device).await? {
            return Ok(Some(claim));
        }
    }
    Ok(None)
}

async fn claim_in(
    tx: &mut Tx,
    sql: &'static str,
    succeeded: bool,
    document: DocumentId,
    device: DeviceId,
) -> Result<Option<Claim>, StoreError> {
    let row: Option<ClaimRow> = on_tx!(tx, c => sqlx::query_as(sql)
        .bind(document.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    let Some(row) = row else { return Ok(None) };
    let treated = row.care_since.is_some();
    let may_decide =
        row.role.as_deref().and_then(Role::parse).is_some_and(|role| may(role, StaffAct::Decide));
    Ok(Some(Claim {
        own: row.device_client.as_ref() == Some(&row.client),
        client: id(&row.client, NOUN)?,
        kind: Kind::parse(&row.kind).ok_or(StoreError::Inconsistent(NOUN))?,
        succeeded,
        active: row.removed_at.is_none() && row.staff_ended_at.is_none(),
        treats: treated && may_decide && row.care_ended_at.is_none(),
        treated,
    }))
}

/// Lists the changes since the snapshot, in the order in which they were committed.
pub async fn changes(tx: &mut Tx, document: DocumentId) -> Result<Vec<Vec<u8>>, StoreError> {
    const SQL: &str = "SELECT bytes FROM document_change WHERE document = $1 ORDER BY n";
    let rows: Vec<(Vec<u8>,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(document.as_bytes().as_slice()).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(bytes,)| bytes).collect())
}

/// Adds changes after those that are there. A change that is there already is a [`StoreError::Conflict`].
pub async fn append(tx: &mut Tx, document: DocumentId, new: &[NewChange]) -> Result<(), StoreError> {
    const NEXT: &str = "SELECT COALESCE(MAX(n), 0) FROM document_change WHERE document = $1";
    const SQL: &str = "INSERT INTO document_change (document, hash, actor, seq, n, bytes) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let (last,): (i64,) =
        on_tx!(tx, c => sqlx::query_as(NEXT).bind(document.as_bytes().as_slice()).fetch_one(c).await)?;
    for (n, change) in (last + 1..).zip(new) {
        let seq = i64::try_from(change.seq).map_err(|_| StoreError::Inconsistent(NOUN))?;
        on_tx!(tx, c => sqlx::query(SQL)
            .bind(document.as_bytes().as_slice())
            .bind(change.hash.as_slice())
            .bind(change.actor.to_bytes())
            .bind(seq)
            .bind(n)
            .bind(change.bytes.as_slice())
            .execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Puts a snapshot in the place of the old one and of all changes, in one transaction with whoever checked its heads.
pub async fn compact(tx: &mut Tx, document: DocumentId, snapshot: &Snapshot) -> Result<(), StoreError> {
    const SNAPSHOT: &str = "UPDATE document SET snapshot = $2, changes = $3 WHERE id = $1";
    const CHANGES: &str = "DELETE FROM document_change WHERE document = $1";
    let changes = counted(snapshot)?;
    on_tx!(tx, c => sqlx::query(SNAPSHOT)
        .bind(document.as_bytes().as_slice())
        .bind(snapshot.bytes.as_slice())
        .bind(changes)
        .execute(c).await.map(drop))?;
    on_tx!(tx, c => sqlx::query(CHANGES).bind(document.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}

/// Lists whose each actor of a document is; one that is not named is the server's.
pub async fn actors(tx: &mut Tx, document: DocumentId) -> Result<Vec<(ActorId, DeviceId)>, StoreError> {
    owners(tx, "SELECT actor, device FROM actor WHERE document = $1", document).await
}

pub(super) async fn owners(
    tx: &mut Tx,
    sql: &'static str,
    document: DocumentId,
) -> Result<Vec<(ActorId, DeviceId)>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        on_tx!(tx, c => sqlx::query_as(sql).bind(document.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(actor, device)| {
            let device = id_opt(Some(&device), NOUN)?.ok_or(StoreError::Inconsistent(NOUN))?;
            Ok((ActorId::from(actor), device))
        })
        .collect()
}

/// Binds an actor to the device that used it first.
pub async fn bind_actor(
    tx: &mut Tx,
    document: DocumentId,
    actor: &ActorId,
    device: DeviceId,
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO actor (document, actor, device, bound_at) VALUES ($1, $2, $3, $4)";
    bind(tx, SQL, document, actor, device, at).await
}

pub(super) async fn bind(
    tx: &mut Tx,
    sql: &'static str,
    document: DocumentId,
    actor: &ActorId,
    device: DeviceId,
    at: Instant,
) -> Result<(), StoreError> {
    on_tx!(tx, c => sqlx::query(sql)
        .bind(document.as_bytes().as_slice())
        .bind(actor.to_bytes())
        .bind(device.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}
