//! Forms, consents and withdrawals.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::{
    id::{ConsentId, FormId, ParticipantId, RecordingId},
    policy::Purpose,
};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::people::{
        consents::{self, NewConsent},
        forms::{self, FormView},
    },
    http::{
        codes::Code,
        wire::{ids, json::Json, path::Ids, time::Time},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A version of a consent text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFormRequest {
    /// The text, paragraph by paragraph.
    #[schema(min_items = 1, max_items = 64, example = json!(["Clips of our sessions may be shared with you."]))]
    paragraphs: Vec<String>,
}

/// A form that was entered.
#[derive(Serialize, ToSchema)]
pub struct NewFormAnswer {
    /// The form.
    #[schema(value_type = ids::Form)]
    form: FormId,
    /// Counted from 1 in each practice.
    version: i64,
}

/// What a consent covers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Purpose)]
pub enum PurposeJson {
    /// To be recorded at all.
    Record,
    /// To be heard by the client between sessions.
    ReleaseToClient,
    /// To be watched together in the room.
    ReviewTogether,
    /// That plays and ratings are shared with the therapist.
    SharePracticeData,
    /// To be shown to a supervisor.
    Supervision,
    /// To be used in training.
    Training,
    /// To be reviewed for quality.
    QualityReview,
}

/// A consent that was signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsentRequest {
    /// Who.
    #[schema(value_type = ids::Participant)]
    participant: ParticipantId,
    /// For what; at least one.
    #[schema(value_type = Vec<PurposeJson>, min_items = 1)]
    purposes: BTreeSet<PurposeJson>,
    /// The text that was signed.
    #[schema(value_type = ids::Form)]
    form: FormId,
    /// When it was signed; now where it is not said.
    at: Option<Time>,
    /// The first instant at which it no longer counts.
    valid_until: Option<Time>,
}

/// A withdrawal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalRequest {
    /// Who.
    #[schema(value_type = ids::Participant)]
    participant: ParticipantId,
    /// For what; none means everything.
    #[serde(default)]
    #[schema(value_type = Vec<PurposeJson>)]
    purposes: BTreeSet<PurposeJson>,
}

/// The events that were entered.
#[derive(Serialize, ToSchema)]
pub struct ConsentsAnswer {
    /// One for each purpose.
    #[schema(value_type = Vec<ids::Consent>)]
    consents: Vec<ConsentId>,
}

impl From<PurposeJson> for Purpose {
    fn from(purpose: PurposeJson) -> Self {
        match purpose {
            PurposeJson::Record => Self::Record,
            PurposeJson::ReleaseToClient => Self::ReleaseToClient,
            PurposeJson::ReviewTogether => Self::ReviewTogether,
            PurposeJson::SharePracticeData => Self::SharePracticeData,
            PurposeJson::Supervision => Self::Supervision,
            PurposeJson::Training => Self::Training,
            PurposeJson::QualityReview => Self::QualityReview,
        }
    }
}

impl From<Purpose> for PurposeJson {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Record => Self::Record,
            Purpose::ReleaseToClient => Self::ReleaseToClient,
            Purpose::ReviewTogether => Self::ReviewTogether,
            Purpose::SharePracticeData => Self::SharePracticeData,
            Purpose::Supervision => Self::Supervision,
            Purpose::Training => Self::Training,
            Purpose::QualityReview => Self::QualityReview,
        }
    }
}

/// Every version of the consent text.
#[derive(Serialize, ToSchema)]
pub struct FormsAnswer {
    /// Newest first.
    forms: Vec<FormAnswer>,
}

/// A version of the consent text.
#[derive(Serialize, ToSchema)]
pub struct FormAnswer {
    /// The version's id.
    #[schema(value_type = ids::Form)]
    form: FormId,
    /// Counted from 1.
    version: i64,
    /// What it says.
    paragraphs: Vec<String>,
    /// When it was entered.
    created_at: Time,
}

impl From<FormView> for FormAnswer {
    fn from(view: FormView) -> Self {
        Self {
            form: view.id,
            version: view.version,
            paragraphs: view.paragraphs,
            created_at: view.created_at.into(),
        }
    }
}

/// Lists every version of the consent text.
#[utoipa::path(get, path = "/v1/forms", operation_id = "list_forms", tag = "staff",
    responses((status = 200, description = "The versions", body = FormsAnswer)))]
pub async fn list_forms(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
) -> Result<Json<FormsAnswer>, Refusal> {
    let forms = forms::list(&app.ground, caller).await?;
    Ok(Json(FormsAnswer { forms: forms.into_iter().map(FormAnswer::from).collect() }))
}

/// Enters a version of a consent text.
#[utoipa::path(post, path = "/v1/forms", operation_id = "add_form", tag = "staff",
    request_body = NewFormRequest,
    responses((status = 201, description = "The version", body = NewFormAnswer)),
    extensions(("x-refusals" = json!([Code::OutOfBounds]))))]
pub async fn add_form(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Json(request): Json<NewFormRequest>,
) -> Result<(StatusCode, Json<NewFormAnswer>), Refusal> {
    let (form, version) = forms::add(&app.ground, caller, request.paragraphs).await?;
    Ok((StatusCode::CREATED, Json(NewFormAnswer { form, version })))
}

/// Enters a signed consent. `withdrawn_by_person` once this person has withdrawn on their own phone what they had agreed to
/// about this recording: then nothing can be entered for them any more, under no instant.
#[utoipa::path(post, path = "/v1/recordings/{recording}/consents",
    operation_id = "give_consent", tag = "staff",
    request_body = NewConsentRequest,
    responses((status = 201, description = "The events that were entered", body = ConsentsAnswer)),
    extensions(("x-refusals" = json!([Code::WithdrawnByPerson, Code::OutOfBounds]))))]
pub async fn give(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(recording): Ids<RecordingId>,
    Json(request): Json<NewConsentRequest>,
) -> Result<(StatusCode, Json<ConsentsAnswer>), Refusal> {
    let new = NewConsent {
        participant: request.participant,
        purposes: request.purposes.into_iter().map(Purpose::from).collect(),
        form: request.form,
        at: request.at.map(|time| time.0),
        valid_until: request.valid_until.map(|time| time.0),
    };
    let consents = consents::give(&app.ground, caller, recording, new).await?;
    Ok((StatusCode::CREATED, Json(ConsentsAnswer { consents })))
}

/// Enters a withdrawal: from now on nothing is leased for these purposes.
#[utoipa::path(post, path = "/v1/recordings/{recording}/withdrawals",
    operation_id = "withdraw_consent", tag = "staff",
    request_body = WithdrawalRequest,
    responses((status = 201, description = "The events that were entered", body = ConsentsAnswer)))]
pub async fn withdraw(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(recording): Ids<RecordingId>,
    Json(request): Json<WithdrawalRequest>,
) -> Result<(StatusCode, Json<ConsentsAnswer>), Refusal> {
    let purposes = request.purposes.into_iter().map(Purpose::from).collect();
    let consents = consents::withdraw(&app.ground, caller, recording, request.participant, purposes).await?;
    Ok((StatusCode::CREATED, Json(ConsentsAnswer { consents })))
}
