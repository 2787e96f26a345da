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
        error::ProblemBody,
        wire::{bytes::Base64, json::Json, path::Ids},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A clip that is to come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadRequest {
    /// The clip's title, 1 to 200 characters.
    title: String,
    /// Who of the recording's participants is heard or seen in it.
    #[schema(value_type = Vec<String>)]
    heard: BTreeSet<ParticipantId>,
    /// How long it is, in bytes.
    len: u64,
    /// SHA-256 of the whole, base64url.
    #[schema(value_type = String)]
    sha256: Base64,
}

/// An upload that has begun.
#[derive(Serialize, ToSchema)]
pub struct UploadBegun {
    /// The upload.
    #[schema(value_type = String)]
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
#[utoipa::path(post, path = "/v1/recordings/{recording}/uploads", tag = "staff", params(("recording" = String, Path)),
    request_body = UploadRequest, responses((status = 201, body = UploadBegun), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody)))]
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
#[utoipa::path(get, path = "/v1/uploads/{upload}", tag = "staff", params(("upload" = String, Path)), responses(
    (status = 200, body = UploadAnswer), (status = 404, body = ProblemBody)))]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(upload): Ids<UploadId>,
) -> Result<Json<UploadAnswer>, Refusal> {
    Ok(Json(uploads::come(&app.ground, caller, upload).await?.into()))
}

/// Takes the next piece. Another one than the next is a `conflict`: ask how far it has come. `record_missing`: a person who
/// was in the session does not consent to be recorded any more, and the upload has ended.
#[utoipa::path(put, path = "/v1/uploads/{upload}", tag = "staff", params(("upload" = String, Path), PieceQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, body = UploadAnswer), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody)))]
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
    let piece = receive(&app, &headers, body).await?;
    Ok(Json(uploads::take(&app.ground, caller, upload, offset, piece).await?.into()))
}

/// Makes a clip of an upload that is whole.
#[utoipa::path(post, path = "/v1/uploads/{upload}/clip", tag = "staff", params(("upload" = String, Path)), responses(
    (status = 201, body = ClipAnswer), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 415, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
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
#[utoipa::path(delete, path = "/v1/uploads/{upload}", tag = "staff", params(("upload" = String, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody)))]
pub async fn discard(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(upload): Ids<UploadId>,
) -> Result<StatusCode, Refusal> {
    uploads::discard(&app.ground, caller, upload).await?;
    Ok(StatusCode::NO_CONTENT)
}
