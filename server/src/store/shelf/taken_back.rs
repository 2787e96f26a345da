//! Clips and recordings that were taken back everywhere.

use sync_core::{
    id::{ClipId, EntryId, RecordingId},
    instant::Instant,
    orders::RevokeOn,
};

use crate::store::{StoreError, Tx, columns::entry_id, db::on_tx};

const NOUN: &str = "taken_back";
const CLIP: &str = "clip";
const RECORDING: &str = "recording";

/// Notes that an entry takes back a clip or a recording. A narrower revocation is not noted.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, entry: EntryId, on: RevokeOn, at: Instant) -> Result<(), StoreError> {
    let (kind, subject) = match on {
        RevokeOn::Clip(clip) => (CLIP, *clip.as_bytes()),
        RevokeOn::Recording(recording) => (RECORDING, *recording.as_bytes()),
        RevokeOn::Release(_) | RevokeOn::Shelf => return Ok(()),
    };
    const SQL: &str = "INSERT INTO taken_back (kind, subject, entry, at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (kind, subject, entry) DO NOTHING";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(kind)
        .bind(subject.as_slice())
        .bind(entry.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The entries that take back a clip, by itself or with its recording.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn of_clip(
    tx: &mut Tx,
    clip: ClipId,
    recording: RecordingId,
) -> Result<Vec<(EntryId, RevokeOn)>, StoreError> {
    const SQL: &str = "SELECT kind, entry FROM taken_back \
                       WHERE (kind = 'clip' AND subject = $1) OR (kind = 'recording' AND subject = $2)";
    let rows: Vec<(String, Vec<u8>)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(clip.as_bytes().as_slice())
        .bind(recording.as_bytes().as_slice())
        .fetch_all(c).await)?;
    let read = |(kind, entry): (String, Vec<u8>)| {
        let on = match kind.as_str() {
            CLIP => RevokeOn::Clip(clip),
            RECORDING => RevokeOn::Recording(recording),
            _ => return Err(StoreError::Inconsistent(NOUN)),
        };
        Ok((entry_id(entry, NOUN)?, on))
    };
    rows.into_iter().map(read).collect()
}
