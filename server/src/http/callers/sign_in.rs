//! Signing in and out.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::id::{PracticeId, StaffId};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    app::App,
    domain::callers::sign_in::{self, Attempt, Proof},
    http::{
        error::ProblemBody,
        wire::{callers::SignedInStaff, json::Json, time::Time},
    },
    nouns::Refusal,
};

/// Who signs in, and what proves it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The e-mail address.
    email: String,
    /// The password.
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
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// Who it is.
    #[schema(value_type = String)]
    staff: StaffId,
    /// Their practice.
    #[schema(value_type = String)]
    practice: PracticeId,
    /// What they may do: `therapist`, `supervisor` or `practice_admin`.
    role: &'static str,
    /// Their name.
    name: String,
}

/// Opens a session of twelve hours.
#[utoipa::path(post, path = "/v1/sign-in", tag = "staff", request_body = SignInRequest, security(()), responses(
    (status = 200, body = SignInAnswer), (status = 401, body = ProblemBody), (status = 429, body = ProblemBody)))]
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
        role: opened.caller.role.as_str(),
        name: opened.name,
    }))
}

/// Ends the session.
#[utoipa::path(post, path = "/v1/sign-out", tag = "staff", responses((status = 204), (status = 401, body = ProblemBody)))]
pub async fn sign_out(State(app): State<Arc<App>>, staff: SignedInStaff) -> Result<StatusCode, Refusal> {
    sign_in::sign_out(&app.ground, staff.caller, staff.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
