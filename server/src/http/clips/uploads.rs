//! A clip in pieces: begun, sent piece by piece from where it stopped, made a clip.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    body::{Body, HttpBody},
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use sync_core::id::{ParticipantId, RecordingId, UploadId};
use utoipa::{IntoParams, ToSchema};

use super::{ClipAnswer, receive};
use crate::{
    app::App,
    domain::clips::{
        NewClip,
        uploads::{self, Come, NewUpload, PIECE},
    },
    http::{
        codes::Code,
        wire::{bytes::Base64, ids, json::Json, path::Ids},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A clip that is to come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadRequest {
    /// The clip's title, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Breathing")]
    title: String,
    /// Who of the recording's participants is heard or seen in it.
    #[schema(value_type = Vec<ids::Participant>, min_items = 1)]
    heard: BTreeSet<ParticipantId>,
    /// How long it is, in bytes.
    #[schema(minimum = 1, example = 48211)]
    len: u64,
    /// SHA-256 of the whole, base64url.
    sha256: Base64,
}

/// An upload that has begun.
#[derive(Serialize, ToSchema)]
pub struct UploadBegun {
    /// The upload.
    #[schema(value_type = ids::Upload)]
    upload: UploadId,
    /// How long each piece is, but for the last.
    piece_len: u64,
}

/// How far an upload has come.
#[derive(Serialize, ToSchema)]
pub struct UploadAnswer {
    /// How many bytes are here: where the next piece begins.
    offset: u64,
    /// How many there will be.
    len: u64,
}

/// Which piece it is.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PieceQuery {
    /// Where in the whole it begins.
    offset: u64,
}

impl From<Come> for UploadAnswer {
    fn from(come: Come) -> Self {
        Self { offset: come.offset, len: come.len }
    }
}

/// Begins an upload in pieces: kept for a day at most, four at a time, the oldest gives way. `record_missing` while a person
/// who was in the session does not consent to be recorded.
#[utoipa::path(post, path = "/v1/recordings/{recording}/uploads",
    operation_id = "begin_upload", tag = "staff",
    request_body = UploadRequest,
    responses((status = 201, description = "The upload has begun", body = UploadBegun)),
    extensions(("x-refusals" = json!([Code::RecordMissing, Code::TooLarge, Code::OutOfBounds]))))]
pub async fn begin(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(recording): Ids<RecordingId>,
    Json(request): Json<UploadRequest>,
) -> Result<(StatusCode, Json<UploadBegun>), Refusal> {
    let UploadRequest { title, heard, len, sha256 } = request;
    let sha256 = sha256.0.try_into().map_err(|_| Refusal::Malformed("sha256: 32 bytes in base64url"))?;
    let new = NewUpload { clip: NewClip { recording, title, heard }, len, sha256 };
    let upload = uploads::begin(&app.ground, caller, new).await?;
    Ok((StatusCode::CREATED, Json(UploadBegun { upload, piece_len: PIECE })))
}

/// Tells how far an upload has come.
#[utoipa::path(get, path = "/v1/uploads/{upload}", operation_id = "read_upload", tag = "staff",
    responses((status = 200, description = "How far it has come", body = UploadAnswer)))]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(upload): Ids<UploadId>,
) -> Result<Json<UploadAnswer>, Refusal> {
    Ok(Json(uploads::come(&app.ground, caller, upload).await?.into()))
}

/// Takes the next piece. Another one than the next is a `conflict`: ask how far it has come. `record_missing`: a person who
/// was in the session does not consent to be recorded any more, and the upload has ended.
#[utoipa::path(put, path = "/v1/uploads/{upload}", operation_id = "send_piece", tag = "staff",
    params(PieceQuery), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "How far it has come", body = UploadAnswer)),
    extensions(("x-refusals" = json!([Code::Malformed, Code::Truncated, Code::Conflict,
        Code::RecordMissing, Code::TooSlow, Code::TooLarge, Code::DigestMismatch, Code::OutOfBounds,
        Code::TooManyRequests]))))]
pub async fn take(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(upload): Ids<UploadId>,
    asked: Result<Query<PieceQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UploadAnswer>, Refusal> {
    let Query(PieceQuery { offset }) = asked.map_err(|_| Refusal::Malformed("offset: a whole number"))?;
    let len = body.size_hint().exact().ok_or(Refusal::Malformed("Content-Length: a piece's length"))?;
    if len > PIECE {
        return Err(Refusal::TooLarge { limit: PIECE });
    }
    // Whose it is, whether it is the next, and whether everybody still consents, before it is read.
    uploads::check(&app.ground, caller, upload, offset).await?;
    let piece = receive(&app, caller, &headers, body).await?;
    Ok(Json(uploads::take(&app.ground, caller, upload, offset, piece).await?.into()))
}

/// Makes a clip of an upload that is whole.
#[utoipa::path(post, path = "/v1/uploads/{upload}/clip", operation_id = "finish_upload", tag = "staff",
    responses((status = 201, description = "The clip", body = ClipAnswer)),
    extensions(("x-refusals" = json!([Code::Truncated, Code::Conflict, Code::RecordMissing,
        Code::NotMedia, Code::DigestMismatch, Code::OutOfBounds, Code::TooLarge,
        Code::TooManyRequests]))))]
pub async fn finish(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(upload): Ids<UploadId>,
) -> Result<(StatusCode, Json<ClipAnswer>), Refusal> {
    Ok((
        StatusCode::CREATED,
        Json(uploads::finish(&app.ground, &app.upload_budget, caller, upload).await?.into()),
    ))
}

/// Throws an upload away.
#[utoipa::path(delete, path = "/v1/uploads/{upload}", operation_id = "discard_upload", tag = "staff",
    responses((status = 204, description = "The upload is gone")))]
pub async fn discard(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(upload): Ids<UploadId>,
) -> Result<StatusCode, Refusal> {
    uploads::discard(&app.ground, caller, upload).await?;
    Ok(StatusCode::NO_CONTENT)
}
