//! Replays a restriction into a database that has forgotten it. Each replay may be done again
//! without effect, and each gives `None` when the database does not know the thing at all: then
//! there is nothing in it to restrict.

use sync_core::{
    id::{ClientId, ClipId, DeviceId, ParticipantId, PracticeId, RecordingId, ReleaseId},
    instant::Instant,
    vocabulary::Vocabulary,
};

use crate::{
    nouns::consents::ConsentEvent,
    store::{StoreError, Tx, db::on_tx},
};

/// Counts a client's version up; gives their practice.
///
/// # Errors
/// When the database fails.
pub async fn bump_client(tx: &mut Tx, client: ClientId) -> Result<Option<PracticeId>, StoreError> {
    let practice: Option<Vec<u8>> = on_tx!(tx, c => {
        sqlx::query_scalar("UPDATE client SET version = version + 1 WHERE id = $1 RETURNING practice")
            .bind(client.as_bytes().as_slice())
            .fetch_optional(c)
            .await
    })?;
    practice.map(|id| practice_id(&id)).transpose()
}

/// Notes when a release was made, if it was earlier than is known; gives the practice, and whether it was.
///
/// # Errors
/// When the database fails.
pub async fn note_made(
    tx: &mut Tx,
    client: ClientId,
    clip: ClipId,
    release: ReleaseId,
    at: Instant,
) -> Result<Option<(PracticeId, bool)>, StoreError> {
    let practice: Option<Vec<u8>> = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT practice FROM client WHERE id = $1 AND EXISTS (SELECT 1 FROM clip WHERE id = $2)")
            .bind(client.as_bytes().as_slice())
            .bind(clip.as_bytes().as_slice())
            .fetch_optional(c)
            .await
    })?;
    let Some(practice) = practice else { return Ok(None) };
    let noted = on_tx!(tx, c => {
        sqlx::query(
            "INSERT INTO release (id, client, clip, created_at, revoked) VALUES ($1, $2, $3, $4, FALSE) \
             ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at \
             WHERE release.client = excluded.client AND release.created_at > excluded.created_at",
        )
        .bind(release.as_bytes().as_slice())
        .bind(client.as_bytes().as_slice())
        .bind(clip.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(Some((practice_id(&practice)?, noted > 0)))
}

/// Adds a withdrawal and counts its recording's version up; gives the practice, and whether the withdrawal was missing. Of
/// staff whom the database has forgotten there is no name: then the person counts as having withdrawn themself.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(
    tx: &mut Tx,
    withdrawal: &ConsentEvent,
) -> Result<Option<(PracticeId, bool)>, StoreError> {
    let ConsentEvent { id, recording, participant, purpose, kind, at, recorded_by, .. } = withdrawal;
    let Some(practice) = bump_recording(tx, *recording, *participant).await? else { return Ok(None) };
    let inserted = on_tx!(tx, c => {
        sqlx::query(
            "INSERT INTO consent_event (id, recording, participant, purpose, kind, at, recorded_by) \
             VALUES ($1, $2, $3, $4, $5, $6, (SELECT id FROM staff WHERE id = $7)) ON CONFLICT (id) DO NOTHING",
        )
        .bind(id.as_bytes().as_slice())
        .bind(recording.as_bytes().as_slice())
        .bind(participant.as_bytes().as_slice())
        .bind(purpose.as_str())
        .bind(kind.as_str())
        .bind(at.as_millis())
        .bind(recorded_by.as_ref().map(|staff| staff.as_bytes().as_slice()))
        .execute(c)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(Some((practice, inserted > 0)))
}

/// Counts a recording's version up, if it and a participant are known; gives its practice.
///
/// # Errors
/// When the database fails.
pub async fn bump_recording(
    tx: &mut Tx,
    recording: RecordingId,
    participant: ParticipantId,
) -> Result<Option<PracticeId>, StoreError> {
    let practice: Option<Vec<u8>> = on_tx!(tx, c => {
        sqlx::query_scalar(
            "UPDATE recording SET version = version + 1 WHERE id = $1 \
             AND EXISTS (SELECT 1 FROM participant WHERE id = $2) RETURNING practice",
        )
        .bind(recording.as_bytes().as_slice())
        .bind(participant.as_bytes().as_slice())
        .fetch_optional(c)
        .await
    })?;
    practice.map(|id| practice_id(&id)).transpose()
}

/// Removes a device; gives its practice, and whether it was still paired.
///
/// # Errors
/// When the database fails.
pub async fn remove_device(
    tx: &mut Tx,
    device: DeviceId,
    at: Instant,
) -> Result<Option<(PracticeId, bool)>, StoreError> {
    let removed = on_tx!(tx, c => {
        sqlx::query("UPDATE device SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL")
            .bind(device.as_bytes().as_slice())
            .bind(at.as_millis())
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    let practice: Option<Vec<u8>> = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT practice FROM device WHERE id = $1")
            .bind(device.as_bytes().as_slice())
            .fetch_optional(c)
            .await
    })?;
    practice.map(|id| Ok((practice_id(&id)?, removed > 0))).transpose()
}

/// Erases a clip's wrapped key; gives its practice, and whether there was a key. The object is left to be erased.
///
/// # Errors
/// When the database fails.
pub async fn destroy_clip(
    tx: &mut Tx,
    clip: ClipId,
    at: Instant,
) -> Result<Option<(PracticeId, bool)>, StoreError> {
    let destroyed = on_tx!(tx, c => {
        sqlx::query(
            "UPDATE clip SET wrapped_key = NULL, destroyed_at = COALESCE(destroyed_at, $2), version = version + 1 \
             WHERE id = $1 AND (wrapped_key IS NOT NULL OR destroyed_at IS NULL)",
        )
        .bind(clip.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(|done| done.rows_affected())
    })?;
    let practice: Option<Vec<u8>> = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT practice FROM clip WHERE id = $1")
            .bind(clip.as_bytes().as_slice())
            .fetch_optional(c)
            .await
    })?;
    practice.map(|id| Ok((practice_id(&id)?, destroyed > 0))).transpose()
}

fn practice_id(id: &[u8]) -> Result<PracticeId, StoreError> {
    id.try_into().map_err(|_| StoreError::Inconsistent("practice"))
}
