//! Inviting a client's phone, and pairing it.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::id::{ClientId, DeviceId, PracticeId};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{
        callers::pairing::{self, Invited},
        people::devices::NewDevice,
    },
    http::{
        codes::Code,
        people::practice::{AuthorityJson, ContactJson},
        wire::{
            addresses::Network, bytes::Base64, callers::ActiveCompanion, ids, json::Json, path::Ids,
            time::Time,
        },
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A pairing code, to be read aloud.
#[derive(Serialize, ToSchema)]
pub struct InvitationAnswer {
    /// The code; it is not stored and cannot be shown again.
    #[schema(example = "4F7K-9QXM-2C8R")]
    code: String,
    /// When it runs out.
    expires_at: Time,
}

/// A phone that wants to be paired.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairRequest {
    /// The code as it was typed.
    #[schema(example = "4F7K-9QXM-2C8R")]
    code: String,
    /// What its person calls it.
    #[schema(min_length = 1, max_length = 200, example = "Mia's phone")]
    name: String,
    /// ECDH P-256, 65 bytes uncompressed, base64url.
    exchange_key: Base64,
    /// ECDSA P-256, 65 bytes uncompressed, base64url.
    signing_key: Base64,
}

/// What a paired phone keeps.
#[derive(Serialize, ToSchema)]
pub struct PairAnswer {
    /// The device.
    #[schema(value_type = ids::Device)]
    device: DeviceId,
    /// What to send as `Authorization: Bearer …`.
    token: String,
    /// The practice.
    #[schema(value_type = ids::Practice)]
    practice: PracticeId,
    /// Whose device it is.
    #[schema(value_type = ids::Client)]
    client: ClientId,
    /// The key to pin: it signs leases and denials.
    authority: AuthorityJson,
    /// Whom to call.
    contact: ContactJson,
}

impl From<Invited> for InvitationAnswer {
    fn from(invited: Invited) -> Self {
        Self { code: invited.code.as_str().to_owned(), expires_at: invited.expires_at.into() }
    }
}

/// Makes a pairing code for a client's next device.
#[utoipa::path(post, path = "/v1/clients/{client}/invitations",
    operation_id = "invite_device", tag = "staff",
    responses((status = 201, description = "The code", body = InvitationAnswer)),
    extensions(("x-refusals" = json!([Code::DevicesTooMany]))))]
pub async fn invite(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<(StatusCode, Json<InvitationAnswer>), Refusal> {
    let invited = pairing::invite(&app.ground, caller, client).await?;
    Ok((StatusCode::CREATED, Json(invited.into())))
}

/// Makes a pairing code for the next phone of the person whose phone asks. The one that it made before is void.
#[utoipa::path(post, path = "/v1/device/pairing-codes",
    operation_id = "invite_next_device", tag = "companion",
    responses((status = 201, description = "The code", body = InvitationAnswer)),
    extensions(("x-refusals" = json!([Code::DeviceUnconfirmed, Code::DevicesTooMany,
        Code::TooManyRequests]))))]
pub async fn invite_next(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
) -> Result<(StatusCode, Json<InvitationAnswer>), Refusal> {
    let invited = pairing::invite_next(&app.ground, caller).await?;
    Ok((StatusCode::CREATED, Json(invited.into())))
}

/// Pairs a device with a code.
#[utoipa::path(post, path = "/v1/pair", operation_id = "pair_device", tag = "companion",
    request_body = PairRequest, security(()),
    responses((status = 201, description = "The phone is paired", body = PairAnswer)),
    extensions(("x-refusals" = json!([Code::CodeNotValid, Code::CodeExpired, Code::CodeUsed,
        Code::DeviceKeyKnown, Code::DevicesTooMany, Code::OutOfBounds]))))]
pub async fn pair(
    State(app): State<Arc<App>>,
    network: Network,
    Json(request): Json<PairRequest>,
) -> Result<(StatusCode, Json<PairAnswer>), Refusal> {
    let device = NewDevice {
        name: request.name,
        exchange_key: request.exchange_key.0,
        signing_key: request.signing_key.0,
    };
    let paired = pairing::pair(&app.ground, network.0, &request.code, device).await?;
    let answer = PairAnswer {
        device: paired.device,
        token: paired.token.as_str().to_owned(),
        practice: paired.practice,
        client: paired.client,
        authority: paired.authority.into(),
        contact: paired.contact.into(),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}
