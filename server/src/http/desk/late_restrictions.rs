//! Late restrictions: a therapist's yes or no.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use sync_core::id::{ClientId, EntryId};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::desk::late_restrictions,
    http::{
        codes::Code,
        wire::{json::Json, path::Ids},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// What a therapist says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// Whether it is to end, or to be tightened, as the console wrote it. Otherwise what rests for its sake goes on.
    accept: bool,
}

/// Decides about what a console has taken away after its part's end (`decide_restriction` of the duties).
#[utoipa::path(post, path = "/v1/clients/{client}/late-restrictions/{entry}/decision",
    operation_id = "decide_late_restriction", tag = "staff",
    request_body = DecisionRequest, responses((status = 204, description = "It is decided")),
    extensions(("x-refusals" = json!([Code::Conflict, Code::OutOfBounds]))))]
pub async fn decide(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids((client, entry)): Ids<(ClientId, EntryId)>,
    Json(request): Json<DecisionRequest>,
) -> Result<StatusCode, Refusal> {
    late_restrictions::decide(&app.binders, caller, client, entry, request.accept).await?;
    Ok(StatusCode::NO_CONTENT)
}
