//! Tickets for sockets, which browsers open without headers.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::callers::tickets,
    http::{
        codes::Code,
        wire::{json::Json, time::Time},
    },
    nouns::{Refusal, callers::DeviceCaller},
};

/// A ticket for one socket.
#[derive(Serialize, ToSchema)]
pub struct TicketAnswer {
    /// What stands in the path: `GET /v1/sync/{ticket}`.
    ticket: String,
    /// When it stops.
    expires_at: Time,
}

/// Gives a device a ticket that opens one socket within a minute.
#[utoipa::path(post, path = "/v1/sync-tickets", operation_id = "issue_sync_ticket", tag = "devices",
    responses((status = 201, description = "The ticket", body = TicketAnswer)),
    extensions(("x-refusals" = json!([Code::DeviceRemoved, Code::DeviceUnconfirmed,
        Code::TooManyRequests]))))]
pub async fn issue(
    State(app): State<Arc<App>>,
    caller: DeviceCaller,
) -> Result<(StatusCode, Json<TicketAnswer>), Refusal> {
    let ticket = tickets::issue(&app.ground, caller).await?;
    let answer =
        TicketAnswer { ticket: ticket.token.as_str().to_owned(), expires_at: ticket.expires_at.into() };
    Ok((StatusCode::CREATED, Json(answer)))
}
