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
        codes::Code,
        people::consents::PurposeJson,
        wire::{callers::ActiveCompanion, ids, json::Json},
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
    /// What it was.
    kind: DeedKind,
    /// About which release, if one.
    #[schema(value_type = Option<ids::Release>, required = true)]
    release: Option<ReleaseId>,
    /// Who, where that may be told and is known. Never with `changed`.
    #[schema(required = true)]
    who: Option<String>,
    /// The phone's name.
    #[schema(required = true)]
    phone: Option<String>,
    /// What the client has agreed to, or changed their mind about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<PurposeJson>)]
    purposes: Vec<PurposeJson>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeedKind {
    /// A clip was shared with them.
    Shared,
    /// A pause, fewer plays, an end of any kind: all alike.
    Changed,
    /// They said "this doesn't help me".
    Returned,
    /// A clip of theirs was played in the room.
    PlayedTogether,
    /// They agreed to something.
    Agreed,
    /// They took back what they had agreed to.
    ChangedMind,
    /// A phone was added.
    PhoneAdded,
    /// A phone was removed.
    PhoneRemoved,
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
            What::Shared { release, who } => Self { release: Some(release), who, ..plain(DeedKind::Shared) },
            What::Changed { release } => Self { release: Some(release), ..plain(DeedKind::Changed) },
            What::Returned { release } => Self { release: Some(release), ..plain(DeedKind::Returned) },
            What::PlayedTogether { who } => Self { who, ..plain(DeedKind::PlayedTogether) },
            What::Agreed { purposes } => Self { purposes: json(purposes), ..plain(DeedKind::Agreed) },
            What::ChangedMind { purposes } => {
                Self { purposes: json(purposes), ..plain(DeedKind::ChangedMind) }
            }
            What::PhoneAdded { phone } => Self { phone: Some(phone), ..plain(DeedKind::PhoneAdded) },
            What::PhoneRemoved { phone } => Self { phone: Some(phone), ..plain(DeedKind::PhoneRemoved) },
        }
    }
}

/// Tells a client what was done about their clips, papers and phones, by the day.
#[utoipa::path(get, path = "/v1/device/history", operation_id = "read_history", tag = "companion",
    responses((status = 200, description = "The history", body = HistoryAnswer)),
    extensions(("x-refusals" = json!([Code::DeviceUnconfirmed]))))]
pub async fn read(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
) -> Result<Json<HistoryAnswer>, Refusal> {
    let deeds = history::read(&app.ground, caller).await?;
    Ok(Json(HistoryAnswer { deeds: deeds.into_iter().map(DeedAnswer::from).collect() }))
}
