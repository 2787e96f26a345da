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
        codes::Code,
        wire::{ids, json::Json, path::Ids, time::Time},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A new client.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClientRequest {
    /// The client's name.
    #[schema(min_length = 1, max_length = 200, example = "Mia Example")]
    name: String,
}

/// A client as the care team sees them.
#[derive(Serialize, ToSchema)]
pub struct ClientAnswer {
    /// The client.
    #[schema(value_type = ids::Client)]
    client: ClientId,
    /// Their name.
    name: String,
    /// Since when they are here.
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
#[utoipa::path(post, path = "/v1/clients", operation_id = "add_client", tag = "staff",
    request_body = NewClientRequest,
    responses((status = 201, description = "The client", body = ClientAnswer)),
    extensions(("x-refusals" = json!([Code::OutOfBounds]))))]
pub async fn add(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Json(request): Json<NewClientRequest>,
) -> Result<(StatusCode, Json<ClientAnswer>), Refusal> {
    let added = clients::add(&app.ground, caller, &request.name).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// Lists the clients whom the caller treats.
#[utoipa::path(get, path = "/v1/clients", operation_id = "list_clients", tag = "staff",
    responses((status = 200, description = "The clients", body = ClientsAnswer)))]
pub async fn list(State(app): State<Arc<App>>, caller: StaffCaller) -> Result<Json<ClientsAnswer>, Refusal> {
    let clients = clients::list(&app.ground, caller).await?.into_iter().map(ClientAnswer::from).collect();
    Ok(Json(ClientsAnswer { clients }))
}

/// Reads one client.
#[utoipa::path(get, path = "/v1/clients/{client}", operation_id = "read_client", tag = "staff",
    responses((status = 200, description = "The client", body = ClientAnswer)))]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<ClientAnswer>, Refusal> {
    Ok(Json(clients::find(&app.ground, caller, client).await?.into()))
}
