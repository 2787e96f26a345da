//! Devices: of clients, as therapists see them, and of staff.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::id::{ClientId, DeviceId};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::people::devices::{self, DeviceView, NewDevice},
    http::{
        error::ProblemBody,
        wire::{bytes::Base64, callers::ActiveCompanion, json::Json, path::Ids, time::Time},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A device of the caller's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeviceRequest {
    /// What its person calls it.
    name: String,
    /// ECDH P-256, 65 bytes uncompressed, base64url.
    #[schema(value_type = String)]
    exchange_key: Base64,
    /// ECDSA P-256, 65 bytes uncompressed, base64url.
    #[schema(value_type = String)]
    signing_key: Base64,
}

/// A device that was added.
#[derive(Serialize, ToSchema)]
pub struct NewDeviceAnswer {
    /// The device.
    #[schema(value_type = String)]
    device: DeviceId,
    /// What it sends as `Authorization: Bearer …`.
    token: String,
}

/// A device as staff see it.
#[derive(Serialize, ToSchema)]
pub struct DeviceAnswer {
    /// The device.
    #[schema(value_type = String)]
    device: DeviceId,
    /// What its person calls it.
    name: String,
    /// When it was paired.
    #[schema(value_type = String, format = DateTime)]
    paired_at: Time,
    /// When a therapist confirmed its name; no lease before.
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed_at: Option<Time>,
    /// When it was removed.
    #[schema(value_type = Option<String>, format = DateTime)]
    removed_at: Option<Time>,
    /// When it was last heard of.
    #[schema(value_type = Option<String>, format = DateTime)]
    seen_at: Option<Time>,
    /// How many minutes it is ahead of UTC, as a client's phone said last.
    utc_offset_minutes: Option<i32>,
}

/// What a phone says of its own clock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalTime {
    /// How many minutes it is ahead of UTC.
    utc_offset_minutes: i32,
}

/// Devices of one person.
#[derive(Serialize, ToSchema)]
pub struct DevicesAnswer {
    /// Oldest first; removed ones too.
    devices: Vec<DeviceAnswer>,
}

impl From<DeviceView> for DeviceAnswer {
    fn from(view: DeviceView) -> Self {
        Self {
            device: view.id,
            name: view.name,
            paired_at: view.paired_at.into(),
            confirmed_at: view.confirmed_at.map(Time),
            removed_at: view.removed_at.map(Time),
            seen_at: view.seen_at.map(Time),
            utc_offset_minutes: view.utc_offset,
        }
    }
}

impl From<Vec<DeviceView>> for DevicesAnswer {
    fn from(views: Vec<DeviceView>) -> Self {
        Self { devices: views.into_iter().map(DeviceAnswer::from).collect() }
    }
}

/// Takes how far a phone is ahead of UTC, so that its person's therapist knows at what hour a change is read.
#[utoipa::path(put, path = "/v1/device/local-time", tag = "companion", request_body = LocalTime, responses(
    (status = 204), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn tell_local_time(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
    Json(said): Json<LocalTime>,
) -> Result<StatusCode, Refusal> {
    devices::tell_utc_offset(&app.ground, caller, said.utc_offset_minutes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists a client's devices with their names.
#[utoipa::path(get, path = "/v1/clients/{client}/devices", tag = "staff", params(("client" = String, Path)),
    responses((status = 200, body = DevicesAnswer), (status = 404, body = ProblemBody)))]
pub async fn list_of_client(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<DevicesAnswer>, Refusal> {
    Ok(Json(devices::list_of_client(&app.ground, caller, client).await?.into()))
}

/// Confirms that a device is the client's: the therapist has seen its name.
#[utoipa::path(post, path = "/v1/clients/{client}/devices/{device}/confirmation", tag = "staff",
    params(("client" = String, Path), ("device" = String, Path)), responses(
    (status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn confirm(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids((client, device)): Ids<(ClientId, DeviceId)>,
) -> Result<StatusCode, Refusal> {
    devices::confirm(&app.ground, caller, client, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a client's device. It hears of it at its next contact.
#[utoipa::path(delete, path = "/v1/clients/{client}/devices/{device}", tag = "staff",
    params(("client" = String, Path), ("device" = String, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids((client, device)): Ids<(ClientId, DeviceId)>,
) -> Result<StatusCode, Refusal> {
    devices::remove(&app.binders, caller, client, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds a device of the caller's own.
#[utoipa::path(post, path = "/v1/staff/devices", tag = "staff", request_body = NewDeviceRequest, responses(
    (status = 201, body = NewDeviceAnswer), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn add_own(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Json(request): Json<NewDeviceRequest>,
) -> Result<(StatusCode, Json<NewDeviceAnswer>), Refusal> {
    let device = NewDevice {
        name: request.name,
        exchange_key: request.exchange_key.0,
        signing_key: request.signing_key.0,
    };
    let added = devices::add_own(&app.ground, caller, device).await?;
    let token = added.token.as_str().to_owned();
    Ok((StatusCode::CREATED, Json(NewDeviceAnswer { device: added.device, token })))
}

/// Lists the caller's own devices.
#[utoipa::path(get, path = "/v1/staff/devices", tag = "staff", responses(
    (status = 200, body = DevicesAnswer), (status = 401, body = ProblemBody)))]
pub async fn list_own(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
) -> Result<Json<DevicesAnswer>, Refusal> {
    Ok(Json(devices::list_own(&app.ground, caller).await?.into()))
}

/// Removes a device of the caller's own; a practice admin removes any of the staff's.
#[utoipa::path(delete, path = "/v1/staff/devices/{device}", tag = "staff", params(("device" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn remove_own(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(device): Ids<DeviceId>,
) -> Result<StatusCode, Refusal> {
    devices::remove_own(&app.binders, caller, device).await?;
    Ok(StatusCode::NO_CONTENT)
}
