//! Whom to tell of a defect of this server (RFC 9116).

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use sync_core::instant::Span;

use super::wire::time::Time;
use crate::app::App;

/// After this time a reader asks again: an address that is out of date misleads (RFC 9116 section 2.5.5).
const EXPIRES_AFTER: Span = Span::from_days(90);

/// Tells whom to write to about a security defect of this server: the address that push services get, too.
#[utoipa::path(get, path = "/.well-known/security.txt", operation_id = "read_security_contact",
    tag = "operator", security(()),
    responses((status = 200, description = "security.txt", body = String, content_type = "text/plain")))]
pub async fn read(State(app): State<Arc<App>>) -> Response {
    let contact = &app.ground.settings.push_contact;
    let expires = Time(app.ground.clock.now() + EXPIRES_AFTER).to_text();
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en, de\n");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
