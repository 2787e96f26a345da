//! The history, for a client's phone.

use std::{collections::BTreeSet, sync::Arc};

use axum::extract::State;
use serde::Serialize;
use sync_core::id::ReleaseId;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::desk::history::{self, Deed, What},
    http::{
        error::ProblemBody,
        people::consents::PurposeJson,
        wire::{callers::ActiveCompanion, json::Json},
    },
    nouns::Refusal,
};

/// What was done.
#[derive(Serialize, ToSchema)]
pub struct HistoryAnswer {
    /// Newest day first, 200 at most. Of one day their order tells nothing.
    deeds: Vec<DeedAnswer>,
}

/// Something that somebody did.
#[derive(Serialize, ToSchema)]
pub struct DeedAnswer {
    /// On which day of the practice's zone. The hour is not told.
    #[schema(example = "2026-11-28")]
    day: String,
    /// `shared`, `changed` (a pause, fewer plays, an end of whatever kind: all alike), `returned` ("this doesn't help
    /// me"), `played_together`, `agreed`, `changed_mind`, `phone_added`, `phone_removed`.
    kind: &'static str,
    /// About which release, if one.
    #[schema(value_type = Option<String>)]
    release: Option<ReleaseId>,
    /// Who, where that may be told and is known. Never with `changed`.
    who: Option<String>,
    /// The phone's name.
    phone: Option<String>,
    /// What the client has agreed to, or changed their mind about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<PurposeJson>)]
    purposes: Vec<PurposeJson>,
}

impl From<Deed> for DeedAnswer {
    fn from(deed: Deed) -> Self {
        let plain = |kind| Self {
            day: deed.day.clone(),
            kind,
            release: None,
            who: None,
            phone: None,
            purposes: Vec::new(),
        };
        let json = |purposes: BTreeSet<_>| purposes.into_iter().map(PurposeJson::from).collect();
        match deed.what {
            What::Shared { release, who } => Self { release: Some(release), who, ..plain("shared") },
            What::Changed { release } => Self { release: Some(release), ..plain("changed") },
            What::Returned { release } => Self { release: Some(release), ..plain("returned") },
            What::PlayedTogether { who } => Self { who, ..plain("played_together") },
            What::Agreed { purposes } => Self { purposes: json(purposes), ..plain("agreed") },
            What::ChangedMind { purposes } => Self { purposes: json(purposes), ..plain("changed_mind") },
            What::PhoneAdded { phone } => Self { phone: Some(phone), ..plain("phone_added") },
            What::PhoneRemoved { phone } => Self { phone: Some(phone), ..plain("phone_removed") },
        }
    }
}

/// Tells a client what was done about their clips, papers and phones, by the day.
#[utoipa::path(get, path = "/v1/device/history", tag = "companion", responses(
    (status = 200, body = HistoryAnswer), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn read(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
) -> Result<Json<HistoryAnswer>, Refusal> {
    let deeds = history::read(&app.ground, caller).await?;
    Ok(Json(HistoryAnswer { deeds: deeds.into_iter().map(DeedAnswer::from).collect() }))
}
