//! Recordings.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::id::{ClientId, ConsentId, FormId, ParticipantId, RecordingId, StaffId};
use utoipa::ToSchema;

use super::{consents::PurposeJson, participants::ParticipantKindJson};
use crate::{
    app::App,
    domain::people::recordings::{self, NewRecording, RecordingView},
    http::{
        codes::Code,
        wire::{ids, json::Json, path::Ids, time::Time},
    },
    nouns::{
        Refusal,
        callers::StaffCaller,
        consents::{ConsentEvent, ConsentKind},
    },
};

/// A new recording.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecordingRequest {
    /// The client whose session it was.
    #[schema(value_type = ids::Client)]
    client: ClientId,
    /// When the session was.
    recorded_at: Time,
    /// Who is heard or seen.
    #[schema(value_type = Vec<ids::Participant>, min_items = 1, max_items = 32)]
    participants: BTreeSet<ParticipantId>,
}

/// A recording that was entered.
#[derive(Serialize, ToSchema)]
pub struct NewRecordingAnswer {
    /// The recording.
    #[schema(value_type = ids::Recording)]
    recording: RecordingId,
}

/// A recording as the care team sees it.
#[derive(Serialize, ToSchema)]
pub struct RecordingAnswer {
    /// The recording.
    #[schema(value_type = ids::Recording)]
    recording: RecordingId,
    /// The client whose session it was.
    #[schema(value_type = ids::Client)]
    client: ClientId,
    /// When the session was.
    recorded_at: Time,
    /// Who is heard or seen.
    participants: Vec<ParticipantAnswer>,
    /// Every consent given or withdrawn, oldest first.
    consents: Vec<ConsentAnswer>,
}

/// Somebody on a recording.
#[derive(Serialize, ToSchema)]
pub struct ParticipantAnswer {
    /// The participant.
    #[schema(value_type = ids::Participant)]
    participant: ParticipantId,
    /// Who they are to the therapy.
    kind: ParticipantKindJson,
    /// Their name.
    name: String,
}

/// One consent given or withdrawn.
#[derive(Serialize, ToSchema)]
pub struct ConsentAnswer {
    /// The event.
    #[schema(value_type = ids::Consent)]
    consent: ConsentId,
    /// Who.
    #[schema(value_type = ids::Participant)]
    participant: ParticipantId,
    /// For what.
    purpose: PurposeJson,
    /// Given or withdrawn.
    kind: ConsentKindWord,
    /// The text that was signed.
    #[schema(value_type = Option<ids::Form>, required = true)]
    form: Option<FormId>,
    /// When it was signed or said.
    at: Time,
    /// The first instant at which it no longer counts.
    #[schema(required = true)]
    valid_until: Option<Time>,
    /// Which member of staff entered it; none where the person has withdrawn on their own phone.
    #[schema(value_type = Option<ids::Staff>, required = true)]
    recorded_by: Option<StaffId>,
}

/// One event in the life of a consent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConsentKind)]
pub enum ConsentKindWord {
    /// It was given.
    Given,
    /// It was withdrawn.
    Withdrawn,
}

impl From<ConsentKind> for ConsentKindWord {
    fn from(kind: ConsentKind) -> Self {
        match kind {
            ConsentKind::Given => Self::Given,
            ConsentKind::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<ConsentEvent> for ConsentAnswer {
    fn from(event: ConsentEvent) -> Self {
        Self {
            consent: event.id,
            participant: event.participant,
            purpose: event.purpose.into(),
            kind: event.kind.into(),
            form: event.form,
            at: event.at.into(),
            valid_until: event.valid_until.map(Time),
            recorded_by: event.recorded_by,
        }
    }
}

impl From<RecordingView> for RecordingAnswer {
    fn from(view: RecordingView) -> Self {
        let people = view.participants.into_iter();
        Self {
            recording: view.id,
            client: view.client,
            recorded_at: view.recorded_at.into(),
            participants: people
                .map(|person| ParticipantAnswer {
                    participant: person.id,
                    kind: person.kind.into(),
                    name: person.name,
                })
                .collect(),
            consents: view.consents.into_iter().map(ConsentAnswer::from).collect(),
        }
    }
}

/// Enters a recording.
#[utoipa::path(post, path = "/v1/recordings", operation_id = "add_recording", tag = "staff",
    request_body = NewRecordingRequest,
    responses((status = 201, description = "The recording", body = NewRecordingAnswer)),
    extensions(("x-refusals" = json!([Code::NotFound, Code::OutOfBounds]))))]
pub async fn add(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Json(request): Json<NewRecordingRequest>,
) -> Result<(StatusCode, Json<NewRecordingAnswer>), Refusal> {
    let new = NewRecording {
        client: request.client,
        recorded_at: request.recorded_at.0,
        participants: request.participants,
    };
    let recording = recordings::add(&app.ground, caller, new).await?;
    Ok((StatusCode::CREATED, Json(NewRecordingAnswer { recording })))
}

/// Reads a recording with its people and their consents.
#[utoipa::path(get, path = "/v1/recordings/{recording}", operation_id = "read_recording", tag = "staff",
    responses((status = 200, description = "The recording", body = RecordingAnswer)))]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(recording): Ids<RecordingId>,
) -> Result<Json<RecordingAnswer>, Refusal> {
    Ok(Json(recordings::find(&app.ground, caller, recording).await?.into()))
}

/// The recordings of a client's sessions.
#[derive(Serialize, ToSchema)]
pub struct RecordingsAnswer {
    /// Newest session first.
    recordings: Vec<RecordingAnswer>,
}

/// Lists the recordings of a client's sessions, with their people and consents.
#[utoipa::path(get, path = "/v1/clients/{client}/recordings",
    operation_id = "list_recordings", tag = "staff",
    responses((status = 200, description = "The recordings", body = RecordingsAnswer)))]
pub async fn of_client(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<RecordingsAnswer>, Refusal> {
    let recordings = recordings::of_client(&app.ground, caller, client).await?;
    Ok(Json(RecordingsAnswer { recordings: recordings.into_iter().map(RecordingAnswer::from).collect() }))
}
