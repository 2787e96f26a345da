//! The one place that knows how a refusal looks over HTTP: its stable code and its problem document. [`Code`] knows the
//! status.
//!
//! Problem documents are RFC 9457. `code` never changes once published; `title` and `detail` are for people and may.
//! Nothing in them comes from the request, so that nothing personal or secret can come back in an error or reach a log.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sync_core::{id::EntryId, vocabulary::Vocabulary};
use utoipa::ToSchema;

use super::{codes::Code, wire::ids};
use crate::nouns::Refusal;

/// The media type of problem documents (RFC 9457 section 3).
pub const PROBLEM: &str = "application/problem+json";
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
    #[schema(value_type = Option<String>, nullable = false, example = "expires_at")]
    pub field: Option<&'static str>,
    /// With `unseen`: the entries to show, and then to name as seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<ids::Entry>)]
    pub entries: Vec<EntryId>,
    /// With `unavailable` of `GET /readyz`: the parts that are away, full or wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["ledger"]))]
    pub hindrances: Vec<&'static str>,
}

/// An answer that says what is wrong.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    field: Option<&'static str>,
    entries: Vec<EntryId>,
    hindrances: Vec<&'static str>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    fn new(code: Code, detail: impl Into<String>) -> Self {
        let (field, entries, hindrances, header) = (None, Vec::new(), Vec::new(), None);
        Self { code, detail: detail.into(), field, entries, hindrances, header }
    }

    fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    /// The same with one more header, if there is one.
    #[must_use]
    pub fn with_header(self, header: Option<(HeaderName, HeaderValue)>) -> Self {
        Self { header: header.or(self.header), ..self }
    }

    /// No route has this path.
    #[must_use]
    pub fn no_such_route() -> Self {
        Self::new(Code::NoSuchRoute, "no route has this path; GET /openapi.json lists them")
    }

    /// The route has no such method.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(Code::MethodNotAllowed, "the Allow header names the methods of this route")
    }

    /// The request does not ask for a WebSocket (RFC 6455 section 4.1, RFC 9110 section 15.5.22).
    #[must_use]
    pub fn upgrade_required() -> Self {
        Self::new(Code::UpgradeRequired, "open this route as a WebSocket, version 13")
            .with(header::UPGRADE, HeaderValue::from_static("websocket"))
    }

    /// The body is no JSON, or not the JSON that the route wants; where.
    #[must_use]
    pub fn body_not_understood(place: Option<(usize, usize)>) -> Self {
        let wanted = "the body is not the JSON that this route takes";
        Self::new(
            Code::Malformed,
            match place {
                Some((line, column)) => format!("{wanted}: line {line}, column {column}"),
                None => wanted.to_owned(),
            },
        )
    }

    /// The body is of another kind than JSON.
    #[must_use]
    pub fn not_json() -> Self {
        Self::new(Code::NotJson, "send the body as application/json")
    }

    /// The server cannot decide; what is in the way.
    #[must_use]
    pub fn not_ready(hindrances: Vec<&'static str>) -> Self {
        Self { hindrances, ..Self::from(Refusal::Unavailable) }
    }

    /// The server failed at something; the log says at what.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(Code::Internal, "the server failed; nothing was decided")
    }
}

/// The same words for a person whom strangers have tried too often and an unknown one: the answer must not tell who is on the staff.
const SIGN_IN_FAILED: &str = "e-mail, password or code is not right, or strangers have tried too often: then use a browser in which you have signed in before, or try again in a quarter of an hour";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let new = |code| Self::new(code, detail.clone());
        match refusal {
            Refusal::Unauthenticated => {
                new(Code::Unauthenticated).with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            Refusal::SignatureMissing => new(Code::SignatureMissing),
            Refusal::ChallengeStale => new(Code::ChallengeStale),
            Refusal::SignatureInvalid => new(Code::SignatureInvalid),
            Refusal::NotAllowed => new(Code::NotAllowed),
            Refusal::NotFound => new(Code::NotFound),
            Refusal::Malformed(_) => new(Code::Malformed),
            Refusal::WrongCount { field, .. } => Self { field: Some(field), ..new(Code::OutOfBounds) },
            Refusal::OutOfBounds(rule) => Self { field: field_of(rule), ..new(Code::OutOfBounds) },
            Refusal::SignInFailed | Refusal::SignInLocked => Self::new(Code::SignInFailed, SIGN_IN_FAILED),
            Refusal::CodeNotValid => new(Code::CodeNotValid),
            Refusal::CodeExpired => new(Code::CodeExpired),
            Refusal::CodeUsed => new(Code::CodeUsed),
            Refusal::QuestionOvertaken => new(Code::QuestionOvertaken),
            Refusal::DeviceKeyKnown => new(Code::DeviceKeyKnown),
            Refusal::DevicesTooMany => new(Code::DevicesTooMany),
            Refusal::DeviceRemoved => new(Code::DeviceRemoved),
            Refusal::DeviceUnconfirmed => new(Code::DeviceUnconfirmed),
            Refusal::TooSlow => new(Code::TooSlow),
            Refusal::TooLarge { .. } => new(Code::TooLarge),
            Refusal::NotMedia => new(Code::NotMedia),
            Refusal::Truncated => new(Code::Truncated),
            Refusal::DigestMismatch => new(Code::DigestMismatch),
            Refusal::RangeNotSatisfiable { len } => {
                let problem = new(Code::RangeNotSatisfiable);
                match HeaderValue::try_from(format!("bytes */{len}")) {
                    Ok(range) => problem.with(header::CONTENT_RANGE, range),
                    Err(_) => problem,
                }
            }
            Refusal::ClipDestroyed => new(Code::ClipDestroyed),
            Refusal::ConsentMissing => new(Code::ConsentMissing),
            Refusal::RecordMissing => new(Code::RecordMissing),
            Refusal::WithdrawnByPerson => new(Code::WithdrawnByPerson),
            Refusal::Unseen(entries) => Self { entries, ..new(Code::Unseen) },
            Refusal::ReleaseEnded => new(Code::ReleaseEnded),
            Refusal::AccountEnded => new(Code::AccountEnded),
            Refusal::EndedTooLong => new(Code::EndedTooLong),
            Refusal::DigitsNotRight => new(Code::DigitsNotRight),
            Refusal::ProofNotRight => new(Code::ProofNotRight),
            Refusal::NotARestriction => new(Code::NotARestriction),
            Refusal::IdempotencyMismatch => new(Code::IdempotencyMismatch),
            Refusal::Conflict => new(Code::Conflict),
            Refusal::DoneAlready => new(Code::DoneAlready),
            Refusal::EndpointNotAllowed => new(Code::EndpointNotAllowed),
            Refusal::StatementInvalid => new(Code::StatementInvalid),
            Refusal::DeviceCopied => new(Code::DeviceCopied),
            Refusal::TooManyRequests { after_secs } => {
                new(Code::TooManyRequests).with(header::RETRY_AFTER, after_secs)
            }
            Refusal::NoteNotKept => new(Code::NoteNotKept),
            Refusal::Unavailable => new(Code::Unavailable).with(header::RETRY_AFTER, RETRY_UNAVAILABLE_SECS),
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
            kind: format!("urn:refrain:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            code: self.code.as_str(),
            detail: self.detail,
            field: self.field,
            entries: self.entries,
            hindrances: self.hindrances,
        };
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.code.status(), bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
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
            (Refusal::SignatureMissing, 401, "signature_missing"),
            (Refusal::ChallengeStale, 401, "challenge_stale"),
            (Refusal::SignatureInvalid, 401, "signature_invalid"),
            (Refusal::QuestionOvertaken, 409, "question_overtaken"),
            (Refusal::NotAllowed, 403, "not_allowed"),
            (Refusal::NotFound, 404, "not_found"),
            (Refusal::Malformed("x"), 400, "malformed"),
            (Refusal::OutOfBounds("name: 1 to 200 characters"), 422, "out_of_bounds"),
            (Refusal::WrongCount { field: "name", least: 1, most: 3 }, 422, "out_of_bounds"),
            (Refusal::SignInFailed, 401, "sign_in_failed"),
            (Refusal::SignInLocked, 401, "sign_in_failed"),
            (Refusal::CodeNotValid, 404, "code_not_valid"),
            (Refusal::CodeExpired, 410, "code_expired"),
            (Refusal::CodeUsed, 410, "code_used"),
            (Refusal::DeviceKeyKnown, 409, "device_key_known"),
            (Refusal::DevicesTooMany, 409, "devices_too_many"),
            (Refusal::DeviceRemoved, 403, "device_removed"),
            (Refusal::TooSlow, 408, "too_slow"),
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
            (Refusal::DoneAlready, 409, "done_already"),
            (Refusal::EndpointNotAllowed, 422, "endpoint_not_allowed"),
            (Refusal::StatementInvalid, 422, "statement_invalid"),
            (Refusal::DeviceCopied, 403, "device_copied"),
            (Refusal::TooManyRequests { after_secs: 7 }, 429, "too_many_requests"),
            (Refusal::NoteNotKept, 500, "note_not_kept"),
            (Refusal::AccountEnded, 403, "account_ended"),
            (Refusal::EndedTooLong, 403, "ended_too_long"),
            (Refusal::DigitsNotRight, 422, "digits_not_right"),
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
