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
        codes::Code,
        wire::{bytes::Base64, callers::ActiveCompanion, json::Json},
    },
    nouns::{Refusal, callers::CompanionCaller},
};

/// A push subscription, as a browser's `PushSubscription.toJSON()` gives it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushSubscriptionRequest {
    /// The push service's URL for this device: https, public.
    #[schema(example = "https://push.example/send/3c1f")]
    endpoint: String,
    /// Milliseconds since 1970, as browsers send it; the push service says itself when a subscription has ended.
    #[serde(default, rename = "expirationTime")]
    #[schema(value_type = Option<f64>)]
    _expiration_time: Option<serde_json::Number>,
    /// The device's keys.
    keys: PushKeys,
}

/// What a push is encrypted for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushKeys {
    /// P-256 public key, 65 bytes.
    p256dh: Base64,
    /// Shared secret, 16 bytes.
    auth: Base64,
}

/// By whom devices are woken.
#[derive(Serialize, ToSchema)]
pub struct PushKeyAnswer {
    /// `applicationServerKey` for `pushManager.subscribe()`: P-256 public key, 65 bytes.
    key: Base64,
}

/// Takes where this device can be woken; it replaces what was taken before.
#[utoipa::path(put, path = "/v1/device/push-subscription",
    operation_id = "subscribe_to_push", tag = "companion",
    request_body = PushSubscriptionRequest,
    responses((status = 204, description = "The device can be woken")),
    extensions(("x-refusals" = json!([Code::EndpointNotAllowed, Code::OutOfBounds,
        Code::TooManyRequests]))))]
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
#[utoipa::path(delete, path = "/v1/device/push-subscription",
    operation_id = "unsubscribe_from_push", tag = "companion",
    responses((status = 204, description = "It is forgotten")))]
pub async fn unsubscribe(
    State(app): State<Arc<App>>,
    caller: CompanionCaller,
) -> Result<StatusCode, Refusal> {
    push_subscriptions::unsubscribe(&app.ground, caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells by whom devices are woken.
#[utoipa::path(get, path = "/v1/push-key",
    operation_id = "read_push_key", tag = "companion", security(()),
    responses((status = 200, description = "The key", body = PushKeyAnswer)))]
pub async fn key(State(app): State<Arc<App>>) -> Json<PushKeyAnswer> {
    Json(PushKeyAnswer { key: Base64(push_subscriptions::public_key(&app.ground)) })
}
