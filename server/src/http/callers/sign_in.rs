//! Signing in and out.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::{
    id::{PracticeId, StaffId},
    policy::Role,
};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    app::App,
    domain::callers::sign_in::{self, Attempt, Proof},
    http::{
        codes::Code,
        wire::{callers::SignedInStaff, ids, json::Json, time::Time},
    },
    nouns::Refusal,
};

/// Who signs in, and what proves it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The e-mail address.
    #[schema(example = "ada@practice.example")]
    email: String,
    /// The password.
    #[schema(example = "correct horse battery")]
    password: String,
    /// Six digits of the authenticator app.
    #[schema(example = "123456")]
    code: String,
}

/// An open session.
#[derive(Serialize, ToSchema)]
pub struct SignInAnswer {
    /// What to send as `Authorization: Bearer …`.
    token: String,
    /// When the session ends by itself.
    expires_at: Time,
    /// Who it is.
    #[schema(value_type = ids::Staff)]
    staff: StaffId,
    /// Their practice.
    #[schema(value_type = ids::Practice)]
    practice: PracticeId,
    /// What they may do.
    role: RoleWord,
    /// Their name.
    name: String,
}

/// What a member of staff may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub enum RoleWord {
    /// They treat clients.
    Therapist,
    /// They advise therapists.
    Supervisor,
    /// They run the practice.
    PracticeAdmin,
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::Therapist => Self::Therapist,
            Role::Supervisor => Self::Supervisor,
            Role::PracticeAdmin => Self::PracticeAdmin,
        }
    }
}

/// Opens a session of twelve hours.
#[utoipa::path(post, path = "/v1/sign-in", operation_id = "sign_in", tag = "staff",
    request_body = SignInRequest, security(()),
    responses((status = 200, description = "The session is open", body = SignInAnswer)),
    extensions(("x-refusals" = json!([Code::SignInFailed, Code::AccountEnded]))))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Json(request): Json<SignInRequest>,
) -> Result<Json<SignInAnswer>, Refusal> {
    let proof = Proof::PasswordAndCode {
        password: Zeroizing::new(request.password),
        code: Zeroizing::new(request.code),
    };
    let opened =
        sign_in::sign_in(&app.ground, &app.passwords, Attempt { email: request.email, proof }).await?;
    Ok(Json(SignInAnswer {
        token: opened.token.as_str().to_owned(),
        expires_at: opened.expires_at.into(),
        staff: opened.caller.staff,
        practice: opened.caller.practice,
        role: opened.caller.role.into(),
        name: opened.name,
    }))
}

/// Ends the session.
#[utoipa::path(post, path = "/v1/sign-out", operation_id = "sign_out", tag = "staff",
    responses((status = 204, description = "The session has ended")))]
pub async fn sign_out(State(app): State<Arc<App>>, staff: SignedInStaff) -> Result<StatusCode, Refusal> {
    sign_in::sign_out(&app.ground, staff.caller, staff.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
