//! Set-up in the browser, under the code that the server has made.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    app::App,
    domain::{
        callers::set_up,
        people::{
            practice::{Contact, NewPractice},
            staff::NewStaff,
        },
    },
    http::{codes::Code, wire::json::Json},
    nouns::Refusal,
};

/// Whether set-up waits for somebody.
#[derive(Serialize, ToSchema)]
pub struct SetUpAnswer {
    /// Whether there is no practice yet, and a code that sets one up.
    waits: bool,
    /// Where the practice's days begin, as the server is configured.
    #[schema(example = "Europe/Berlin")]
    zone: String,
}

/// What a practice is set up with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUpRequest {
    /// The code that the server has made.
    code: String,
    /// The practice's name.
    #[schema(min_length = 1, max_length = 200, example = "Practice at the Lake")]
    practice: String,
    /// How clients reach it: a number or address.
    #[schema(min_length = 1, max_length = 200, example = "+41 44 000 00 00")]
    contact: String,
    /// The local crisis number.
    #[schema(min_length = 1, max_length = 200, example = "143")]
    crisis: String,
    /// The first therapist's name.
    #[schema(min_length = 1, max_length = 200, example = "Ada Berg")]
    name: String,
    /// The address with which they sign in.
    #[schema(example = "ada@practice.example")]
    email: String,
    /// Their password.
    #[schema(min_length = 15, max_length = 256, example = "correct horse battery")]
    password: String,
}

/// What the therapist's authenticator is given.
#[derive(Serialize, ToSchema)]
pub struct SetUpPrepared {
    /// An `otpauth://` address, shown once.
    otpauth: String,
}

/// The proof that the authenticator has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUpProof {
    /// The code that the server has made.
    code: String,
    /// Six digits that the authenticator shows.
    #[schema(example = "123456")]
    digits: String,
}

/// Tells whether set-up waits for somebody.
#[utoipa::path(get, path = "/v1/set-up", operation_id = "read_set_up", tag = "operator", security(()),
    responses((status = 200, description = "Whether set-up waits", body = SetUpAnswer)))]
pub async fn waits(State(app): State<Arc<App>>) -> Json<SetUpAnswer> {
    let zone = app.ground.settings.zone.iana_name().unwrap_or("UTC").to_owned();
    Json(SetUpAnswer { waits: app.set_up.waits(), zone })
}

/// Takes what the practice is set up with. Nothing is stored before the proof.
#[utoipa::path(post, path = "/v1/set-up", operation_id = "prepare_set_up", tag = "operator",
    request_body = SetUpRequest, security(()),
    responses((status = 200, description = "What the authenticator is given", body = SetUpPrepared)),
    extensions(("x-refusals" = json!([Code::CodeNotValid, Code::Conflict, Code::OutOfBounds]))))]
pub async fn prepare(
    State(app): State<Arc<App>>,
    Json(request): Json<SetUpRequest>,
) -> Result<Json<SetUpPrepared>, Refusal> {
    let SetUpRequest { code, practice, contact, crisis, name, email, password } = request;
    let (code, password) = (Zeroizing::new(code), Zeroizing::new(password));
    let new = NewPractice {
        name: practice,
        contact: Contact { practice: contact, crisis },
        therapist: NewStaff { email, name, password },
    };
    let otpauth = set_up::prepare(&app.ground, &app.passwords, &app.set_up, &code, new).await?;
    Ok(Json(SetUpPrepared { otpauth: otpauth.as_str().to_owned() }))
}

/// Sets the practice up. The code ends with it.
#[utoipa::path(post, path = "/v1/set-up/proof", operation_id = "finish_set_up", tag = "operator",
    request_body = SetUpProof, security(()),
    responses((status = 204, description = "The practice is set up")),
    extensions(("x-refusals" = json!([Code::CodeNotValid, Code::Conflict, Code::ProofNotRight,
        Code::OutOfBounds]))))]
pub async fn prove(
    State(app): State<Arc<App>>,
    Json(request): Json<SetUpProof>,
) -> Result<StatusCode, Refusal> {
    let SetUpProof { code, digits } = request;
    set_up::finish(&app.ground, &app.set_up, &Zeroizing::new(code), &digits).await?;
    Ok(StatusCode::NO_CONTENT)
}
