//! Requests that become a WebSocket.

use axum::{
    extract::{FromRequestParts, WebSocketUpgrade},
    http::request::Parts,
};

use crate::http::error::Problem;

/// A request that asks for a WebSocket. Others are refused with a problem document, which axum's own refusal is not.
pub struct Upgrade(pub WebSocketUpgrade);

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let asked = WebSocketUpgrade::from_request_parts(parts, state).await;
        asked.map(Self).map_err(|_| Problem::upgrade_required())
    }
}
