//! Where each release is: found by clip, by recording and by its end.

use sync_core::{
    id::{ClientId, ClipId, PracticeId, RecordingId, ReleaseId, StaffId},
    instant::Instant,
};

use crate::store::{
    StoreError, Tx,
    columns::{id, instant_opt},
    db::on_tx,
};

const NOUN: &str = "release";

/// What the server keeps of a release beside its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRelease {
    /// The release.
    pub id: ReleaseId,
    /// Whose.
    pub client: ClientId,
    /// Of which clip.
    pub clip: ClipId,
    /// When the server first knew of it.
    pub created_at: Instant,
    /// The first instant of denial, as far as terms, consents and the clip say.
    pub ends_at: Option<Instant>,
    /// When time alone changes something about it next.
    pub settle_at: Option<Instant>,
    /// When the server recorded its end, whatever ended it.
    pub ended_at: Option<Instant>,
    /// Whether it ended by a decision.
    pub revoked: bool,
    /// Whether it waited for a confirmation when it was settled last; nothing where it was not settled since this is kept.
    pub unconfirmed: Option<bool>,
}

#[derive(sqlx::FromRow)]
struct ReleaseRow {
    id: Vec<u8>,
    client: Vec<u8>,
    clip: Vec<u8>,
    created_at: i64,
    ends_at: Option<i64>,
    settle_at: Option<i64>,
    ended_at: Option<i64>,
    revoked: bool,
    unconfirmed: Option<bool>,
}

impl TryFrom<ReleaseRow> for StoredRelease {
    type Error = StoreError;

    fn try_from(row: ReleaseRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, NOUN)?,
            client: id(&row.client, NOUN)?,
            clip: id(&row.clip, NOUN)?,
            created_at: Instant::from_millis(row.created_at),
            ends_at: instant_opt(row.ends_at),
            settle_at: instant_opt(row.settle_at),
            ended_at: instant_opt(row.ended_at),
            revoked: row.revoked,
            unconfirmed: row.unconfirmed,
        })
    }
}

/// Writes what is known of a release. An end that was recorded stays, and so does the client: nobody takes over the row
/// of another one's release by naming its id.
pub async fn upsert(tx: &mut Tx, release: &StoredRelease) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO release (id, client, clip, created_at, ends_at, settle_at, ended_at, revoked, \
                       unconfirmed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET \
                       ends_at = excluded.ends_at, settle_at = excluded.settle_at, \
                       ended_at = COALESCE(release.ended_at, excluded.ended_at), unconfirmed = excluded.unconfirmed, \
                       revoked = excluded.revoked OR release.revoked WHERE release.client = excluded.client";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(release.id.as_bytes().as_slice())
        .bind(release.client.as_bytes().as_slice())
        .bind(release.clip.as_bytes().as_slice())
        .bind(release.created_at.as_millis())
        .bind(release.ends_at.map(Instant::as_millis))
        .bind(release.settle_at.map(Instant::as_millis))
        .bind(release.ended_at.map(Instant::as_millis))
        .bind(release.revoked)
        .bind(release.unconfirmed)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds a release.
pub async fn by_id(tx: &mut Tx, release: ReleaseId) -> Result<Option<StoredRelease>, StoreError> {
    const SQL: &str = "SELECT id, client, clip, created_at, ends_at, settle_at, ended_at, revoked, unconfirmed \
                       FROM release WHERE id = $1";
    let row: Option<ReleaseRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(release.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(StoredRelease::try_from).transpose()
}

/// Lists a client's releases, oldest first.
pub async fn of_client(tx: &mut Tx, client: ClientId) -> Result<Vec<StoredRelease>, StoreError> {
    const SQL: &str = "SELECT id, client, clip, created_at, ends_at, settle_at, ended_at, revoked, unconfirmed \
                       FROM release WHERE client = $1 ORDER BY id";
    let rows: Vec<ReleaseRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(StoredRelease::try_from).collect()
}

/// A release that ends.
pub struct StoredEnding {
    /// The first instant of denial.
    pub ends_at: Instant,
    /// Which.
    pub release: ReleaseId,
    /// Whose.
    pub client: ClientId,
    /// Of which clip.
    pub clip: ClipId,
}

#[derive(sqlx::FromRow)]
struct EndingRow {
    ends_at: i64,
    id: Vec<u8>,
    client: Vec<u8>,
    clip: Vec<u8>,
}

/// Lists some of the releases that end between two instants, of the clients whom a member of staff treats: the next to end
/// first, from after a place on.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn ending(
    tx: &mut Tx,
    (practice, staff): (PracticeId, StaffId),
    (now, before): (Instant, Instant),
    after: (Instant, ReleaseId),
    count: i64,
) -> Result<Vec<StoredEnding>, StoreError> {
    const SQL: &str = "SELECT r.ends_at, r.id, r.client, r.clip FROM care JOIN client c ON c.id = care.client \
                       JOIN release r ON r.client = c.id \
                       WHERE care.staff = $1 AND care.ended_at IS NULL AND c.practice = $2 \
                       AND r.ended_at IS NULL AND r.ends_at > $3 AND r.ends_at < $4 \
                       AND (r.ends_at > $5 OR (r.ends_at = $5 AND r.id > $6)) ORDER BY r.ends_at, r.id LIMIT $7";
    let rows: Vec<EndingRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(practice.as_bytes().as_slice())
        .bind(now.as_millis())
        .bind(before.as_millis())
        .bind(after.0.as_millis())
        .bind(after.1.as_bytes().as_slice())
        .bind(count)
        .fetch_all(c).await)?;
    let read = |row: EndingRow| {
        Ok(StoredEnding {
            ends_at: Instant::from_millis(row.ends_at),
            release: id(&row.id, NOUN)?,
            client: id(&row.client, NOUN)?,
            clip: id(&row.clip, NOUN)?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Names the clients who have releases of a clip.
pub async fn clients_with_clip(tx: &mut Tx, clip: ClipId) -> Result<Vec<ClientId>, StoreError> {
    const SQL: &str = "SELECT DISTINCT client FROM release WHERE clip = $1";
    let rows: Vec<(Vec<u8>,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(clip.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.iter().map(|(client,)| id(client, NOUN)).collect()
}

/// Names the clients who have releases of clips of a recording.
pub async fn clients_with_recording(
    tx: &mut Tx,
    recording: RecordingId,
) -> Result<Vec<ClientId>, StoreError> {
    const SQL: &str =
        "SELECT DISTINCT r.client FROM release r JOIN clip c ON c.id = r.clip WHERE c.recording = $1";
    let rows: Vec<(Vec<u8>,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(recording.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.iter().map(|(client,)| id(client, NOUN)).collect()
}

/// Names every client who has entries of any kind.
pub async fn all_clients(tx: &mut Tx) -> Result<Vec<ClientId>, StoreError> {
    const SQL: &str = "SELECT DISTINCT client FROM entry";
    let rows: Vec<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?;
    rows.iter().map(|(client,)| id(client, NOUN)).collect()
}

/// Names the clients about whose releases time alone has changed something since they were settled, longest due first.
pub async fn clients_due(tx: &mut Tx, now: Instant, limit: u32) -> Result<Vec<ClientId>, StoreError> {
    const SQL: &str = "SELECT client FROM release WHERE settle_at <= $1 GROUP BY client \
                       ORDER BY MIN(settle_at), client LIMIT $2";
    let rows: Vec<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(now.as_millis())
        .bind(i64::from(limit))
        .fetch_all(c).await)?;
    rows.iter().map(|(client,)| id(client, NOUN)).collect()
}

/// When time alone changes something next; `None` when nothing is to end and no hold has an end.
pub async fn next_settlement(tx: &mut Tx) -> Result<Option<Instant>, StoreError> {
    const SQL: &str = "SELECT MIN(settle_at) FROM release";
    let (next,): (Option<i64>,) = on_tx!(tx, c => sqlx::query_as(SQL).fetch_one(c).await)?;
    Ok(instant_opt(next))
}
