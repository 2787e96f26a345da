//! People heard or seen on recordings.

use sync_core::{
    id::{ClientId, ParticipantId, PracticeId, RecordingId, StaffId},
    instant::Instant,
    vocabulary::Vocabulary,
};

use crate::{
    nouns::participant_kind::ParticipantKind,
    store::{
        StoreError, Tx,
        columns::{id, id_opt},
        db::on_tx,
    },
};

/// A participant as stored; the name is sealed.
pub struct Participant {
    /// The participant.
    pub id: ParticipantId,
    /// Their practice.
    pub practice: PracticeId,
    /// Who they are to the therapy.
    pub kind: ParticipantKind,
    /// The client, where they are one.
    pub client: Option<ClientId>,
    /// The member of staff, where they are one.
    pub staff: Option<StaffId>,
    /// The name, sealed.
    pub name_sealed: Vec<u8>,
    /// Who entered them.
    pub added_by: StaffId,
    /// When they were entered.
    pub created_at: Instant,
}

#[derive(sqlx::FromRow)]
struct ParticipantRow {
    id: Vec<u8>,
    practice: Vec<u8>,
    kind: String,
    client: Option<Vec<u8>>,
    staff: Option<Vec<u8>>,
    name_sealed: Vec<u8>,
    added_by: Vec<u8>,
    created_at: i64,
}

impl TryFrom<ParticipantRow> for Participant {
    type Error = StoreError;

    fn try_from(row: ParticipantRow) -> Result<Self, StoreError> {
        const NOUN: &str = "participant";
        Ok(Self {
            id: id(&row.id, NOUN)?,
            practice: id(&row.practice, NOUN)?,
            kind: ParticipantKind::parse(&row.kind).ok_or(StoreError::Inconsistent(NOUN))?,
            client: id_opt(row.client.as_ref(), NOUN)?,
            staff: id_opt(row.staff.as_ref(), NOUN)?,
            name_sealed: row.name_sealed,
            added_by: id(&row.added_by, NOUN)?,
            created_at: Instant::from_millis(row.created_at),
        })
    }
}

/// Adds a participant.
pub async fn insert(tx: &mut Tx, new: &Participant) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO participant (id, practice, kind, client, staff, name_sealed, added_by, created_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(new.id.as_bytes().as_slice())
        .bind(new.practice.as_bytes().as_slice())
        .bind(new.kind.as_str())
        .bind(new.client.as_ref().map(|client| client.as_bytes().as_slice()))
        .bind(new.staff.as_ref().map(|staff| staff.as_bytes().as_slice()))
        .bind(new.name_sealed.as_slice())
        .bind(new.added_by.as_bytes().as_slice())
        .bind(new.created_at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds a participant.
pub async fn by_id(tx: &mut Tx, participant: ParticipantId) -> Result<Option<Participant>, StoreError> {
    const SQL: &str = "SELECT id, practice, kind, client, staff, name_sealed, added_by, created_at \
                       FROM participant WHERE id = $1";
    let row: Option<ParticipantRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(participant.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(Participant::try_from).transpose()
}

/// Lists who is heard or seen on a recording.
pub async fn on_recording(tx: &mut Tx, recording: RecordingId) -> Result<Vec<Participant>, StoreError> {
    const SQL: &str = "SELECT p.id, p.practice, p.kind, p.client, p.staff, p.name_sealed, p.added_by, p.created_at \
                       FROM participant p JOIN recording_participant rp ON rp.participant = p.id \
                       WHERE rp.recording = $1 ORDER BY p.id";
    let rows: Vec<ParticipantRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(recording.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(Participant::try_from).collect()
}

/// Whether a participant is on some recording of a client.
pub async fn known_with(
    tx: &mut Tx,
    participant: ParticipantId,
    client: ClientId,
) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT r.id FROM recording r JOIN recording_participant rp ON rp.recording = r.id \
                       WHERE rp.participant = $1 AND r.client = $2 LIMIT 1";
    let found: Option<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(participant.as_bytes().as_slice())
        .bind(client.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    Ok(found.is_some())
}
