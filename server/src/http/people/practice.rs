//! The practice.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use sync_core::id::PracticeId;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{
        jobs::restore,
        people::practice::{self, Contact},
    },
    http::{
        codes::Code,
        wire::{bytes::Base64, ids, json::Json},
    },
    nouns::{Refusal, authority::Authority, callers::StaffCaller},
};

/// The practice as its people see it.
#[derive(Serialize, ToSchema)]
pub struct PracticeAnswer {
    /// The practice.
    #[schema(value_type = ids::Practice)]
    practice: PracticeId,
    /// Its name.
    name: String,
    /// Whom to call.
    contact: ContactJson,
    /// The key that signs leases and denials.
    authority: AuthorityJson,
}

/// Whom a client calls.
#[derive(Serialize, ToSchema)]
pub struct ContactJson {
    /// How to reach the practice.
    practice: String,
    /// The local crisis number.
    crisis: String,
}

/// The key that signs leases and denials.
#[derive(Serialize, ToSchema)]
pub struct AuthorityJson {
    /// Names the key.
    kid: String,
    /// 65 bytes, uncompressed P-256, base64url.
    public_key: Base64,
    /// How many rotations have led to it: 0 for the practice's first key.
    rotations: u64,
}

impl From<Contact> for ContactJson {
    fn from(contact: Contact) -> Self {
        Self { practice: contact.practice, crisis: contact.crisis }
    }
}

impl From<Authority> for AuthorityJson {
    fn from(authority: Authority) -> Self {
        let Authority { rotations, kid, public_key } = authority;
        Self { kid, public_key: Base64(public_key), rotations }
    }
}

/// Reads the caller's practice.
#[utoipa::path(get, path = "/v1/practice", operation_id = "read_practice", tag = "staff",
    responses((status = 200, description = "The practice", body = PracticeAnswer)))]
pub async fn read(State(app): State<Arc<App>>, caller: StaffCaller) -> Result<Json<PracticeAnswer>, Refusal> {
    let view = practice::of_staff(&app.ground, caller).await?;
    Ok(Json(PracticeAnswer {
        practice: view.id,
        name: view.name,
        contact: view.contact.into(),
        authority: view.authority.into(),
    }))
}

/// Ends the hold that a restore placed on the practice: a therapist has looked at what is released.
#[utoipa::path(post, path = "/v1/practice/restore-confirmation",
    operation_id = "confirm_restore", tag = "staff",
    responses((status = 204, description = "The hold has ended")),
    extensions(("x-refusals" = json!([Code::Conflict]))))]
pub async fn confirm_restore(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
) -> Result<StatusCode, Refusal> {
    restore::confirm_restore(&app.ground, caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
