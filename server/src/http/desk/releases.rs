//! Releases: made, changed, paused, taken back, and the truth about them.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use sync_core::id::{ClientId, ClipId, DeviceId, EntryId, ReleaseId};
use utoipa::ToSchema;

use super::{
    release_requests::{
        AmendRequest, ConfirmRequest, HoldRequest, LiftRequest, ReleaseRequest, RevokeRequest,
    },
    release_words::{KnownWord, ReasonWord, StandingWord},
    terms::TermsBody,
};
use crate::{
    app::App,
    domain::desk::{
        On,
        device_state::{self, DeviceTruth, Known, ReleaseTruth},
        releases,
    },
    http::{
        codes::Code,
        wire::{ids, json::Json, path::Ids, time::Time},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A release that was made.
#[derive(Serialize, ToSchema)]
pub struct ReleaseAnswer {
    /// The release.
    #[schema(value_type = ids::Release)]
    release: ReleaseId,
}

/// A hold that was placed.
#[derive(Serialize, ToSchema)]
pub struct HoldAnswer {
    /// The hold: what a lift names.
    #[schema(value_type = ids::Entry)]
    hold: EntryId,
}

/// Everything that was released to a client.
#[derive(Serialize, ToSchema)]
pub struct ReleasesAnswer {
    /// Oldest first; ended ones too.
    releases: Vec<TruthAnswer>,
}

/// One release.
#[derive(Serialize, ToSchema)]
pub struct TruthAnswer {
    /// The release.
    #[schema(value_type = ids::Release)]
    release: ReleaseId,
    /// Its clip.
    #[schema(value_type = ids::Clip)]
    clip: ClipId,
    /// Where it stands.
    standing: StandingWord,
    /// What else keeps it from playing.
    #[schema(required = true)]
    waits_for: Option<ReasonWord>,
    /// The strictest terms.
    #[schema(required = true)]
    terms: Option<TermsBody>,
    /// Its own entry and amendments: what an amendment names in `over`.
    #[schema(value_type = Vec<ids::Entry>)]
    entries: Vec<EntryId>,
    /// What a confirmation names in `seen`.
    #[schema(value_type = Vec<ids::Entry>)]
    unseen: Vec<EntryId>,
    /// What a lift may name.
    #[schema(value_type = Vec<ids::Entry>)]
    holds: Vec<EntryId>,
    /// If it ended now, it could not play anywhere after this.
    #[schema(required = true)]
    dark_by: Option<Time>,
    /// What each device is known to have.
    devices: Vec<DeviceTruthAnswer>,
}

/// One release on one device.
#[derive(Serialize, ToSchema)]
pub struct DeviceTruthAnswer {
    /// The device.
    #[schema(value_type = ids::Device)]
    device: DeviceId,
    /// What its person calls it.
    name: String,
    /// What it is known to have.
    known: KnownWord,
    /// When the device said so, by its trusted time: `ready`, `wiped`.
    #[schema(required = true)]
    at: Option<Time>,
    /// It cannot play from here on without contact: `leased`, `ready`, `pending`; since then for `lost`.
    #[schema(required = true)]
    dark_by: Option<Time>,
}

impl From<ReleaseTruth> for TruthAnswer {
    fn from(truth: ReleaseTruth) -> Self {
        Self {
            release: truth.id,
            clip: truth.clip,
            standing: truth.standing.into(),
            waits_for: truth.waits_for.map(ReasonWord::from),
            terms: truth.terms.as_ref().map(TermsBody::from),
            entries: truth.entries,
            unseen: truth.unseen,
            holds: truth.holds,
            dark_by: truth.dark_by.map(Time),
            devices: truth.devices.into_iter().map(DeviceTruthAnswer::from).collect(),
        }
    }
}

impl From<DeviceTruth> for DeviceTruthAnswer {
    fn from(truth: DeviceTruth) -> Self {
        let (known, at, dark_by) = match truth.known {
            Known::NotConfirmed => (KnownWord::NotConfirmed, None, None),
            Known::Nothing => (KnownWord::Nothing, None, None),
            Known::Leased { until } => (KnownWord::Leased, None, Some(until)),
            Known::Ready { at, until } => (KnownWord::Ready, Some(at), Some(until)),
            Known::Pending { dark_by } => (KnownWord::Pending, None, Some(dark_by)),
            Known::Wiped { at } => (KnownWord::Wiped, Some(at), None),
            Known::Lost { dark_since } => (KnownWord::Lost, None, Some(dark_since)),
        };
        Self { device: truth.device, name: truth.name, known, at: at.map(Time), dark_by: dark_by.map(Time) }
    }
}

/// Releases a clip to a client.
#[utoipa::path(post, path = "/v1/clients/{client}/releases", operation_id = "release_clip", tag = "staff",
    request_body = ReleaseRequest,
    responses((status = 201, description = "The release", body = ReleaseAnswer)),
    extensions(("x-refusals" = json!([Code::Unseen, Code::Conflict, Code::ClipDestroyed,
        Code::OutOfBounds, Code::NoteNotKept]))))]
pub async fn release(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
    Json(request): Json<ReleaseRequest>,
) -> Result<(StatusCode, Json<ReleaseAnswer>), Refusal> {
    let release = releases::release(&app.binders, caller, client, request.try_into()?).await?;
    Ok((StatusCode::CREATED, Json(ReleaseAnswer { release })))
}

/// Tells the truth about everything that was released to a client and is not long over, per device.
#[utoipa::path(get, path = "/v1/clients/{client}/releases", operation_id = "list_releases", tag = "staff",
    responses((status = 200, description = "The releases", body = ReleasesAnswer)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<ReleasesAnswer>, Refusal> {
    let truths = device_state::of_client(&app.ground, caller, client).await?;
    Ok(Json(ReleasesAnswer { releases: truths.into_iter().map(TruthAnswer::from).collect() }))
}

/// Changes terms of a release.
#[utoipa::path(patch, path = "/v1/releases/{release}", operation_id = "amend_release", tag = "staff",
    request_body = AmendRequest, responses((status = 204, description = "The change is in force")),
    extensions(("x-refusals" = json!([Code::Unseen, Code::ReleaseEnded, Code::Conflict, Code::OutOfBounds,
        Code::NoteNotKept]))))]
pub async fn amend(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(release): Ids<ReleaseId>,
    Json(request): Json<AmendRequest>,
) -> Result<StatusCode, Refusal> {
    releases::amend(&app.binders, caller, release, request.into_amendment()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pauses one release.
#[utoipa::path(post, path = "/v1/releases/{release}/holds", operation_id = "hold_release", tag = "staff",
    request_body = HoldRequest, responses((status = 201, description = "The hold", body = HoldAnswer)),
    extensions(("x-refusals" = json!([Code::ReleaseEnded, Code::Conflict, Code::OutOfBounds]))))]
pub async fn hold(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(release): Ids<ReleaseId>,
    Json(request): Json<HoldRequest>,
) -> Result<(StatusCode, Json<HoldAnswer>), Refusal> {
    let hold = releases::hold(&app.binders, caller, On::Release(release), request.until()).await?;
    Ok((StatusCode::CREATED, Json(HoldAnswer { hold })))
}

/// Pauses everything of a client.
#[utoipa::path(post, path = "/v1/clients/{client}/holds", operation_id = "hold_shelf", tag = "staff",
    request_body = HoldRequest, responses((status = 201, description = "The hold", body = HoldAnswer)),
    extensions(("x-refusals" = json!([Code::Conflict, Code::OutOfBounds]))))]
pub async fn hold_shelf(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
    Json(request): Json<HoldRequest>,
) -> Result<(StatusCode, Json<HoldAnswer>), Refusal> {
    let hold = releases::hold(&app.binders, caller, On::Shelf(client), request.until()).await?;
    Ok((StatusCode::CREATED, Json(HoldAnswer { hold })))
}

/// Ends holds.
#[utoipa::path(post, path = "/v1/clients/{client}/lifts", operation_id = "lift_holds", tag = "staff",
    request_body = LiftRequest, responses((status = 204, description = "The holds are lifted")),
    extensions(("x-refusals" = json!([Code::Conflict, Code::OutOfBounds]))))]
pub async fn lift(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
    Json(request): Json<LiftRequest>,
) -> Result<StatusCode, Refusal> {
    releases::lift(&app.binders, caller, client, request.holds).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back one release or everything of a client; a clip or a recording on every shelf that has it. Asked again, it
/// changes nothing.
#[utoipa::path(post, path = "/v1/clients/{client}/revocations", operation_id = "revoke", tag = "staff",
    request_body = RevokeRequest, responses((status = 204, description = "It is taken back")),
    extensions(("x-refusals" = json!([Code::Conflict, Code::OutOfBounds, Code::NoteNotKept]))))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
    Json(request): Json<RevokeRequest>,
) -> Result<StatusCode, Refusal> {
    releases::revoke(&app.binders, caller, client, request.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirms a release that was made without knowledge of a revocation or a hold.
#[utoipa::path(post, path = "/v1/releases/{release}/confirmations",
    operation_id = "confirm_release", tag = "staff",
    request_body = ConfirmRequest, responses((status = 204, description = "The release is confirmed")),
    extensions(("x-refusals" = json!([Code::Unseen, Code::ReleaseEnded, Code::Conflict,
        Code::OutOfBounds]))))]
pub async fn confirm(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(release): Ids<ReleaseId>,
    Json(request): Json<ConfirmRequest>,
) -> Result<StatusCode, Refusal> {
    releases::confirm(&app.binders, caller, release, request.seen).await?;
    Ok(StatusCode::NO_CONTENT)
}
