//! Signing in and out.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
};
use serde::{Deserialize, Serialize};
use sync_core::{
    id::{PracticeId, StaffId},
    policy::Role,
};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    app::App,
    domain::callers::{
        known_browsers::{Browser, KNOWN_FOR},
        sign_in::{self, Attempt, Proof},
    },
    http::{
        codes::Code,
        wire::{addresses::Network, callers::SignedInStaff, ids, json::Json, rates::Rates, time::Time},
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

/// Opens a session of twelve hours. The cookie of the answer is no credential: it lets the server count this browser's failures
/// apart from those of strangers.
#[utoipa::path(post, path = "/v1/sign-in", operation_id = "sign_in", tag = "staff",
    request_body = SignInRequest, security(()),
    responses((status = 200, description = "The session is open", body = SignInAnswer)),
    extensions(("x-refusals" = json!([Code::SignInFailed, Code::AccountEnded]))))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(rates): Extension<Arc<Rates>>,
    network: Network,
    headers: HeaderMap,
    Json(request): Json<SignInRequest>,
) -> Result<([(HeaderName, String); 1], Json<SignInAnswer>), Refusal> {
    let cookie = cookie_name(&app);
    let browser = Browser::recognise(&app.ground, &request.email, marks(&headers, cookie));
    if !browser.is_known() {
        rates.take(network)?;
    }
    let proof = Proof::PasswordAndCode {
        password: Zeroizing::new(request.password),
        code: Zeroizing::new(request.code),
    };
    let attempt = Attempt { email: request.email, proof, network: network.0, browser };
    let opened = sign_in::sign_in(&app.ground, &app.passwords, &app.waits, attempt).await?;
    let answer = SignInAnswer {
        token: opened.token.as_str().to_owned(),
        expires_at: opened.expires_at.into(),
        staff: opened.caller.staff,
        practice: opened.caller.practice,
        role: opened.caller.role.into(),
        name: opened.name,
    };
    Ok(([(header::SET_COOKIE, set_cookie(cookie, &opened.marks))], Json(answer)))
}

/// The cookie of known browsers. Over TLS no other host and no plain page can set it (RFC 6265bis section 4.1.3.2).
fn cookie_name(app: &App) -> &'static str {
    if app.ground.settings.is_secure { "__Host-refrain-known" } else { "refrain-known" }
}

fn marks<'h>(headers: &'h HeaderMap, cookie: &str) -> Option<&'h str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == cookie).map(|(_, value)| value)
}

fn set_cookie(cookie: &str, marks: &str) -> String {
    let seconds = KNOWN_FOR.as_millis() / 1_000;
    let secure = if cookie.starts_with("__Host-") { "; Secure" } else { "" };
    format!("{cookie}={marks}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// Ends the session.
#[utoipa::path(post, path = "/v1/sign-out", operation_id = "sign_out", tag = "staff",
    responses((status = 204, description = "The session has ended")))]
pub async fn sign_out(State(app): State<Arc<App>>, staff: SignedInStaff) -> Result<StatusCode, Refusal> {
    sign_in::sign_out(&app.ground, staff.caller, staff.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
