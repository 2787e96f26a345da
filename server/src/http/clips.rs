//! Clips: uploaded in one request, read by staff, fetched as ciphertext by companions, destroyed.
//!
//! The body of an upload is the media itself, so that any HTTP client can send a file. Its
//! description stands in one header, `Refrain-Clip`: JSON in base64url, because header values are
//! ASCII and titles are not. A multipart body would have to be taken apart in front of everything
//! else, and could not be refused before it is read.

pub mod uploads;
pub mod viewing;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use sync_core::id::{ClientId, ClipId, ParticipantId, RecordingId, StaffId};
use utoipa::ToSchema;

use super::{
    codes::Code,
    wire::{
        bytes::Base64,
        callers::ActiveCompanion,
        ids,
        json::Json,
        pace::{LeastRate, Pace, TooSlow},
        path::Ids,
        range::ranged,
        time::Time,
    },
};
use crate::{
    app::App,
    domain::clips::{self, ClipView, NewClip, upload_budget::Uploaded},
    nouns::{Refusal, callers::StaffCaller},
};

const CLIP: HeaderName = HeaderName::from_static("refrain-clip");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
/// How long an upload may stand still: it holds a share of the memory for uploads. A phone that changes its network does.
const STILL_FOR: Duration = Duration::from_secs(30);
/// How fast it comes at least: a bad line over a mobile network is faster.
const LEAST_PER_SEC: u64 = 16 * 1024;

/// What the header `Refrain-Clip` says, as JSON in base64url.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClipHeader {
    /// The clip's title, 1 to 200 characters.
    title: String,
    /// Who of the recording's participants is heard or seen in it.
    #[schema(value_type = Vec<ids::Participant>)]
    heard: BTreeSet<ParticipantId>,
}

/// A clip as the care team sees it.
#[derive(Serialize, ToSchema)]
pub struct ClipAnswer {
    /// The clip.
    #[schema(value_type = ids::Clip)]
    clip: ClipId,
    /// What it was cut from.
    #[schema(value_type = ids::Recording)]
    recording: RecordingId,
    /// In whose therapy.
    #[schema(value_type = ids::Client)]
    client: ClientId,
    /// When it was uploaded.
    created_at: Time,
    /// By whom.
    #[schema(value_type = ids::Staff)]
    created_by: StaffId,
    /// Its title.
    title: String,
    /// What its bytes were recognised as.
    #[schema(example = "audio/mpeg")]
    media_type: String,
    /// How long it lasts, in milliseconds.
    duration_ms: u64,
    /// How long it was as it was sent, in bytes.
    plain_len: u64,
    /// How long it is as it is stored, in bytes.
    cipher_len: u64,
    /// SHA-256 of what is stored.
    cipher_sha256: Base64,
    /// Who is heard or seen in it.
    #[schema(value_type = Vec<ids::Participant>)]
    heard: Vec<ParticipantId>,
}

impl From<ClipView> for ClipAnswer {
    fn from(view: ClipView) -> Self {
        Self {
            clip: view.id,
            recording: view.recording,
            client: view.client,
            created_at: view.created_at.into(),
            created_by: view.created_by,
            title: view.title,
            media_type: view.media.media_type,
            duration_ms: view.duration.as_millis(),
            plain_len: view.media.plain_len,
            cipher_len: view.media.cipher_len,
            cipher_sha256: Base64(view.media.cipher_sha256.to_vec()),
            heard: view.heard,
        }
    }
}

/// Uploads a clip: the body is the media.
///
/// Everything that can be refused without the media is refused before it is read, `record_missing` too, while a person who
/// was in the session does not consent to be recorded: send `Expect: 100-continue` to save
/// the way.
#[utoipa::path(post, path = "/v1/recordings/{recording}/clips",
    operation_id = "upload_clip", tag = "staff",
    params(("Refrain-Clip" = String, Header, description = "NewClipHeader as JSON in base64url"),
        ("Repr-Digest" = Option<String>, Header, description = "sha-256=:…: of the media (RFC 9530)")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "The clip", body = ClipAnswer)),
    extensions(("x-refusals" = json!([Code::Malformed, Code::Truncated, Code::RecordMissing,
        Code::TooSlow, Code::TooLarge, Code::NotMedia, Code::OutOfBounds, Code::DigestMismatch,
        Code::TooManyRequests]))))]
pub async fn upload(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(recording): Ids<RecordingId>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<ClipAnswer>), Refusal> {
    let NewClipHeader { title, heard } = said(&headers)?;
    let new = NewClip { recording, title, heard };
    clips::check(&app.ground, caller, &new).await?;
    let uploaded = receive(&app, caller, &headers, body).await?;
    let clip = clips::add(&app.ground, caller, new, uploaded).await?;
    Ok((StatusCode::CREATED, Json(clip.into())))
}

/// The clips of a client.
#[derive(Serialize, ToSchema)]
pub struct ClipsAnswer {
    /// Newest first; destroyed ones are left out.
    clips: Vec<ClipAnswer>,
}

/// Lists the clips of the sessions that a client was in.
#[utoipa::path(get, path = "/v1/clients/{client}/clips", operation_id = "list_clips", tag = "staff",
    responses((status = 200, description = "The clips", body = ClipsAnswer)))]
pub async fn of_client(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<ClipsAnswer>, Refusal> {
    let clips = clips::of_client(&app.ground, caller, client).await?;
    Ok(Json(ClipsAnswer { clips: clips.into_iter().map(ClipAnswer::from).collect() }))
}

/// Reads what the care team may know of a clip.
#[utoipa::path(get, path = "/v1/clips/{clip}", operation_id = "read_clip", tag = "staff",
    responses((status = 200, description = "The clip", body = ClipAnswer)),
    extensions(("x-refusals" = json!([Code::ClipDestroyed]))))]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(clip): Ids<ClipId>,
) -> Result<Json<ClipAnswer>, Refusal> {
    Ok(Json(clips::find(&app.ground, caller, clip).await?.into()))
}

/// Destroys a clip, for ever: its key is erased before the answer, its ciphertext soon after. Again: nothing more.
#[utoipa::path(delete, path = "/v1/clips/{clip}", operation_id = "destroy_clip", tag = "staff",
    responses((status = 204, description = "The clip is destroyed")))]
pub async fn destroy(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(clip): Ids<ClipId>,
) -> Result<StatusCode, Refusal> {
    clips::destroy(&app.ground, caller, clip).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Fetches a clip's ciphertext (RFC 8188 `aes128gcm`), in whole or one range of it. The key comes in a lease.
#[utoipa::path(get, path = "/v1/device/clips/{clip}",
    operation_id = "fetch_ciphertext", tag = "companion",
    params(("Range" = Option<String>, Header), ("If-Range" = Option<String>, Header)),
    responses((status = 200, description = "The whole ciphertext", content_type = "application/octet-stream"),
        (status = 206, description = "The range that was asked for", content_type = "application/octet-stream")),
    extensions(("x-refusals" = json!([Code::ClipDestroyed, Code::RangeNotSatisfiable]))))]
pub async fn fetch(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
    Ids(clip): Ids<ClipId>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let found = clips::ciphertext(&app.ground, caller, clip).await?;
    let etag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(found.sha256));
    let (status, range, mut answer) = ranged(&headers, &etag, found.len)?;
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let stream = found.read(range).await?;
    Ok((status, answer, Body::from_stream(stream)).into_response())
}

/// Takes the body: bounded from its first byte in length and in time, and given up if another person needs its place.
pub(super) async fn receive(
    app: &App,
    caller: StaffCaller,
    headers: &HeaderMap,
    body: Body,
) -> Result<Uploaded, Refusal> {
    let (said_len, said_digest) = (body.size_hint().exact(), said_digest(headers)?);
    let mut upload = app.upload_budget.begin(caller.staff, said_len, said_digest)?;
    let longest = said_len.unwrap_or(app.upload_budget.limit());
    let pace = Pace::of_len(STILL_FOR, LEAST_PER_SEC, longest);
    let mut pieces = Body::new(LeastRate::new(body, pace)).into_data_stream();
    loop {
        let piece = tokio::select! {
            piece = pieces.next() => piece,
            // The end of the upload says so.
            () = upload.gave_way() => None,
        };
        match piece {
            Some(Ok(piece)) => upload.push(&piece)?,
            Some(Err(error)) if TooSlow::is_behind(&error) => return Err(Refusal::TooSlow),
            // A connection that ends early.
            Some(Err(_)) => return Err(Refusal::Truncated),
            None => return upload.finish(&app.ground, caller).await,
        }
    }
}

fn said(headers: &HeaderMap) -> Result<NewClipHeader, Refusal> {
    const RULE: Refusal = Refusal::Malformed("Refrain-Clip: {\"title\", \"heard\"} as JSON in base64url");
    let text = headers.get(CLIP).and_then(|value| value.to_str().ok()).ok_or(RULE)?;
    let json = BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| RULE)?;
    serde_json::from_slice(&json).map_err(|_| RULE)
}

/// The SHA-256 of `Repr-Digest` (RFC 9530): `sha-256=:` standard base64 `:`. Other algorithms are not looked at.
fn said_digest(headers: &HeaderMap) -> Result<Option<[u8; 32]>, Refusal> {
    const RULE: Refusal = Refusal::Malformed("Repr-Digest: sha-256=:…:");
    let Some(value) = headers.get(REPR_DIGEST) else { return Ok(None) };
    let members = value.to_str().map_err(|_| RULE)?.split(',');
    let Some(digest) = members.filter_map(|member| member.trim().strip_prefix("sha-256=")).next_back() else {
        return Ok(None);
    };
    let digest = digest.strip_prefix(':').and_then(|digest| digest.strip_suffix(':')).ok_or(RULE)?;
    let digest = BASE64_STANDARD.decode(digest).map_err(|_| RULE)?;
    digest.try_into().map(Some).map_err(|_| RULE)
}

#[cfg(test)]
mod tests;
