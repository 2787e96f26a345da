//! The circle of a client's phone.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use sync_core::id::DeviceId;
use utoipa::ToSchema;

use super::practice::ContactJson;
use crate::{
    app::App,
    domain::people::circle,
    http::{
        codes::Code,
        wire::{callers::ActiveCompanion, ids, json::Json, path::Ids, time::Time},
    },
    nouns::Refusal,
};

/// Who belongs to a client's phone.
#[derive(Serialize, ToSchema)]
pub struct CircleAnswer {
    /// The names of those who treat the client, the first first.
    therapists: Vec<String>,
    /// Whom to call.
    contact: ContactJson,
    /// The client's phones.
    devices: Vec<OwnDevice>,
    /// Whether their listening is shared, as the server heard it last; none while that is not known.
    #[schema(required = true)]
    shares_listening: Option<bool>,
}

/// One of the client's phones.
#[derive(Serialize, ToSchema)]
pub struct OwnDevice {
    /// The device.
    #[schema(value_type = ids::Device)]
    device: DeviceId,
    /// What its person calls it.
    name: String,
    /// Whether it is the one that asks.
    this: bool,
    /// Whether a therapist has seen its name; no clip before.
    confirmed: bool,
    /// When it was last heard of.
    #[schema(required = true)]
    seen_at: Option<Time>,
}

/// Tells a phone who belongs to it: its person's therapists, whom to call, and their other phones.
#[utoipa::path(get, path = "/v1/device/circle", operation_id = "read_circle", tag = "companion",
    responses((status = 200, description = "The circle", body = CircleAnswer)))]
pub async fn read(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
) -> Result<Json<CircleAnswer>, Refusal> {
    let found = circle::read(&app.ground, caller).await?;
    let devices = found.devices.into_iter().map(|view| OwnDevice {
        device: view.id,
        name: view.name,
        this: view.id == caller.device,
        confirmed: view.confirmed_at.is_some(),
        seen_at: view.seen_at.map(Time),
    });
    let devices = devices.collect();
    Ok(Json(CircleAnswer {
        therapists: found.therapists,
        contact: found.contact.into(),
        devices,
        shares_listening: found.shares_listening,
    }))
}

/// Removes another phone of the same person: one that was lost.
#[utoipa::path(delete, path = "/v1/device/circle/devices/{device}",
    operation_id = "remove_device_of_circle", tag = "companion",
    responses((status = 204, description = "The phone is removed")),
    extensions(("x-refusals" = json!([Code::DeviceUnconfirmed]))))]
pub async fn remove_device(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
    Ids(device): Ids<DeviceId>,
) -> Result<StatusCode, Refusal> {
    circle::remove_device(&app.binders, caller, device).await?;
    Ok(StatusCode::NO_CONTENT)
}
