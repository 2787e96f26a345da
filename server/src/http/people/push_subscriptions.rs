//! Where a companion can be woken, and by whom.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    app::App,
    domain::people::push_subscriptions::{self, NewSubscription},
    http::{
        error::ProblemBody,
        wire::{bytes::Base64, callers::ActiveCompanion, json::Json},
    },
    nouns::{Refusal, callers::CompanionCaller},
};

/// A push subscription, as a browser's `PushSubscription.toJSON()` gives it.
#[derive(Deserialize, ToSchema)]
pub struct PushSubscriptionRequest {
    /// The push service's URL for this device: https, public.
    #[schema(value_type = String)]
    endpoint: String,
    /// The device's keys.
    keys: PushKeys,
}

/// What a push is encrypted for.
#[derive(Deserialize, ToSchema)]
pub struct PushKeys {
    /// P-256 public key, 65 bytes.
    #[schema(value_type = String)]
    p256dh: Base64,
    /// Shared secret, 16 bytes.
    #[schema(value_type = String)]
    auth: Base64,
}

/// By whom devices are woken.
#[derive(Serialize, ToSchema)]
pub struct PushKeyAnswer {
    /// `applicationServerKey` for `pushManager.subscribe()`: P-256 public key, 65 bytes.
    #[schema(value_type = String)]
    key: Base64,
}

/// Takes where this device can be woken; it replaces what was taken before.
#[utoipa::path(put, path = "/v1/device/push-subscription", tag = "companion",
    request_body = PushSubscriptionRequest, responses(
    (status = 204), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn subscribe(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
    Json(request): Json<PushSubscriptionRequest>,
) -> Result<StatusCode, Refusal> {
    let new = NewSubscription {
        endpoint: Zeroizing::new(request.endpoint),
        p256dh: request.keys.p256dh.0,
        auth: Zeroizing::new(request.keys.auth.0),
    };
    push_subscriptions::subscribe(&app.ground, caller, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets where this device can be woken.
#[utoipa::path(delete, path = "/v1/device/push-subscription", tag = "companion", responses((status = 204)))]
pub async fn unsubscribe(
    State(app): State<Arc<App>>,
    caller: CompanionCaller,
) -> Result<StatusCode, Refusal> {
    push_subscriptions::unsubscribe(&app.ground, caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells by whom devices are woken.
#[utoipa::path(get, path = "/v1/push-key", tag = "companion", security(()),
    responses((status = 200, body = PushKeyAnswer)))]
pub async fn key(State(app): State<Arc<App>>) -> Json<PushKeyAnswer> {
    Json(PushKeyAnswer { key: Base64(push_subscriptions::public_key(&app.ground)) })
}
