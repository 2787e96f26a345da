//! JSON in and out. Unreadable JSON is refused without repeating any of it.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    body_limit::{BODY_LIMIT, BodyLimit},
    callers::signature::BodyDigest,
    pace::TooSlow,
};
use crate::{http::error::Problem, nouns::Refusal};

/// A JSON body, of a request or an answer.
///
/// axum's own extractor answers with serde's error text, which quotes what was sent: a name, a password.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::not_json());
        }
        let digest = request.extensions().get::<BodyDigest>().copied();
        let limit = request.extensions().get::<BodyLimit>().map_or(BODY_LIMIT, |limit| limit.0);
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Refusal::TooLarge { limit: limit as u64 }.into()
            } else if TooSlow::is_behind(&rejection) {
                Refusal::TooSlow.into()
            } else {
                Problem::body_not_understood(None)
            }
        })?;
        if let Some(digest) = digest {
            digest.check(&bytes)?;
        }
        // A list would be read as the fields of a struct in their order, which nobody has promised to keep.
        let starts = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if starts != Some(&b'{') {
            return Err(Problem::body_not_understood(None));
        }
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Problem::body_not_understood(Some((error.line(), error.column()))))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn is_json(request: &Request) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
