//! Restrictions from a console whose device or role may have ended: written, and nothing is read in return.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use sync_core::id::{ClientId, EntryId};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::decisions::restrictions,
    http::{
        codes::Code,
        wire::{bytes::Base64, ids, json::Json},
    },
    nouns::{Refusal, callers::ConsoleCaller},
};

/// Restrictions that a console has written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictionsRequest {
    /// Whose orders.
    #[schema(value_type = ids::Client)]
    client: ClientId,
    /// 1 to 64 entries.
    #[schema(min_items = 1, max_items = 64)]
    entries: Vec<RestrictionBody>,
}

/// One entry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictionBody {
    /// Its key in the orders.
    #[schema(value_type = ids::Entry)]
    id: EntryId,
    /// Its deterministic CBOR, base64url: a hold, a revocation, or an amendment, which counts as far as it tightens; by this device.
    bytes: Base64,
}

/// Takes restrictions, removed devices' and former therapists' too, until 30 days after their end. What these end or tighten
/// rests until a therapist decides. What is there already is passed over, so that all may
/// be sent again.
#[utoipa::path(post, path = "/v1/device/restrictions",
    operation_id = "hand_in_restrictions", tag = "console",
    request_body = RestrictionsRequest,
    responses((status = 204, description = "Every one of them is in force, or rests and waits for a therapist")),
    extensions(("x-refusals" = json!([Code::NotFound, Code::Conflict, Code::NotARestriction,
        Code::OutOfBounds, Code::EndedTooLong]))))]
pub async fn take(
    State(app): State<Arc<App>>,
    caller: ConsoleCaller,
    Json(request): Json<RestrictionsRequest>,
) -> Result<StatusCode, Refusal> {
    let entries = request.entries.into_iter().map(|entry| (entry.id, entry.bytes.0)).collect();
    restrictions::take(&app.binders, caller, request.client, entries).await?;
    Ok(StatusCode::NO_CONTENT)
}
