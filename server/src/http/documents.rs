//! Which documents a device syncs.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use serde::Serialize;
use sync_core::{
    documents::{DocumentId, Kind},
    id::ClientId,
    vocabulary::Vocabulary,
};
use utoipa::ToSchema;

use super::wire::{callers::ActiveCompanion, json::Json, path::Ids};
use crate::{
    app::App,
    domain::{documents, people::care},
    nouns::{Refusal, callers::StaffCaller},
};

/// Document ids by kind: `orders`, `shelf`, `journal`, `casebook`, as far as the caller may sync them.
#[derive(Serialize, ToSchema)]
pub struct DocumentsAnswer {
    /// automerge-repo document ids.
    documents: BTreeMap<&'static str, String>,
}

impl From<Vec<(Kind, DocumentId)>> for DocumentsAnswer {
    fn from(named: Vec<(Kind, DocumentId)>) -> Self {
        let documents = named.into_iter().map(|(kind, id)| (kind.as_str(), id.to_string())).collect();
        Self { documents }
    }
}

/// Names a client's documents to their therapist.
#[utoipa::path(get, path = "/v1/clients/{client}/documents",
    operation_id = "list_documents", tag = "staff",
    responses((status = 200, description = "The documents", body = DocumentsAnswer)))]
pub async fn of_client(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<DocumentsAnswer>, Refusal> {
    Ok(Json(care::documents_of(&app.ground, caller, client).await?.into()))
}

/// Names the documents that a client's own device syncs.
#[utoipa::path(get, path = "/v1/device/documents", operation_id = "list_own_documents", tag = "companion",
    responses((status = 200, description = "The documents", body = DocumentsAnswer)))]
pub async fn for_companion(
    State(app): State<Arc<App>>,
    ActiveCompanion(caller): ActiveCompanion,
) -> Result<Json<DocumentsAnswer>, Refusal> {
    Ok(Json(documents::for_companion(&app.ground, caller.client).await?.into()))
}
