//! Whether the server is alive, and whether it can decide.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use sync_core::vocabulary::Vocabulary;
use utoipa::ToSchema;

use super::{codes::Code, error::Problem, wire::json::Json};
use crate::{
    app::App,
    domain::jobs::readiness::{self, Readiness},
    nouns::hindrances::Hindrance,
};

/// Says that the process is alive; asks nothing of anybody.
#[utoipa::path(get, path = "/healthz", operation_id = "check_alive", tag = "operator", security(()),
    responses((status = 204, description = "The process is alive")))]
pub async fn alive() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whether the server can decide.
#[derive(Serialize, ToSchema)]
pub struct ReadyAnswer {
    /// False after a restore whose ledger could not be proved: nothing plays until therapists confirm. False after a failover
    /// until every server has compared its ledger: until then no lease is given.
    ledger_proved: bool,
    /// What is away or full, and does not keep the server from deciding: `objects`, `objects_disk`.
    hindrances: Vec<&'static str>,
}

/// Says within a second whether the server can decide: 503 where a part is away, full or wrong that it needs for that;
/// `hindrances` names the parts. An unproved ledger is told and not a 503: a proxy that took the server out then
/// would shut out the very therapists who must confirm.
#[utoipa::path(get, path = "/readyz", operation_id = "check_ready", tag = "operator", security(()),
    responses((status = 200, description = "The server can decide", body = ReadyAnswer)),
    extensions(("x-refusals" = json!([Code::Unavailable]))))]
pub async fn ready(State(app): State<Arc<App>>) -> Result<Json<ReadyAnswer>, Problem> {
    let readiness = readiness::check(&app.ground).await;
    let can_decide = readiness.can_decide();
    let Readiness { hindrances, ledger_proved } = readiness;
    let hindrances = hindrances.into_iter().map(Hindrance::as_str).collect();
    if can_decide {
        Ok(Json(ReadyAnswer { ledger_proved, hindrances }))
    } else {
        Err(Problem::not_ready(hindrances))
    }
}
