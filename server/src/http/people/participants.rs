//! People heard or seen on recordings.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::id::{ClientId, ParticipantId, StaffId};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::people::participants::{self, NewParticipant},
    http::{
        codes::Code,
        wire::{ids, json::Json},
    },
    nouns::{Refusal, callers::StaffCaller, participant_kind::ParticipantKind},
};

/// A new participant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewParticipantRequest {
    /// Who they are to the therapy.
    kind: ParticipantKindJson,
    /// Their name.
    #[schema(min_length = 1, max_length = 200, example = "Mia Example")]
    name: String,
    /// With the kind `client`: which.
    #[schema(value_type = Option<ids::Client>)]
    client: Option<ClientId>,
    /// With the kind `therapist`: which.
    #[schema(value_type = Option<ids::Staff>)]
    staff: Option<StaffId>,
}

/// Who a participant is to the therapy.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ParticipantKind)]
pub enum ParticipantKindJson {
    /// A client.
    Client,
    /// A client's partner.
    Partner,
    /// Somebody of a client's family.
    FamilyMember,
    /// Another member of a group.
    GroupMember,
    /// A member of staff.
    Therapist,
}

/// A participant that was added.
#[derive(Serialize, ToSchema)]
pub struct NewParticipantAnswer {
    /// The participant.
    #[schema(value_type = ids::Participant)]
    participant: ParticipantId,
}

impl From<ParticipantKindJson> for ParticipantKind {
    fn from(kind: ParticipantKindJson) -> Self {
        match kind {
            ParticipantKindJson::Client => Self::Client,
            ParticipantKindJson::Partner => Self::Partner,
            ParticipantKindJson::FamilyMember => Self::FamilyMember,
            ParticipantKindJson::GroupMember => Self::GroupMember,
            ParticipantKindJson::Therapist => Self::Therapist,
        }
    }
}

impl From<ParticipantKind> for ParticipantKindJson {
    fn from(kind: ParticipantKind) -> Self {
        match kind {
            ParticipantKind::Client => Self::Client,
            ParticipantKind::Partner => Self::Partner,
            ParticipantKind::FamilyMember => Self::FamilyMember,
            ParticipantKind::GroupMember => Self::GroupMember,
            ParticipantKind::Therapist => Self::Therapist,
        }
    }
}

/// Adds a participant.
#[utoipa::path(post, path = "/v1/participants", operation_id = "add_participant", tag = "staff",
    request_body = NewParticipantRequest,
    responses((status = 201, description = "The participant", body = NewParticipantAnswer)),
    extensions(("x-refusals" = json!([Code::NotFound, Code::OutOfBounds]))))]
pub async fn add(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Json(request): Json<NewParticipantRequest>,
) -> Result<(StatusCode, Json<NewParticipantAnswer>), Refusal> {
    let new = NewParticipant {
        kind: request.kind.into(),
        name: request.name,
        client: request.client,
        staff: request.staff,
    };
    let participant = participants::add(&app.ground, caller, new).await?;
    Ok((StatusCode::CREATED, Json(NewParticipantAnswer { participant })))
}
