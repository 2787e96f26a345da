//! Leases and receipts: a companion's questions and statements.

pub mod rotations;

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use sync_core::{
    id::ReleaseId,
    lease::{Signed, Step},
};
use utoipa::ToSchema;

use super::{
    codes::Code,
    wire::{bytes::Base64, ids, json::Json},
};
use crate::{
    app::App,
    domain::leases::{self, Question, receipts},
    nouns::{Refusal, callers::CompanionCaller},
};

/// A device's question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseRequest {
    /// 32 fresh random bytes, base64url.
    nonce: Base64,
    /// Which question it is: with each question that is signed.
    step: Option<StepJson>,
    /// The newest lease that the device holds of each release.
    #[serde(default)]
    #[schema(max_items = 400)]
    holding: Vec<HeldLease>,
    /// What the person has removed from this device: it is not leased to it.
    #[serde(default)]
    #[schema(value_type = Vec<ids::Release>, max_items = 400)]
    removed: Vec<ReleaseId>,
    /// Signed denials that the device was given: a server that was restored from a backup may have forgotten them.
    #[serde(default)]
    #[schema(max_items = 256)]
    denials: Vec<Base64>,
}

/// The place of a question in the row of its device's questions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepJson {
    /// One more than batches were taken before.
    #[schema(minimum = 1)]
    n: u64,
    /// The SHA-256 of the batch that was taken last, base64url; of zeros before the first.
    after: Base64,
}

/// A lease that the device holds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldLease {
    /// Of which release.
    #[schema(value_type = ids::Release)]
    release: ReleaseId,
    /// Which generation.
    generation: u64,
}

impl StepJson {
    fn read(self) -> Result<Step, Refusal> {
        let after = self.after.0.try_into().map_err(|_| Refusal::OutOfBounds("after: 32 bytes"))?;
        Ok(Step { n: self.n, after })
    }
}

/// Receipts, oldest first.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptsRequest {
    /// Signed receipts, deterministic CBOR, base64url.
    #[schema(min_items = 1, max_items = 256)]
    receipts: Vec<Base64>,
}

/// Which receipts were taken.
#[derive(Serialize, ToSchema)]
pub struct ReceiptsAnswer {
    /// The number of the last one: the device may forget it and those before.
    taken_upto: u64,
}

/// Answers a device's nonce with a signed batch: leases, denials, the time. Removed devices are answered too.
#[utoipa::path(post, path = "/v1/device/leases", operation_id = "ask_for_leases", tag = "companion",
    request_body = LeaseRequest,
    responses((status = 200, description = "A signed batch: deterministic CBOR, see docs/protocol.md", body = Vec<u8>, content_type = "application/cbor")),
    extensions(("x-refusals" = json!([Code::Conflict, Code::QuestionOvertaken, Code::DeviceCopied, Code::OutOfBounds,
        Code::TooManyRequests]))))]
pub async fn ask(
    State(app): State<Arc<App>>,
    caller: CompanionCaller,
    Json(request): Json<LeaseRequest>,
) -> Result<Response, Refusal> {
    let nonce = request.nonce.0.try_into().map_err(|_| Refusal::OutOfBounds("nonce: 32 bytes"))?;
    let step = request.step.map(StepJson::read).transpose()?;
    let holding = request.holding.iter().map(|held| (held.release, held.generation)).collect();
    let removed = request.removed.into_iter().collect();
    // One that is broken says nothing, and must not keep the others from being heard.
    let handed_back = request.denials.iter().filter_map(|bytes| Signed::decode(&bytes.0).ok()).collect();
    let question = Question { nonce, step, holding, removed, handed_back };
    let batch = leases::ask(&app.binders, caller, question).await?;
    Ok(([(header::CONTENT_TYPE, "application/cbor")], batch.encode()).into_response())
}

/// Takes receipts. Removed devices may hand them in too.
#[utoipa::path(post, path = "/v1/device/receipts", operation_id = "hand_in_receipts", tag = "companion",
    request_body = ReceiptsRequest,
    responses((status = 200, description = "Which receipts were taken", body = ReceiptsAnswer)),
    extensions(("x-refusals" = json!([Code::DeviceCopied, Code::Conflict, Code::StatementInvalid,
        Code::OutOfBounds, Code::TooManyRequests]))))]
pub async fn state(
    State(app): State<Arc<App>>,
    caller: CompanionCaller,
    Json(request): Json<ReceiptsRequest>,
) -> Result<Json<ReceiptsAnswer>, Refusal> {
    let decode = |bytes: &Base64| Signed::decode(&bytes.0).map_err(|_| Refusal::StatementInvalid);
    let receipts = request.receipts.iter().map(decode).collect::<Result<_, _>>()?;
    Ok(Json(ReceiptsAnswer { taken_upto: receipts::take(&app.binders, caller, receipts).await? }))
}
