//! Documents that a successor has taken the place of: asleep, and never deleted, for their ids lead on for ever.

use automerge::ActorId;
use sync_core::{
    documents::{DocumentId, Kind},
    id::{ClientId, DeviceId},
    instant::Instant,
    vocabulary::Vocabulary,
};

use crate::store::{
    StoreError, Tx,
    columns::id,
    db::on_tx,
    documents::{self, StoredDocument},
};

/// Puts a document to sleep as one snapshot and takes it from those that are in use, with whose its actors are. The place
/// of its client and kind is free then, for `successor` to be inserted.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    document: DocumentId,
    successor: DocumentId,
    at: Instant,
    snapshot: &[u8],
) -> Result<(), StoreError> {
    const ASLEEP: &str = "INSERT INTO predecessor (id, successor, client, kind, created_at, replaced_at, snapshot) \
                          SELECT id, $2, client, kind, created_at, $3, $4 FROM document WHERE id = $1";
    const ACTORS: &str = "INSERT INTO predecessor_actor (document, actor, device, bound_at) \
                          SELECT document, actor, device, bound_at FROM actor WHERE document = $1";
    const LEFT: [&str; 3] = [
        "DELETE FROM document_change WHERE document = $1",
        "DELETE FROM actor WHERE document = $1",
        "DELETE FROM document WHERE id = $1",
    ];
    on_tx!(tx, c => sqlx::query(ASLEEP)
        .bind(document.as_bytes().as_slice())
        .bind(successor.as_bytes().as_slice())
        .bind(at.as_millis())
        .bind(snapshot)
        .execute(c).await.map(drop))?;
    for sql in [ACTORS].into_iter().chain(LEFT) {
        on_tx!(tx, c => sqlx::query(sql).bind(document.as_bytes().as_slice()).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Finds one with its snapshot.
///
/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, document: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
    const SQL: &str = "SELECT id, kind, snapshot FROM predecessor WHERE id = $1";
    documents::one(tx, SQL, document.as_bytes()).await
}

/// Puts a snapshot with late changes in the place of the one before.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, document: DocumentId, snapshot: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE predecessor SET snapshot = $2 WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(document.as_bytes().as_slice())
        .bind(snapshot)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Lists whose each actor is; one that is not named is the server's.
///
/// # Errors
/// When the database fails.
pub async fn actors(tx: &mut Tx, document: DocumentId) -> Result<Vec<(ActorId, DeviceId)>, StoreError> {
    documents::owners(tx, "SELECT actor, device FROM predecessor_actor WHERE document = $1", document).await
}

/// Binds an actor to the late device that used it first.
///
/// # Errors
/// When the database fails.
pub async fn bind_actor(
    tx: &mut Tx,
    document: DocumentId,
    actor: &ActorId,
    device: DeviceId,
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO predecessor_actor (document, actor, device, bound_at) VALUES ($1, $2, $3, $4)";
    documents::bind(tx, SQL, document, actor, device, at).await
}

/// A document that has grown, and may be old enough for a successor.
pub struct Grown {
    /// Whose it is.
    pub client: ClientId,
    /// Which.
    pub kind: Kind,
    /// Its id.
    pub document: DocumentId,
}

/// Lists the documents of these kinds that have more than `changes` changes or `bytes` bytes, made until `made_until`.
///
/// # Errors
/// When the database fails.
pub async fn grown(
    tx: &mut Tx,
    changes: i64,
    bytes: i64,
    made_until: Instant,
) -> Result<Vec<Grown>, StoreError> {
    const SQL: &str = "SELECT d.client, d.kind, d.id FROM document d WHERE d.created_at <= $3 AND \
        (d.changes + (SELECT COUNT(*) FROM document_change c WHERE c.document = d.id) > $1 OR \
         LENGTH(d.snapshot) + (SELECT COALESCE(SUM(LENGTH(c.bytes)), 0) FROM document_change c WHERE c.document = d.id) > $2) \
        ORDER BY d.client, d.kind";
    let rows: Vec<(Vec<u8>, String, Vec<u8>)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(changes)
        .bind(bytes)
        .bind(made_until.as_millis())
        .fetch_all(c).await)?;
    let grown = rows.into_iter().map(|(client, kind, document)| {
        Ok(Grown {
            client: id(&client, "document")?,
            kind: Kind::parse(&kind).ok_or(StoreError::Inconsistent("document"))?,
            document: documents::document_id(document)?,
        })
    });
    grown.collect()
}

/// The documents of one client that are in use, take up more than so many bytes, and were made by an instant.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn grown_of(
    tx: &mut Tx,
    client: ClientId,
    bytes: i64,
    made_until: Instant,
) -> Result<Vec<(Kind, DocumentId)>, StoreError> {
    const SQL: &str = "SELECT d.kind, d.id FROM document d WHERE d.client = $1 AND d.created_at <= $3 AND \
        LENGTH(d.snapshot) + (SELECT COALESCE(SUM(LENGTH(c.bytes)), 0) FROM document_change c WHERE c.document = d.id) > $2 \
        ORDER BY d.kind";
    let rows: Vec<(String, Vec<u8>)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(bytes)
        .bind(made_until.as_millis())
        .fetch_all(c).await)?;
    let grown = rows.into_iter().map(|(kind, document)| {
        let kind = Kind::parse(&kind).ok_or(StoreError::Inconsistent("document"))?;
        Ok((kind, documents::document_id(document)?))
    });
    grown.collect()
}
