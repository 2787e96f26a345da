//! The OpenAPI document: each handler describes its own part, and this folder adds the rest.
//!
//! [`groups`] knows the refusals of a group's routes, `refusals` writes the answers of each refusal, and `parameters` adds
//! the parameters that no handler has to name: ids of the path, and the idempotency key.

pub mod groups;
mod parameters;
mod refusals;

use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::error::ProblemBody;

/// What no single route says.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Refrain",
        description = "Clips that come back, and can be held back. Errors are problem documents (RFC 9457) with stable \
            codes. A POST or PATCH may carry an Idempotency-Key, where it is named. docs/protocol.md is the whole story."
    ),
    servers((url = "/", description = "The server that has answered")),
    components(schemas(ProblemBody)),
    security(("token" = [])),
    tags(
        (name = "staff", description = "Members of staff, signed in"),
        (name = "companion", description = "A client's phone"),
        (name = "console", description = "A therapist's device"),
        (name = "devices", description = "Paired devices of clients and of staff"),
        (name = "operator", description = "Operators and set-up"),
    ),
    modifiers(&Tokens),
)]
pub struct Document;

/// The document as it is served and kept in `docs/openapi.json`.
#[must_use]
pub fn text(document: &utoipa::openapi::OpenApi) -> String {
    document.to_pretty_json().unwrap_or_default() + "\n"
}

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let told =
            "Staff get a token when they sign in, a phone when it is paired, a console when it is added.";
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(told)).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

#[cfg(test)]
mod tests;
