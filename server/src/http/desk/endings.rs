//! Endings: the releases that end soon.

use std::sync::Arc;

use axum::extract::{Query, State, rejection::QueryRejection};
use serde::{Deserialize, Serialize};
use sync_core::id::{ClientId, ClipId, ReleaseId};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    domain::desk::endings::{self, Cursor, Ending},
    http::wire::{ids, json::Json, time::Time},
    nouns::{Refusal, callers::StaffCaller},
};

/// Until when, and from where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// What ends before this instant is listed.
    #[param(value_type = String, format = DateTime)]
    before: Time,
    /// `next` of the page before.
    after: Option<String>,
}

/// What ends soon.
#[derive(Serialize, ToSchema)]
pub struct EndingsAnswer {
    /// At most 100, the next to end first.
    endings: Vec<EndingAnswer>,
    /// Where the next page begins; nothing when this is the last.
    #[schema(required = true)]
    next: Option<String>,
}

/// A release that ends.
#[derive(Serialize, ToSchema)]
pub struct EndingAnswer {
    /// Whose.
    #[schema(value_type = ids::Client)]
    client: ClientId,
    /// Which.
    #[schema(value_type = ids::Release)]
    release: ReleaseId,
    /// Of which clip.
    #[schema(value_type = ids::Clip)]
    clip: ClipId,
    /// The clip's title; nothing where it is not the caller's to read.
    #[schema(required = true)]
    title: Option<String>,
    /// The first instant at which it does not play any more.
    ends_at: Time,
}

impl From<Ending> for EndingAnswer {
    fn from(ending: Ending) -> Self {
        let Ending { client, release, clip, title, ends_at } = ending;
        Self { client, release, clip, title, ends_at: Time(ends_at) }
    }
}

/// Lists which releases end before an instant, over all clients whom the caller treats.
#[utoipa::path(get, path = "/v1/endings", operation_id = "list_endings", tag = "staff", params(Asked),
    responses((status = 200, description = "A page of endings", body = EndingsAnswer)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<EndingsAnswer>, Refusal> {
    const RULE: Refusal = Refusal::Malformed("before: RFC 3339; after: `next` of a page");
    let Query(Asked { before, after }) = asked.map_err(|_| RULE)?;
    let after = after.map(|text| Cursor::parse(&text).ok_or(RULE)).transpose()?;
    let page = endings::page(&app.ground, caller, before.0, after).await?;
    let endings = page.endings.into_iter().map(EndingAnswer::from).collect();
    Ok(Json(EndingsAnswer { endings, next: page.next.map(Cursor::to_text) }))
}
