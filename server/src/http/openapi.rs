//! The OpenAPI document, generated from the handlers.

use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

/// What no single route says.
#[derive(OpenApi)]
#[openapi(
    info(title = "Refrain", description = "Clips that come back, and can be held back. Errors are problem documents \
        (RFC 9457) with stable codes. A POST or PATCH may carry an Idempotency-Key."),
    security(("token" = [])),
    tags(
        (name = "staff", description = "Members of staff, signed in"),
        (name = "companion", description = "A client's phone"),
        (name = "console", description = "A therapist's device"),
        (name = "devices", description = "Paired devices of clients and of staff"),
        (name = "operator", description = "Whoever runs the server"),
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
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::http::router::document;

    #[test]
    fn the_kept_document_is_the_served_one() {
        let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json"));
        let same = kept.is_ok_and(|kept| kept == text(&document()));
        assert!(same, "run: cargo run -p refrain -- openapi > docs/openapi.json");
    }
}
