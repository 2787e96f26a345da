//! The one place that knows how a refusal looks over HTTP: its status, its stable code, its problem document.
//!
//! Problem documents are RFC 9457. `code` never changes once published; `title` and `detail` are for people and may.
//! Nothing in them comes from the request, so that nothing personal or secret can come back in an error or reach a log.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sync_core::id::EntryId;
use utoipa::ToSchema;

use crate::nouns::Refusal;

/// How long a caller is asked to wait when the service cannot answer now, in seconds.
const RETRY_UNAVAILABLE_SECS: u32 = 5;

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:refrain:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:refrain:problem:not_found")]
    pub kind: String,
    /// What this kind of problem is, in one sentence.
    pub title: &'static str,
    /// The HTTP status again.
    #[schema(example = 404)]
    pub status: u16,
    /// The stable code to decide by.
    #[schema(example = "not_found")]
    pub code: &'static str,
    /// What was the matter this time.
    pub detail: String,
    /// With `out_of_bounds`: the field whose value it is, where it is one of the body's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "expires_at")]
    pub field: Option<&'static str>,
    /// With `unseen`: the entries to show, and then to name as seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub entries: Vec<EntryId>,
}

/// An answer that says what is wrong.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    field: Option<&'static str>,
    entries: Vec<EntryId>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    const fn new(status: StatusCode, code: &'static str, title: &'static str, detail: String) -> Self {
        Self { status, code, title, detail, field: None, entries: Vec::new(), header: None }
    }

    fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    /// No route has this path.
    #[must_use]
    pub fn no_such_route() -> Self {
        let detail = "no route has this path; GET /openapi.json lists them".to_owned();
        Self::new(StatusCode::NOT_FOUND, "no_such_route", "There is no such route", detail)
    }

    /// The route has no such method.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let detail = "the Allow header names the methods of this route".to_owned();
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This route has no such method",
            detail,
        )
    }

    /// The body is no JSON, or not the JSON that the route wants; where.
    #[must_use]
    pub fn body_not_understood(place: Option<(usize, usize)>) -> Self {
        let detail = place.map_or_else(
            || "the body is not the JSON that this route takes".to_owned(),
            |(line, column)| {
                format!("the body is not the JSON that this route takes: line {line}, column {column}")
            },
        );
        Self::new(StatusCode::BAD_REQUEST, "malformed", TITLE_MALFORMED, detail)
    }

    /// The body is of another kind than JSON.
    #[must_use]
    pub fn not_json() -> Self {
        let detail = "send the body as application/json".to_owned();
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "The body must be JSON", detail)
    }

    /// The server failed at something; the log says at what.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "the server failed; nothing was decided".to_owned();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed", detail)
    }
}

const TITLE_MALFORMED: &str = "The request cannot be read";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        use StatusCode as S;
        let detail = refusal.to_string();
        let new = |status, code, title| Self::new(status, code, title, detail.clone());
        match refusal {
            Refusal::Unauthenticated => new(S::UNAUTHORIZED, "unauthenticated", "Sign in first")
                .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Refusal::NotAllowed => new(S::FORBIDDEN, "not_allowed", "This is not yours to do"),
            Refusal::NotFound => new(S::NOT_FOUND, "not_found", "There is nothing here under this id"),
            Refusal::Malformed(_) => new(S::BAD_REQUEST, "malformed", TITLE_MALFORMED),
            Refusal::OutOfBounds(rule) => {
                let mut problem = new(S::UNPROCESSABLE_ENTITY, "out_of_bounds", "A value is out of bounds");
                problem.field = field_of(rule);
                problem
            }
            // A locked person and an unknown one answer alike: the answer must not tell who is on the staff.
            Refusal::SignInFailed | Refusal::SignInLocked => Self::new(
                S::UNAUTHORIZED,
                "sign_in_failed",
                "The sign-in failed",
                "e-mail, password or code is not right, or there were too many attempts: then wait a quarter of \
                 an hour"
                    .to_owned(),
            ),
            Refusal::CodeNotValid => new(S::NOT_FOUND, "code_not_valid", "This code is not valid"),
            Refusal::CodeExpired => new(S::GONE, "code_expired", "This code has run out"),
            Refusal::CodeUsed => new(S::GONE, "code_used", "This code has been used"),
            Refusal::DeviceKeyKnown => new(S::CONFLICT, "device_key_known", "This device was paired before"),
            Refusal::DeviceRemoved => new(S::FORBIDDEN, "device_removed", "This device is no longer paired"),
            Refusal::DeviceUnconfirmed => {
                new(S::FORBIDDEN, "device_unconfirmed", "A therapist has to say yes to this device first")
            }
            Refusal::TooLarge { .. } => new(S::PAYLOAD_TOO_LARGE, "too_large", "This is too large"),
            Refusal::NotMedia => new(S::UNSUPPORTED_MEDIA_TYPE, "not_media", "This is no audio or video"),
            Refusal::Truncated => new(S::BAD_REQUEST, "truncated", "The upload is not whole"),
            Refusal::DigestMismatch => {
                new(S::UNPROCESSABLE_ENTITY, "digest_mismatch", "The bytes do not match their digest")
            }
            Refusal::RangeNotSatisfiable { len } => {
                let problem =
                    new(S::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", "The range is outside of the clip");
                match HeaderValue::try_from(format!("bytes */{len}")) {
                    Ok(range) => problem.with(header::CONTENT_RANGE, range),
                    Err(_) => problem,
                }
            }
            Refusal::ClipDestroyed => new(S::GONE, "clip_destroyed", "This clip was destroyed"),
            Refusal::ConsentMissing => new(S::CONFLICT, "consent_missing", "A consent is missing"),
            Refusal::RecordMissing => new(S::CONFLICT, "record_missing", "A consent to be recorded is missing"),
            Refusal::WithdrawnByPerson => {
                new(S::CONFLICT, "withdrawn_by_person", "The person has withdrawn this themself")
            }
            Refusal::Unseen(entries) => {
                let mut problem = Self::new(S::CONFLICT, "unseen", "Something happened meanwhile", detail);
                problem.entries = entries;
                problem
            }
            Refusal::ReleaseEnded => new(S::CONFLICT, "release_ended", "This release has ended"),
            Refusal::AccountEnded => new(S::FORBIDDEN, "account_ended", "This account has come to its end"),
            Refusal::ProofNotRight => {
                new(S::UNPROCESSABLE_ENTITY, "proof_not_right", "These are not the right digits")
            }
            Refusal::NotARestriction => {
                new(S::UNPROCESSABLE_ENTITY, "not_a_restriction", "Only restrictions are taken here")
            }
            Refusal::IdempotencyMismatch => {
                new(S::UNPROCESSABLE_ENTITY, "idempotency_mismatch", "This key was used for another request")
            }
            Refusal::Conflict => new(S::CONFLICT, "conflict", "This is there already"),
            Refusal::EndpointNotAllowed => {
                new(S::UNPROCESSABLE_ENTITY, "endpoint_not_allowed", "This push endpoint is not allowed")
            }
            Refusal::StatementInvalid => {
                new(S::UNPROCESSABLE_ENTITY, "statement_invalid", "This statement is not validly signed")
            }
            Refusal::DeviceCopied => new(S::FORBIDDEN, "device_copied", "This device seems to have been copied"),
            Refusal::TooManyRequests { after_secs } => {
                new(S::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests")
                    .with(header::RETRY_AFTER, after_secs)
            }
            Refusal::NoteNotKept => new(S::INTERNAL_SERVER_ERROR, "note_not_kept", "The note was not kept"),
            Refusal::Unavailable => new(S::SERVICE_UNAVAILABLE, "unavailable", "The service cannot answer now")
                .with(header::RETRY_AFTER, RETRY_UNAVAILABLE_SECS),
        }
    }
}

/// Whose rule it is: `expires_at` of "expires_at: ahead, …". Some rules are of no single field.
fn field_of(rule: &'static str) -> Option<&'static str> {
    let (name, _) = rule.split_once(": ")?;
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then_some(name)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            kind: format!("urn:refrain:problem:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            field: self.field,
            entries: self.entries,
        };
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.status, bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.header {
            headers.insert(name, value);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn every_refusal_has_its_status_and_code() {
        let entry = EntryId::from_bytes([7; 16]);
        for (refusal, status, code) in [
            (Refusal::Unauthenticated, 401, "unauthenticated"),
            (Refusal::NotAllowed, 403, "not_allowed"),
            (Refusal::NotFound, 404, "not_found"),
            (Refusal::Malformed("x"), 400, "malformed"),
            (Refusal::OutOfBounds("name: 1 to 200 characters"), 422, "out_of_bounds"),
            (Refusal::SignInFailed, 401, "sign_in_failed"),
            (Refusal::SignInLocked, 401, "sign_in_failed"),
            (Refusal::CodeNotValid, 404, "code_not_valid"),
            (Refusal::CodeExpired, 410, "code_expired"),
            (Refusal::CodeUsed, 410, "code_used"),
            (Refusal::DeviceKeyKnown, 409, "device_key_known"),
            (Refusal::DeviceRemoved, 403, "device_removed"),
            (Refusal::TooLarge { limit: 5 }, 413, "too_large"),
            (Refusal::NotMedia, 415, "not_media"),
            (Refusal::Truncated, 400, "truncated"),
            (Refusal::DigestMismatch, 422, "digest_mismatch"),
            (Refusal::RangeNotSatisfiable { len: 5 }, 416, "range_not_satisfiable"),
            (Refusal::ClipDestroyed, 410, "clip_destroyed"),
            (Refusal::ConsentMissing, 409, "consent_missing"),
            (Refusal::Unseen(vec![entry]), 409, "unseen"),
            (Refusal::ReleaseEnded, 409, "release_ended"),
            (Refusal::IdempotencyMismatch, 422, "idempotency_mismatch"),
            (Refusal::Conflict, 409, "conflict"),
            (Refusal::EndpointNotAllowed, 422, "endpoint_not_allowed"),
            (Refusal::StatementInvalid, 422, "statement_invalid"),
            (Refusal::DeviceCopied, 403, "device_copied"),
            (Refusal::TooManyRequests { after_secs: 7 }, 429, "too_many_requests"),
            (Refusal::NoteNotKept, 500, "note_not_kept"),
            (Refusal::AccountEnded, 403, "account_ended"),
            (Refusal::ProofNotRight, 422, "proof_not_right"),
            (Refusal::Unavailable, 503, "unavailable"),
        ] {
            let response = refusal.into_response();
            let headers = response.headers().clone();
            assert_eq!(response.status().as_u16(), status, "{code}");
            let body = to_bytes(response.into_body(), 10_000).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((body["status"].as_u64(), body["code"].as_str()), (Some(status.into()), Some(code)));
            let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
            match code {
                "unseen" => assert_eq!(body["entries"], serde_json::json!([entry.to_string()])),
                "out_of_bounds" => assert_eq!(body["field"], "name"),
                "range_not_satisfiable" => assert_eq!(header(header::CONTENT_RANGE), Some("bytes */5")),
                "too_many_requests" => assert_eq!(header(header::RETRY_AFTER), Some("7")),
                "unavailable" => assert_eq!(header(header::RETRY_AFTER), Some("5")),
                _ => assert!(
                    body.get("entries").is_none()
                        && body.get("field").is_none()
                        && header(header::RETRY_AFTER).is_none()
                ),
            }
        }
    }
}
