//! The casebook: private notes, and the words that go with a release.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::{
    documents::Observation,
    id::{ClientId, EntryId, ReleaseId},
};
use utoipa::ToSchema;

use super::release_requests::{MarkBody, ObservationBody, ObservationKindBody, WordsBody};
use crate::{
    app::App,
    domain::desk::casebook::{self, NewObservation},
    http::{
        codes::Code,
        wire::{ids, json::Json, path::Ids, time::Time},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// An observation by itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservationRequest {
    /// What was observed.
    observation: ObservationBody,
    /// Which releases it is about, if any: 64 at most.
    #[serde(default)]
    #[schema(value_type = Vec<ids::Release>, max_items = 64)]
    releases: Vec<ReleaseId>,
}

/// What was observed of a client.
#[derive(Serialize, ToSchema)]
pub struct ObservationsAnswer {
    /// Newest first.
    observations: Vec<ObservationAnswer>,
}

/// One observation.
#[derive(Serialize, ToSchema)]
pub struct ObservationAnswer {
    /// Its key in the casebook.
    #[schema(value_type = ids::Entry)]
    observation: EntryId,
    /// What kind.
    kind: ObservationKindBody,
    /// When it was written.
    at: Time,
    /// Which releases it is about.
    #[schema(value_type = Vec<ids::Release>)]
    releases: Vec<ReleaseId>,
    /// The private reason.
    reason: String,
}

impl From<(EntryId, Observation)> for ObservationAnswer {
    fn from((id, observed): (EntryId, Observation)) -> Self {
        let Observation { kind, at, releases, reason } = observed;
        Self { observation: id, kind: kind.into(), at: at.into(), releases, reason }
    }
}

/// Keeps an observation in the client's casebook, and changes nothing else: no client device ever receives it.
#[utoipa::path(post, path = "/v1/clients/{client}/observations",
    operation_id = "add_observation", tag = "staff",
    request_body = ObservationRequest, responses((status = 204, description = "The observation is kept")),
    extensions(("x-refusals" = json!([Code::Conflict, Code::OutOfBounds, Code::NoteNotKept]))))]
pub async fn observe(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
    Json(request): Json<ObservationRequest>,
) -> Result<StatusCode, Refusal> {
    let ObservationRequest { observation, releases } = request;
    casebook::observe(&app.binders, caller, client, releases, NewObservation::from(observation)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads what was observed of a client. Each reading is audited.
#[utoipa::path(get, path = "/v1/clients/{client}/observations",
    operation_id = "list_observations", tag = "staff",
    responses((status = 200, description = "The observations", body = ObservationsAnswer)))]
pub async fn observations(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<ObservationsAnswer>, Refusal> {
    let found = casebook::observations(&app.ground, caller, client).await?;
    Ok(Json(ObservationsAnswer { observations: found.into_iter().map(ObservationAnswer::from).collect() }))
}

/// Reads the words that a release's clip carries, the parting note among them. Each reading is audited.
#[utoipa::path(get, path = "/v1/releases/{release}/words",
    operation_id = "read_release_words", tag = "staff",
    responses((status = 200, description = "The words", body = WordsBody)))]
pub async fn words(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(release): Ids<ReleaseId>,
) -> Result<Json<WordsBody>, Refusal> {
    let found = casebook::words(&app.ground, caller, release).await?;
    let marks = found.marks.0.into_iter().map(|(at, words)| MarkBody { at_ms: at.as_millis(), words });
    Ok(Json(WordsBody { note: found.note, marks: marks.collect(), parting_note: found.parting_note }))
}
