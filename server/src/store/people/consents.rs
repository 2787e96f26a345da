//! Forms, and events of consent: given or withdrawn, never edited.

use sync_core::{
    id::{ClientId, ConsentId, FormId, PracticeId, RecordingId},
    instant::Instant,
    policy::Purpose,
    vocabulary::Vocabulary,
};

use crate::{
    nouns::{consents::ConsentEvent, consents::ConsentKind},
    store::{
        StoreError, Tx,
        columns::{id, id_opt, instant_opt},
        db::on_tx,
    },
};

/// A version of a consent text; the text is sealed.
pub struct Form {
    /// The version.
    pub id: FormId,
    /// Whose text it is.
    pub practice: PracticeId,
    /// Counted from 1 in each practice.
    pub version: i64,
    /// The paragraphs, sealed.
    pub text_sealed: Vec<u8>,
    /// When it was entered.
    pub created_at: Instant,
}

#[derive(sqlx::FromRow)]
struct FormRow {
    id: Vec<u8>,
    practice: Vec<u8>,
    version: i64,
    text_sealed: Vec<u8>,
    created_at: i64,
}

impl TryFrom<FormRow> for Form {
    type Error = StoreError;

    fn try_from(row: FormRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "form")?,
            practice: id(&row.practice, "form")?,
            version: row.version,
            text_sealed: row.text_sealed,
            created_at: Instant::from_millis(row.created_at),
        })
    }
}

#[derive(sqlx::FromRow)]
struct ConsentEventRow {
    id: Vec<u8>,
    recording: Vec<u8>,
    participant: Vec<u8>,
    purpose: String,
    kind: String,
    form: Option<Vec<u8>>,
    at: i64,
    valid_until: Option<i64>,
    recorded_by: Option<Vec<u8>>,
}

impl TryFrom<ConsentEventRow> for ConsentEvent {
    type Error = StoreError;

    fn try_from(row: ConsentEventRow) -> Result<Self, StoreError> {
        const NOUN: &str = "consent";
        Ok(Self {
            id: id(&row.id, NOUN)?,
            recording: id(&row.recording, NOUN)?,
            participant: id(&row.participant, NOUN)?,
            purpose: Purpose::parse(&row.purpose).ok_or(StoreError::Inconsistent(NOUN))?,
            kind: ConsentKind::parse(&row.kind).ok_or(StoreError::Inconsistent(NOUN))?,
            form: id_opt(row.form.as_ref(), NOUN)?,
            at: Instant::from_millis(row.at),
            valid_until: instant_opt(row.valid_until),
            recorded_by: id_opt(row.recorded_by.as_ref(), NOUN)?,
        })
    }
}

/// Adds a version of a text.
pub async fn insert_form(tx: &mut Tx, form: &Form) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO consent_form (id, practice, version, text_sealed, created_at) \
                       VALUES ($1, $2, $3, $4, $5)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(form.id.as_bytes().as_slice())
        .bind(form.practice.as_bytes().as_slice())
        .bind(form.version)
        .bind(form.text_sealed.as_slice())
        .bind(form.created_at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The number of a practice's next text.
pub async fn next_form_version(tx: &mut Tx, practice: PracticeId) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT COALESCE(MAX(version), 0) + 1 FROM consent_form WHERE practice = $1";
    let (next,): (i64,) =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(practice.as_bytes().as_slice()).fetch_one(c).await)?;
    Ok(next)
}

/// Finds a version of a text.
pub async fn form_by_id(tx: &mut Tx, form: FormId) -> Result<Option<Form>, StoreError> {
    const SQL: &str = "SELECT id, practice, version, text_sealed, created_at FROM consent_form WHERE id = $1";
    let row: Option<FormRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(form.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(Form::try_from).transpose()
}

/// Adds an event.
pub async fn insert(tx: &mut Tx, event: &ConsentEvent) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO consent_event (id, recording, participant, purpose, kind, form, at, valid_until, \
                       recorded_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(event.id.as_bytes().as_slice())
        .bind(event.recording.as_bytes().as_slice())
        .bind(event.participant.as_bytes().as_slice())
        .bind(event.purpose.as_str())
        .bind(event.kind.as_str())
        .bind(event.form.as_ref().map(|form| form.as_bytes().as_slice()))
        .bind(event.at.as_millis())
        .bind(event.valid_until.map(Instant::as_millis))
        .bind(event.recorded_by.as_ref().map(|staff| staff.as_bytes().as_slice()))
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Lists every version of a practice's text, newest first.
pub async fn forms_of(tx: &mut Tx, practice: PracticeId) -> Result<Vec<Form>, StoreError> {
    const SQL: &str = "SELECT id, practice, version, text_sealed, created_at FROM consent_form \
                       WHERE practice = $1 ORDER BY version DESC";
    let rows: Vec<FormRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(practice.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(Form::try_from).collect()
}

/// When a client last withdrew the sharing of practice data, on whatever recording.
pub async fn stopped_sharing_at(tx: &mut Tx, client: ClientId) -> Result<Option<Instant>, StoreError> {
    const SQL: &str = "SELECT MAX(e.at) FROM consent_event e JOIN participant p ON p.id = e.participant \
                       WHERE p.client = $1 AND e.purpose = 'share_practice_data' AND e.kind = 'withdrawn'";
    let (at,): (Option<i64>,) =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_one(c).await)?;
    Ok(instant_opt(at))
}

/// Lists every event of a recording, oldest first.
pub async fn of_recording(tx: &mut Tx, recording: RecordingId) -> Result<Vec<ConsentEvent>, StoreError> {
    const SQL: &str = "SELECT id, recording, participant, purpose, kind, form, at, valid_until, recorded_by \
                       FROM consent_event WHERE recording = $1 ORDER BY at, id";
    let rows: Vec<ConsentEventRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(recording.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(ConsentEvent::try_from).collect()
}

/// Finds an event.
pub async fn by_id(tx: &mut Tx, consent: ConsentId) -> Result<Option<ConsentEvent>, StoreError> {
    const SQL: &str = "SELECT id, recording, participant, purpose, kind, form, at, valid_until, recorded_by \
                       FROM consent_event WHERE id = $1";
    let row: Option<ConsentEventRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(consent.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(ConsentEvent::try_from).transpose()
}

/// Lists what a client has said of themself, on every recording, oldest first; nobody else's consents.
pub async fn of_client(tx: &mut Tx, client: ClientId) -> Result<Vec<ConsentEvent>, StoreError> {
    const SQL: &str = "SELECT e.id, e.recording, e.participant, e.purpose, e.kind, e.form, e.at, e.valid_until, \
                       e.recorded_by FROM consent_event e JOIN participant p ON p.id = e.participant \
                       WHERE p.client = $1 ORDER BY e.at, e.id";
    let rows: Vec<ConsentEventRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(ConsentEvent::try_from).collect()
}
