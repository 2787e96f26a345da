//! Clients.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::id::ClientId;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::people::clients::{self, ClientView},
    http::{
        error::ProblemBody,
        wire::{json::Json, path::Ids, time::Time},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A new client.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClientRequest {
    /// The client's name.
    name: String,
}

/// A client as the care team sees them.
#[derive(Serialize, ToSchema)]
pub struct ClientAnswer {
    /// The client.
    #[schema(value_type = String)]
    client: ClientId,
    /// Their name.
    name: String,
    /// Since when they are here.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
}

/// The clients whom the caller treats.
#[derive(Serialize, ToSchema)]
pub struct ClientsAnswer {
    /// Oldest first.
    clients: Vec<ClientAnswer>,
}

impl From<ClientView> for ClientAnswer {
    fn from(view: ClientView) -> Self {
        Self { client: view.id, name: view.name, created_at: view.created_at.into() }
    }
}

/// Adds a client, with the caller as care team.
#[utoipa::path(post, path = "/v1/clients", tag = "staff", request_body = NewClientRequest, responses(
    (status = 201, body = ClientAnswer), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn add(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Json(request): Json<NewClientRequest>,
) -> Result<(StatusCode, Json<ClientAnswer>), Refusal> {
    let added = clients::add(&app.ground, caller, &request.name).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// Lists the clients whom the caller treats.
#[utoipa::path(get, path = "/v1/clients", tag = "staff", responses(
    (status = 200, body = ClientsAnswer), (status = 401, body = ProblemBody)))]
pub async fn list(State(app): State<Arc<App>>, caller: StaffCaller) -> Result<Json<ClientsAnswer>, Refusal> {
    let clients = clients::list(&app.ground, caller).await?.into_iter().map(ClientAnswer::from).collect();
    Ok(Json(ClientsAnswer { clients }))
}

/// Reads one client.
#[utoipa::path(get, path = "/v1/clients/{client}", tag = "staff", params(("client" = String, Path)), responses(
    (status = 200, body = ClientAnswer), (status = 404, body = ProblemBody)))]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<ClientAnswer>, Refusal> {
    Ok(Json(clients::find(&app.ground, caller, client).await?.into()))
}
