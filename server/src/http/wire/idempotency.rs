//! The Idempotency-Key header on POST and PATCH: asked again, answered the same, done once.
//!
//! Routes that answer with a secret are in groups without it: a token or a code that is stored as a
//! hash must not lie beside it for a day. Asked again, they work again.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    body_limit::{BODY_LIMIT, BodyLimit},
    pace::TooSlow,
};
use crate::{
    app::App,
    domain::{
        callers::idempotency::{self, Answer, Asked, Claimed, Key},
        credentials::tokens::Caller,
    },
    http::error::Problem,
    nouns::Refusal,
};

/// The longest key that is taken, in characters.
const KEY_MAX: usize = 255;
/// The largest answer that is kept, in bytes.
const ANSWER_MAX: usize = 1024 * 1024;

/// Answers a POST or PATCH with a known key as before; everything else goes through. For routes with JSON bodies only.
///
/// # Errors
/// What [`idempotency::ask`] refuses, and whatever keeps the caller or the body from being read.
pub async fn answer_again(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if !matches!(*request.method(), Method::POST | Method::PATCH) {
        return Ok(next.run(request).await);
    }
    let Some(header) = request.headers().get("idempotency-key") else { return Ok(next.run(request).await) };
    let name = header.to_str().ok().filter(|name| !name.is_empty() && name.len() <= KEY_MAX);
    let name =
        name.ok_or(Refusal::Malformed("Idempotency-Key: 1 to 255 visible ASCII characters"))?.to_owned();
    let caller = *request.extensions().get::<Caller>().ok_or(Refusal::Unauthenticated)?;
    let (parts, body) = request.into_parts();
    let limit = parts.extensions.get::<BodyLimit>().map_or(BODY_LIMIT, |limit| limit.0);
    let body = to_bytes(body, limit).await.map_err(|error| match TooSlow::is_behind(&error) {
        true => Refusal::TooSlow,
        false => Refusal::TooLarge { limit: limit as u64 },
    })?;
    let asked = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
    let key = Key::new(&caller, &name, &[parts.method.as_str().as_bytes(), asked.as_bytes(), &body]);
    match idempotency::ask(&app.ground, &key).await? {
        Asked::Again(answer) => Ok(replayed(answer)),
        Asked::First(claimed) => {
            let request = Request::from_parts(parts, Body::from(body));
            // In a task of its own, so that a caller who hangs up does not leave the key claimed and the work half told.
            let work = tokio::spawn(async move {
                let response = claimed.carry(next.run(request)).await;
                keep_answer(&app, &claimed, response).await
            });
            work.await.map_err(|_| Problem::internal())?.map_err(Problem::from)
        }
    }
}

async fn keep_answer(app: &Arc<App>, claimed: &Claimed, response: Response) -> Result<Response, Refusal> {
    if !response.status().is_success() {
        idempotency::give_up(&app.ground, claimed).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body: Bytes = to_bytes(body, ANSWER_MAX).await.map_err(|_| Refusal::Unavailable)?;
    let answer = Answer { status: parts.status.as_u16(), body: body.to_vec() };
    idempotency::keep(&app.ground, claimed, answer).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let json = !answer.body.is_empty();
    let mut response = (status, answer.body).into_response();
    if json {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    } else {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}
