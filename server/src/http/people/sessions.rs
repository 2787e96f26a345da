//! A client's own sessions and papers, for their phone.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use sync_core::id::{FormId, RecordingId};
use utoipa::ToSchema;

use super::consents::{FormAnswer, PurposeJson};
use crate::{
    app::App,
    domain::people::{
        consents,
        sessions::{self, OwnPiece, OwnSessions, Paper, Session},
    },
    http::{
        codes::Code,
        wire::{callers::ActiveCompanion, ids, json::Json, path::Ids},
    },
    nouns::Refusal,
};

/// A client's own sessions and papers. Days are those of the practice's zone.
#[derive(Serialize, ToSchema)]
pub struct SessionsAnswer {
    /// The sessions that they were in and that were recorded, newest first, 200 at most.
    sessions: Vec<SessionAnswer>,
    /// The texts that they have signed.
    forms: Vec<FormAnswer>,
}

/// A session that was recorded.
#[derive(Serialize, ToSchema)]
pub struct SessionAnswer {
    /// Its recording.
    #[schema(value_type = ids::Recording)]
    recording: RecordingId,
    /// On which day it was.
    #[schema(example = "2026-11-16")]
    day: String,
    /// The pieces of it in which they are heard, or that were shared with them, oldest first.
    pieces: Vec<PieceAnswer>,
    /// What they have said last for each purpose.
    papers: Vec<PaperAnswer>,
}

/// A piece that was cut from a session.
#[derive(Serialize, ToSchema)]
pub struct PieceAnswer {
    /// On which day it was made.
    made_on: String,
    /// How long it lasts.
    duration_ms: u64,
    /// On which day it was destroyed.
    #[schema(required = true)]
    destroyed_on: Option<String>,
    /// Whether it is on their shelf, and ends when they change their mind.
    ends_with_them: bool,
}

/// What they have said last for one purpose.
#[derive(Serialize, ToSchema)]
pub struct PaperAnswer {
    /// For what.
    purpose: PurposeJson,
    /// The text that they signed.
    #[schema(value_type = Option<ids::Form>, required = true)]
    form: Option<FormId>,
    /// On which day they agreed.
    #[schema(required = true)]
    agreed_on: Option<String>,
    /// The last day on which it counts, where it has one.
    #[schema(required = true)]
    until: Option<String>,
    /// On which day they changed their mind.
    #[schema(required = true)]
    changed_on: Option<String>,
}

impl From<OwnSessions> for SessionsAnswer {
    fn from(told: OwnSessions) -> Self {
        Self {
            sessions: told.sessions.into_iter().map(SessionAnswer::from).collect(),
            forms: told.forms.into_iter().map(FormAnswer::from).collect(),
        }
    }
}

impl From<Session> for SessionAnswer {
    fn from(session: Session) -> Self {
        let piece = |piece: OwnPiece| PieceAnswer {
            made_on: piece.made_on,
            duration_ms: piece.duration.as_millis(),
            destroyed_on: piece.destroyed_on,
            ends_with_them: piece.rests_on_them,
        };
        let paper = |paper: Paper| PaperAnswer {
            purpose: paper.purpose.into(),
            form: paper.form,
            agreed_on: paper.agreed_on,
            until: paper.until,
            changed_on: paper.changed_on,
        };
        Self {
            recording: session.recording,
            day: session.day,
            pieces: session.pieces.into_iter().map(piece).collect(),
            papers: session.papers.into_iter().map(paper).collect(),
        }
    }
}

/// Tells a client of their recorded sessions and of what they have agreed to.
#[utoipa::path(get, path = "/v1/device/sessions", operation_id = "list_sessions", tag = "companion",
    responses((status = 200, description = "The sessions", body = SessionsAnswer)),
    extensions(("x-refusals" = json!([Code::DeviceUnconfirmed]))))]
pub async fn read(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
) -> Result<Json<SessionsAnswer>, Refusal> {
    Ok(Json(sessions::read(&app.ground, caller).await?.into()))
}

/// Withdraws everything that the client agrees to about a session: from now on nothing of it that they are heard in plays.
#[utoipa::path(post, path = "/v1/device/sessions/{recording}/withdrawal",
    operation_id = "withdraw_from_session", tag = "companion",
    responses((status = 204, description = "Everything about the session is withdrawn")),
    extensions(("x-refusals" = json!([Code::DeviceUnconfirmed]))))]
pub async fn change_mind(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
    Ids(recording): Ids<RecordingId>,
) -> Result<StatusCode, Refusal> {
    consents::withdraw_own(&app.ground, caller, recording).await?;
    Ok(StatusCode::NO_CONTENT)
}
