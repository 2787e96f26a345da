//! Recordings of therapy sessions.

use sync_core::{
    id::{ClientId, ParticipantId, PracticeId, RecordingId},
    instant::Instant,
};

use crate::store::{StoreError, Tx, columns::id, db::on_tx};

/// A recording as stored.
pub struct Recording {
    /// The recording.
    pub id: RecordingId,
    /// Its practice.
    pub practice: PracticeId,
    /// Counted up by every consent event, so that the gate can lock it.
    pub version: i64,
    /// The client whose session it was.
    pub client: ClientId,
    /// When the session was.
    pub recorded_at: Instant,
    /// When it was entered here.
    pub created_at: Instant,
}

#[derive(sqlx::FromRow)]
struct RecordingRow {
    id: Vec<u8>,
    practice: Vec<u8>,
    version: i64,
    client: Vec<u8>,
    recorded_at: i64,
    created_at: i64,
}

impl TryFrom<RecordingRow> for Recording {
    type Error = StoreError;

    fn try_from(row: RecordingRow) -> Result<Self, StoreError> {
        const NOUN: &str = "recording";
        Ok(Self {
            id: id(&row.id, NOUN)?,
            practice: id(&row.practice, NOUN)?,
            version: row.version,
            client: id(&row.client, NOUN)?,
            recorded_at: Instant::from_millis(row.recorded_at),
            created_at: Instant::from_millis(row.created_at),
        })
    }
}

/// Adds a recording.
pub async fn insert(tx: &mut Tx, recording: &Recording) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO recording (id, practice, version, client, recorded_at, created_at) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(recording.id.as_bytes().as_slice())
        .bind(recording.practice.as_bytes().as_slice())
        .bind(recording.version)
        .bind(recording.client.as_bytes().as_slice())
        .bind(recording.recorded_at.as_millis())
        .bind(recording.created_at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Notes that a participant is heard or seen on a recording.
pub async fn insert_participant(
    tx: &mut Tx,
    recording: RecordingId,
    participant: ParticipantId,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO recording_participant (recording, participant) VALUES ($1, $2)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(recording.as_bytes().as_slice())
        .bind(participant.as_bytes().as_slice())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds a recording.
pub async fn by_id(tx: &mut Tx, recording: RecordingId) -> Result<Option<Recording>, StoreError> {
    const SQL: &str =
        "SELECT id, practice, version, client, recorded_at, created_at FROM recording WHERE id = $1";
    let row: Option<RecordingRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(recording.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(Recording::try_from).transpose()
}

/// Lists a client's recordings, newest session first.
pub async fn of_client(tx: &mut Tx, client: ClientId) -> Result<Vec<Recording>, StoreError> {
    const SQL: &str = "SELECT id, practice, version, client, recorded_at, created_at FROM recording \
                       WHERE client = $1 ORDER BY recorded_at DESC, id DESC";
    let rows: Vec<RecordingRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(Recording::try_from).collect()
}

/// Whether a client was in a session: it was theirs, or they are one of the people on its recording.
pub async fn was_there(tx: &mut Tx, recording: RecordingId, client: ClientId) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT r.id FROM recording r WHERE r.id = $1 AND (r.client = $2 OR EXISTS (\
                       SELECT 1 FROM recording_participant rp JOIN participant p ON p.id = rp.participant \
                       WHERE rp.recording = r.id AND p.client = $2))";
    let found: Option<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(recording.as_bytes().as_slice())
        .bind(client.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Counts a recording's version up, which also locks its row until the transaction ends.
pub async fn bump(tx: &mut Tx, recording: RecordingId) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE recording SET version = version + 1 WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(recording.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}

/// Keeps a recording as it is until the transaction ends, for a decision that rests on it.
pub async fn share_lock(tx: &mut Tx, recording: RecordingId) -> Result<(), StoreError> {
    let sql = format!("SELECT version FROM recording WHERE id = $1{}", tx.for_share());
    let _version: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(recording.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    Ok(())
}

/// Lists the recordings of the sessions that a client was in, their own and those on which they are one of the people,
/// newest session first.
pub async fn attended_by(tx: &mut Tx, client: ClientId, count: i64) -> Result<Vec<Recording>, StoreError> {
    const SQL: &str = "SELECT id, practice, version, client, recorded_at, created_at FROM recording \
                       WHERE client = $1 OR id IN (\
                       SELECT rp.recording FROM recording_participant rp JOIN participant p ON p.id = rp.participant \
                       WHERE p.client = $1) ORDER BY recorded_at DESC, id DESC LIMIT $2";
    let rows: Vec<RecordingRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(count)
        .fetch_all(c).await)?;
    rows.into_iter().map(Recording::try_from).collect()
}
