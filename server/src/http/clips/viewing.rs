//! A clip in the clear, for the care team to watch together with the people in the room.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use futures_util::TryStreamExt;
use sync_core::id::ClipId;

use crate::{
    app::App,
    domain::clips::viewing,
    http::{
        codes::Code,
        wire::{path::Ids, range::ranged},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// Fetches a clip in the clear, in whole or one range of it. Nothing is released by that; everybody who is heard in it must
/// consent to `review_together`.
#[utoipa::path(get, path = "/v1/clips/{clip}/media", operation_id = "view_clip", tag = "staff",
    params(("Range" = Option<String>, Header), ("If-Range" = Option<String>, Header)),
    responses((status = 200, description = "The whole clip", content_type = "application/octet-stream"),
        (status = 206, description = "The range that was asked for", content_type = "application/octet-stream")),
    extensions(("x-refusals" = json!([Code::ConsentMissing, Code::ClipDestroyed,
        Code::RangeNotSatisfiable]))))]
pub async fn fetch(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(clip): Ids<ClipId>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let viewing = viewing::open(&app.ground, caller, clip).await?;
    // A clip never changes, so that its id names its bytes.
    let (status, range, mut answer) = ranged(&headers, &format!("\"{clip}\""), viewing.len)?;
    answer.extend(HeaderValue::try_from(&viewing.media_type).map(|kind| (header::CONTENT_TYPE, kind)));
    // Asking how long it is shows nothing. Any range does, wherever it begins.
    if method == Method::GET {
        viewing.note(&app.ground).await?;
    }
    // A failure on the way ends the answer short of its length; why is in the log.
    let stream = viewing.stream(range).map_err(|refusal| std::io::Error::other(refusal.to_string()));
    Ok((status, answer, Body::from_stream(stream)).into_response())
}
