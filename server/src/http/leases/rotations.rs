//! The practice's keys: a device follows them if an answer was signed by another key than the one
//! that it trusts.

use std::sync::Arc;

use axum::extract::{Query, State, rejection::QueryRejection};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    domain::leases::rotations,
    http::wire::{bytes::Base64, json::Json},
    nouns::{Refusal, callers::CompanionCaller},
};

/// From where a device follows.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// The number of the last rotation that the device followed or pinned its key after: 0, or nothing, for all.
    #[serde(default)]
    #[param(required = false)]
    after: u64,
}

/// A practice's rotations.
#[derive(Serialize, ToSchema)]
pub struct RotationsAnswer {
    /// Signed statements in their order, deterministic CBOR, base64url; 256 at most.
    rotations: Vec<Base64>,
}

/// Tells a device which keys took the place of the one that it trusts. Removed devices are told too.
#[utoipa::path(get, path = "/v1/device/practice-keys",
    operation_id = "list_practice_keys", tag = "companion",
    params(After), responses((status = 200, description = "The rotations", body = RotationsAnswer)))]
pub async fn rotations(
    State(app): State<Arc<App>>,
    caller: CompanionCaller,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Json<RotationsAnswer>, Refusal> {
    let Query(After { after }) = after.map_err(|_| Refusal::Malformed("after: a whole number"))?;
    let told = rotations::after(&app.ground, caller, after).await?;
    Ok(Json(RotationsAnswer { rotations: told.into_iter().map(Base64).collect() }))
}
