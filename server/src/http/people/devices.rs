//! Devices: of clients, as therapists see them, and of staff.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::{
    digits::Digits,
    id::{ClientId, DeviceId},
};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::people::devices::{self, DeviceView, NewDevice},
    http::{
        codes::Code,
        wire::{bytes::Base64, callers::ActiveCompanion, ids, json::Json, path::Ids, time::Time},
    },
    nouns::{Refusal, callers::StaffCaller, offsets},
};

/// A device of the caller's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeviceRequest {
    /// What its person calls it.
    #[schema(min_length = 1, max_length = 200, example = "Desk")]
    name: String,
    /// ECDH P-256, 65 bytes uncompressed, base64url.
    exchange_key: Base64,
    /// ECDSA P-256, 65 bytes uncompressed, base64url.
    signing_key: Base64,
}

/// A device that was added.
#[derive(Serialize, ToSchema)]
pub struct NewDeviceAnswer {
    /// The device.
    #[schema(value_type = ids::Device)]
    device: DeviceId,
    /// What it sends as `Authorization: Bearer …`.
    token: String,
}

/// A device as staff see it.
#[derive(Serialize, ToSchema)]
pub struct DeviceAnswer {
    /// The device.
    #[schema(value_type = ids::Device)]
    device: DeviceId,
    /// What its person calls it.
    name: String,
    /// When it was paired.
    paired_at: Time,
    /// When a therapist confirmed its name; no lease before.
    #[schema(required = true)]
    confirmed_at: Option<Time>,
    /// When it was removed.
    #[schema(required = true)]
    removed_at: Option<Time>,
    /// When it was last heard of.
    #[schema(required = true)]
    seen_at: Option<Time>,
    /// How many minutes it is ahead of UTC, as a client's phone said last.
    #[schema(required = true)]
    utc_offset_minutes: Option<i32>,
    /// When it was found to be copied, and so removed.
    #[schema(required = true)]
    copied_at: Option<Time>,
    /// When a therapist said that they know of the copy.
    #[schema(required = true)]
    copy_known_at: Option<Time>,
}

/// What a phone says of its own clock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalTime {
    /// How many minutes it is ahead of UTC.
    #[schema(minimum = -720, maximum = 840, example = 60)]
    utc_offset_minutes: i32,
    /// The next change of its clock, if it knows one: a lease that reaches over it rests and counts days by both.
    #[serde(default)]
    next: Option<NextLocalTime>,
}

/// What a phone says of the next change of its clock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NextLocalTime {
    /// When it changes.
    at: Time,
    /// How many minutes it is ahead of UTC from then on.
    #[schema(minimum = -720, maximum = 840, example = 120)]
    utc_offset_minutes: i32,
}

/// A therapist's yes to a phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationRequest {
    /// The four digits that the phone shows its person. The server tells them nobody.
    #[schema(min_length = 4, max_length = 4, pattern = "^[0-9]{4}$", example = "0471")]
    digits: String,
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
            copied_at: view.copied_at.map(Time),
            copy_known_at: view.copy_known_at.map(Time),
        }
    }
}

impl From<Vec<DeviceView>> for DevicesAnswer {
    fn from(views: Vec<DeviceView>) -> Self {
        Self { devices: views.into_iter().map(DeviceAnswer::from).collect() }
    }
}

/// Takes how far a phone is ahead of UTC, by which its clips rest and count days, and so that its person's
/// therapist knows at what hour a change is read.
#[utoipa::path(put, path = "/v1/device/local-time", operation_id = "tell_local_time", tag = "companion",
    request_body = LocalTime, responses((status = 204, description = "It is known")),
    extensions(("x-refusals" = json!([Code::OutOfBounds, Code::TooManyRequests]))))]
pub async fn tell_local_time(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
    Json(said): Json<LocalTime>,
) -> Result<StatusCode, Refusal> {
    let next = said.next.map(|next| (next.at.0, next.utc_offset_minutes));
    let local = offsets::LocalTime { minutes: said.utc_offset_minutes, next };
    devices::tell_local_time(&app.ground, caller, local).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists a client's devices with their names.
#[utoipa::path(get, path = "/v1/clients/{client}/devices", operation_id = "list_devices", tag = "staff",
    responses((status = 200, description = "The devices", body = DevicesAnswer)))]
pub async fn list_of_client(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<DevicesAnswer>, Refusal> {
    Ok(Json(devices::list_of_client(&app.ground, caller, client).await?.into()))
}

/// Confirms that a device is the client's: the therapist has seen its name, and types the digits that it shows.
#[utoipa::path(post, path = "/v1/clients/{client}/devices/{device}/confirmation",
    operation_id = "confirm_device", tag = "staff", request_body = ConfirmationRequest,
    responses((status = 204, description = "The device is confirmed")),
    extensions(("x-refusals" = json!([Code::DeviceRemoved, Code::DigitsNotRight, Code::TooManyRequests]))))]
pub async fn confirm(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids((client, device)): Ids<(ClientId, DeviceId)>,
    Json(said): Json<ConfirmationRequest>,
) -> Result<StatusCode, Refusal> {
    let digits = Digits::parse(&said.digits);
    devices::confirm(&app.ground, caller, client, device, digits).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says that the caller knows of a device's copy: their duty is done.
#[utoipa::path(post, path = "/v1/clients/{client}/devices/{device}/copy-notice",
    operation_id = "note_copy", tag = "staff",
    responses((status = 204, description = "It is known")))]
pub async fn note_copy(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids((client, device)): Ids<(ClientId, DeviceId)>,
) -> Result<StatusCode, Refusal> {
    devices::note_copy(&app.ground, caller, client, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a client's device. It hears of it at its next contact.
#[utoipa::path(delete, path = "/v1/clients/{client}/devices/{device}",
    operation_id = "remove_device", tag = "staff",
    responses((status = 204, description = "The device is removed")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids((client, device)): Ids<(ClientId, DeviceId)>,
) -> Result<StatusCode, Refusal> {
    devices::remove(&app.binders, caller, client, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds a device of the caller's own.
#[utoipa::path(post, path = "/v1/staff/devices", operation_id = "add_own_device", tag = "staff",
    request_body = NewDeviceRequest,
    responses((status = 201, description = "The device", body = NewDeviceAnswer)),
    extensions(("x-refusals" = json!([Code::DeviceKeyKnown, Code::DevicesTooMany, Code::OutOfBounds]))))]
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
#[utoipa::path(get, path = "/v1/staff/devices", operation_id = "list_own_devices", tag = "staff",
    responses((status = 200, description = "The devices", body = DevicesAnswer)))]
pub async fn list_own(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
) -> Result<Json<DevicesAnswer>, Refusal> {
    Ok(Json(devices::list_own(&app.ground, caller).await?.into()))
}

/// Removes a device of the caller's own; a practice admin removes any of the staff's.
#[utoipa::path(delete, path = "/v1/staff/devices/{device}",
    operation_id = "remove_own_device", tag = "staff",
    responses((status = 204, description = "The device is removed")))]
pub async fn remove_own(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(device): Ids<DeviceId>,
) -> Result<StatusCode, Refusal> {
    devices::remove_own(&app.binders, caller, device).await?;
    Ok(StatusCode::NO_CONTENT)
}
