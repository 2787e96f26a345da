//! The door before every route that asks for a token: the server knows the caller, and it is the
//! caller's turn, before any work is done.
//!
//! Then the work runs in a task of its own, and keeps the turn until its answer has been taken. A
//! caller who hangs up again and again leaves no more work behind than one who waits.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use http_body::{Frame, SizeHint};
use tokio::time::sleep;

use super::callers::{Known, bearer, know, signature::Head};
use crate::{
    app::App,
    http::error::Problem,
    nouns::failed_tries::Try,
    turns::{Connection, Turn},
};

/// After which time a caller is told that they ask too much.
const REFUSED_AFTER: Duration = Duration::from_secs(1);

/// Lets a request in when its caller is known, and it is their turn.
///
/// # Errors
/// [`Refusal::TooManyRequests`](crate::nouns::Refusal) before anything is looked up; `unauthenticated` before the body is read.
pub async fn enter(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = bearer(request.headers())?.hash();
    let turn = match app.door.enter(token) {
        Ok(turn) => turn,
        Err(refusal) => {
            // It would be told to come again after this time. A caller who does not wait by itself is made to.
            sleep(REFUSED_AFTER).await;
            return Err(refusal.into());
        }
    };
    let head = Head { method: request.method(), uri: request.uri(), headers: request.headers() };
    let Known { caller, digest, challenge } = know(&app, &token, head).await?;
    if let Some(digest) = digest {
        request.extensions_mut().insert(digest);
    }
    if let Some(connection) = request.extensions().get::<Arc<Connection>>() {
        connection.is_used_by(caller.into());
    }
    request.extensions_mut().insert(caller);
    let answered = tokio::spawn(async move {
        let mut response = next.run(request).await;
        // Not there and not theirs are answered alike, and counted alike.
        if matches!(response.status(), StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
            let ground = &app.ground;
            ground.failed_tries.note(Try::Access, caller.staff(), ground.clock.now());
        }
        if let Some((name, value)) = challenge {
            response.headers_mut().insert(name, value);
        }
        response.map(|body| Body::new(InTurn { body, _turn: turn }))
    });
    answered.await.map_err(|_| Problem::internal())
}

/// An answer that keeps its caller's turn: one that is not taken counts as work under way.
struct InTurn {
    body: Body,
    _turn: Turn,
}

impl HttpBody for InTurn {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
