//! Clips: the database's facts about an encrypted excerpt. The bytes are an object.

use sync_core::{
    id::{ClientId, ClipId, ParticipantId, PracticeId, RecordingId, StaffId},
    instant::Instant,
    media::{MediaRecord, RecordSize},
};

use crate::{
    objects::ObjectName,
    store::{
        StoreError, Tx,
        columns::{id, instant_opt},
        db::on_tx,
    },
};

const NOUN: &str = "clip";
const COLUMNS: &str = "SELECT id, practice, recording, client, created_at, created_by, media_type, duration_ms, \
                       plain_len, cipher_len, record_size, cipher_sha256, title_sealed, wrapped_key, object, \
                       held_back_at, destroy_at, destroyed_at, object_erased_at FROM clip";

/// A clip as stored.
pub struct Clip {
    /// The clip.
    pub id: ClipId,
    /// Its practice.
    pub practice: PracticeId,
    /// What it was cut from.
    pub recording: RecordingId,
    /// In whose therapy.
    pub client: ClientId,
    /// When it was uploaded.
    pub created_at: Instant,
    /// By whom.
    pub created_by: StaffId,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u64,
    /// The facts of its bytes.
    pub media: MediaRecord,
    /// Its title, sealed.
    pub title_sealed: Vec<u8>,
    /// Its key, sealed by a data key; gone when the clip was destroyed.
    pub wrapped_key: Option<Vec<u8>>,
    /// Where the ciphertext lies.
    pub object: ObjectName,
    /// Since when no lease may be issued for it.
    pub held_back_at: Option<Instant>,
    /// When it is to be destroyed: no lease reaches beyond.
    pub destroy_at: Option<Instant>,
    /// When its key was erased.
    pub destroyed_at: Option<Instant>,
    /// When its ciphertext was erased.
    pub object_erased_at: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct ClipRow {
    id: Vec<u8>,
    practice: Vec<u8>,
    recording: Vec<u8>,
    client: Vec<u8>,
    created_at: i64,
    created_by: Vec<u8>,
    media_type: String,
    duration_ms: i64,
    plain_len: i64,
    cipher_len: i64,
    record_size: i64,
    cipher_sha256: Vec<u8>,
    title_sealed: Vec<u8>,
    wrapped_key: Option<Vec<u8>>,
    object: String,
    held_back_at: Option<i64>,
    destroy_at: Option<i64>,
    destroyed_at: Option<i64>,
    object_erased_at: Option<i64>,
}

impl TryFrom<ClipRow> for Clip {
    type Error = StoreError;

    fn try_from(row: ClipRow) -> Result<Self, StoreError> {
        let len = |value: i64| u64::try_from(value).map_err(|_| StoreError::Inconsistent(NOUN));
        let record_size = u32::try_from(row.record_size).ok().and_then(|size| RecordSize::new(size).ok());
        Ok(Self {
            id: id(&row.id, NOUN)?,
            practice: id(&row.practice, NOUN)?,
            recording: id(&row.recording, NOUN)?,
            client: id(&row.client, NOUN)?,
            created_at: Instant::from_millis(row.created_at),
            created_by: id(&row.created_by, NOUN)?,
            duration_ms: len(row.duration_ms)?,
            media: MediaRecord {
                plain_len: len(row.plain_len)?,
                cipher_len: len(row.cipher_len)?,
                record_size: record_size.ok_or(StoreError::Inconsistent(NOUN))?,
                cipher_sha256: row.cipher_sha256.try_into().map_err(|_| StoreError::Inconsistent(NOUN))?,
                media_type: row.media_type,
            },
            title_sealed: row.title_sealed,
            wrapped_key: row.wrapped_key,
            object: ObjectName::parse(&row.object).ok_or(StoreError::Inconsistent(NOUN))?,
            held_back_at: instant_opt(row.held_back_at),
            destroy_at: instant_opt(row.destroy_at),
            destroyed_at: instant_opt(row.destroyed_at),
            object_erased_at: instant_opt(row.object_erased_at),
        })
    }
}

/// Adds a clip.
pub async fn insert(tx: &mut Tx, clip: &Clip) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO clip (id, practice, version, recording, client, created_at, created_by, \
                       media_type, duration_ms, plain_len, cipher_len, record_size, cipher_sha256, title_sealed, \
                       wrapped_key, object) \
                       VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let len = |value: u64| i64::try_from(value).map_err(|_| StoreError::Inconsistent(NOUN));
    let (duration, plain) = (len(clip.duration_ms)?, len(clip.media.plain_len)?);
    let cipher = len(clip.media.cipher_len)?;
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(clip.id.as_bytes().as_slice())
        .bind(clip.practice.as_bytes().as_slice())
        .bind(clip.recording.as_bytes().as_slice())
        .bind(clip.client.as_bytes().as_slice())
        .bind(clip.created_at.as_millis())
        .bind(clip.created_by.as_bytes().as_slice())
        .bind(clip.media.media_type.as_str())
        .bind(duration)
        .bind(plain)
        .bind(cipher)
        .bind(i64::from(clip.media.record_size.bytes()))
        .bind(clip.media.cipher_sha256.as_slice())
        .bind(clip.title_sealed.as_slice())
        .bind(clip.wrapped_key.as_deref())
        .bind(clip.object.as_str())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Notes that a participant is heard or seen in a clip.
pub async fn insert_participant(tx: &mut Tx, clip: ClipId, heard: ParticipantId) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO clip_participant (clip, participant) VALUES ($1, $2)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(clip.as_bytes().as_slice())
        .bind(heard.as_bytes().as_slice())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds a clip.
pub async fn by_id(tx: &mut Tx, clip: ClipId) -> Result<Option<Clip>, StoreError> {
    let sql = format!("{COLUMNS} WHERE id = $1");
    let row: Option<ClipRow> = on_tx!(tx, c => sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(clip.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    row.map(Clip::try_from).transpose()
}

/// Lists the clips of the sessions that a client was in and that the member of staff may know of, newest first.
pub async fn of_client(tx: &mut Tx, client: ClientId, staff: StaffId) -> Result<Vec<Clip>, StoreError> {
    let sql = format!(
        "{COLUMNS} WHERE destroyed_at IS NULL AND (client = $1 OR recording IN (\
         SELECT rp.recording FROM recording_participant rp JOIN participant p ON p.id = rp.participant \
         WHERE p.client = $1)) AND client IN (SELECT c.client FROM care c WHERE c.staff = $2 AND c.ended_at IS NULL) \
         ORDER BY created_at DESC, id DESC"
    );
    let rows: Vec<ClipRow> = on_tx!(tx, c => sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(client.as_bytes().as_slice())
        .bind(staff.as_bytes().as_slice())
        .fetch_all(c).await)?;
    rows.into_iter().map(Clip::try_from).collect()
}

/// Lists who is heard or seen in a clip.
pub async fn participants(tx: &mut Tx, clip: ClipId) -> Result<Vec<ParticipantId>, StoreError> {
    const SQL: &str = "SELECT participant FROM clip_participant WHERE clip = $1 ORDER BY participant";
    let rows: Vec<(Vec<u8>,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(clip.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.iter().map(|(participant,)| id(participant, NOUN)).collect()
}

/// Counts a clip's version up, which also locks its row until the transaction ends.
pub async fn bump(tx: &mut Tx, clip: ClipId) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE clip SET version = version + 1 WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(clip.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}

/// Erases a clip's key; whether it was there until now. The object is erased afterwards.
pub async fn erase_key(tx: &mut Tx, clip: ClipId, at: Instant) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE clip SET wrapped_key = NULL, destroyed_at = $2, version = version + 1 \
                       WHERE id = $1 AND destroyed_at IS NULL";
    note_at(tx, SQL, clip, at).await
}

/// Notes that the ciphertext of a destroyed clip is gone.
pub async fn note_object_erased(tx: &mut Tx, clip: ClipId, at: Instant) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE clip SET object_erased_at = $2 \
                       WHERE id = $1 AND destroyed_at IS NOT NULL AND object_erased_at IS NULL";
    note_at(tx, SQL, clip, at).await
}

async fn note_at(tx: &mut Tx, sql: &'static str, clip: ClipId, at: Instant) -> Result<bool, StoreError> {
    let changed = on_tx!(tx, c => sqlx::query(sql)
        .bind(clip.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Keeps a clip as it is until the transaction ends, for a decision that rests on it.
pub async fn share_lock(tx: &mut Tx, clip: ClipId) -> Result<(), StoreError> {
    let sql = format!("SELECT version FROM clip WHERE id = $1{}", tx.for_share());
    let _version: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(clip.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    Ok(())
}

/// A piece of a session, as somebody may know of it who is heard in it.
pub struct Piece {
    /// When it was uploaded.
    pub created_at: Instant,
    /// How long it lasts, in milliseconds.
    pub duration_ms: i64,
    /// When its key was erased.
    pub destroyed_at: Option<Instant>,
    /// Whether it is on the client's shelf, and rests on their own consent.
    pub rests_on_them: bool,
}

/// Lists the pieces of a recording in which a client is heard or which their shelf has shown, oldest first. Others of the
/// same session are not theirs to know of, nor is a release that their shelf has not shown.
pub async fn pieces_of(
    tx: &mut Tx,
    recording: RecordingId,
    client: ClientId,
) -> Result<Vec<Piece>, StoreError> {
    const HEARD: &str = "SELECT cp.clip FROM clip_participant cp JOIN participant p ON p.id = cp.participant \
                         WHERE p.client = $2";
    const SHOWN: &str = "SELECT r.clip FROM release r JOIN shelf_history h ON h.client = r.client AND h.release = r.id \
                         WHERE r.client = $2";
    let sql = format!(
        "SELECT created_at, duration_ms, destroyed_at, \
         CASE WHEN id IN ({HEARD}) AND id IN ({SHOWN} AND r.ended_at IS NULL) THEN 1 ELSE 0 END FROM clip \
         WHERE recording = $1 AND (id IN ({HEARD}) OR id IN ({SHOWN})) \
         ORDER BY created_at, id"
    );
    let rows: Vec<(i64, i64, Option<i64>, i32)> = on_tx!(tx, c => sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(recording.as_bytes().as_slice())
        .bind(client.as_bytes().as_slice())
        .fetch_all(c).await)?;
    let piece = |(created_at, duration_ms, destroyed_at, rests)| Piece {
        created_at: Instant::from_millis(created_at),
        duration_ms,
        destroyed_at: instant_opt(destroyed_at),
        rests_on_them: rests == 1,
    };
    Ok(rows.into_iter().map(piece).collect())
}
