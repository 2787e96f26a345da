//! The care team's view of a client's journal.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sync_core::{
    documents::{Letter, PartOfDay},
    id::{ClientId, EntryId, ReleaseId},
    insight::Sign,
};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{
        desk::{
            journal::{self, DayPlays},
            readings,
        },
        documents::letters::Arrived,
    },
    http::{
        codes::Code,
        wire::{ids, json::Json, path::Ids, time::Time},
    },
    nouns::{Refusal, callers::StaffCaller},
};

/// A client's letters.
#[derive(Serialize, ToSchema)]
pub struct LettersAnswer {
    /// Newest first.
    letters: Vec<LetterAnswer>,
}

/// A letter that has come.
#[derive(Serialize, ToSchema)]
pub struct LetterAnswer {
    /// Its key in the journal.
    #[schema(value_type = ids::Entry)]
    letter: EntryId,
    /// What kind of letter it is.
    kind: LetterKind,
    /// About which release, if one.
    #[schema(value_type = Option<ids::Release>, required = true)]
    release: Option<ReleaseId>,
    /// When it was written, by the phone's trusted time.
    at: Time,
    /// When the server received it.
    received_at: Time,
    /// The client's words, in a request.
    #[schema(required = true)]
    words: Option<String>,
    /// Whether the caller has read it.
    read: bool,
}

/// Kinds of letters to the care team.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// "This doesn't help me."
    Return,
    /// The client asks for something.
    Request,
}

/// Letters that were read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingsRequest {
    /// 1 to 100 of the client's letters, by their keys.
    #[schema(value_type = Vec<ids::Entry>, min_items = 1, max_items = 100)]
    letters: BTreeSet<EntryId>,
}

/// What a client shares of their listening.
#[derive(Serialize, ToSchema)]
pub struct ListeningAnswer {
    /// Whether they share it. Where not, the lists are empty.
    shared: bool,
    /// Plays by release and day.
    days: Vec<DayAnswer>,
    /// Ratings, newest first.
    ratings: Vec<RatingAnswer>,
    /// What stands out about the releases that play now; a question for a conversation, and no diagnosis.
    signs: Vec<SignAnswer>,
}

/// Something that stands out in the plays of a release.
#[derive(Serialize, ToSchema)]
#[serde(tag = "sign", rename_all = "snake_case")]
pub enum SignAnswer {
    /// Many plays on one day of the last week.
    Several {
        /// Of which release.
        #[schema(value_type = ids::Release)]
        release: ReleaseId,
        /// How many.
        plays: u64,
        /// When the client's day began.
        day: Time,
    },
    /// Twice as many plays a day as in the weeks before.
    More {
        /// Of which release.
        #[schema(value_type = ids::Release)]
        release: ReleaseId,
    },
    /// Plays at night in the last week.
    Night {
        /// Of which release.
        #[schema(value_type = ids::Release)]
        release: ReleaseId,
        /// How many.
        nights: u64,
        /// Of how many.
        plays: u64,
    },
    /// No play for a while, after the client has listened.
    Pause {
        /// Of which release.
        #[schema(value_type = ids::Release)]
        release: ReleaseId,
        /// For how many days.
        days: usize,
    },
}

impl From<(ReleaseId, Sign)> for SignAnswer {
    fn from((release, sign): (ReleaseId, Sign)) -> Self {
        match sign {
            Sign::Several { plays, day } => Self::Several { release, plays, day: Time(day) },
            Sign::More => Self::More { release },
            Sign::Night { nights, plays } => Self::Night { release, nights, plays },
            Sign::Pause { days } => Self::Pause { release, days },
        }
    }
}

/// Plays of one release on one day.
#[derive(Serialize, ToSchema)]
pub struct DayAnswer {
    /// The release.
    #[schema(value_type = ids::Release)]
    release: ReleaseId,
    /// When the client's day began.
    day: Time,
    /// Plays on every device together.
    plays: u64,
    /// Those of them whose part of the day is known.
    parts: PartsAnswer,
}

/// Plays by part of the client's day. Finer than this is not told.
#[derive(Serialize, ToSchema)]
pub struct PartsAnswer {
    /// From midnight to five.
    night: u64,
    /// From five to noon.
    morning: u64,
    /// From noon to six.
    afternoon: u64,
    /// From six to midnight.
    evening: u64,
}

/// How it was, after a play.
#[derive(Serialize, ToSchema)]
pub struct RatingAnswer {
    /// The release.
    #[schema(value_type = ids::Release)]
    release: ReleaseId,
    /// When.
    at: Time,
    /// From 0, worse, to 4, better.
    value: u8,
}

impl PartsAnswer {
    fn of(heard: &DayPlays) -> Self {
        let of = |part| heard.parts.get(&part).copied().unwrap_or(0);
        Self {
            night: of(PartOfDay::Night),
            morning: of(PartOfDay::Morning),
            afternoon: of(PartOfDay::Afternoon),
            evening: of(PartOfDay::Evening),
        }
    }
}

impl LetterAnswer {
    fn of((arrived, read): (Arrived, bool)) -> Option<Self> {
        let (kind, release, at, words) = match arrived.letter {
            Letter::Return { release, at } => (LetterKind::Return, Some(release), at, None),
            Letter::Request { release, at, words } => (LetterKind::Request, release, at, Some(words)),
            Letter::Rating { .. } | Letter::Sharing { .. } => return None,
        };
        let (at, received_at) = (at.into(), arrived.received_at.into());
        Some(Self { letter: arrived.id, kind, release, at, received_at, words, read })
    }
}

/// Reads a client's letters.
#[utoipa::path(get, path = "/v1/clients/{client}/letters", operation_id = "list_letters", tag = "staff",
    responses((status = 200, description = "The letters", body = LettersAnswer)))]
pub async fn letters(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<LettersAnswer>, Refusal> {
    let arrived = readings::letters(&app.ground, caller, client).await?;
    Ok(Json(LettersAnswer { letters: arrived.into_iter().filter_map(LetterAnswer::of).collect() }))
}

/// Marks letters as read by the caller alone: all of them or, where one is not the client's, none. Again: nothing
/// more.
#[utoipa::path(post, path = "/v1/clients/{client}/letters/readings",
    operation_id = "mark_letters_read", tag = "staff",
    request_body = ReadingsRequest, responses((status = 204, description = "The letters are marked")),
    extensions(("x-refusals" = json!([Code::OutOfBounds]))))]
pub async fn read(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
    Json(request): Json<ReadingsRequest>,
) -> Result<StatusCode, Refusal> {
    readings::mark(&app.ground, caller, client, request.letters).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads what a client shares of their listening.
#[utoipa::path(get, path = "/v1/clients/{client}/listening",
    operation_id = "read_listening", tag = "staff",
    responses((status = 200, description = "What is shared", body = ListeningAnswer)))]
pub async fn listening(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    Ids(client): Ids<ClientId>,
) -> Result<Json<ListeningAnswer>, Refusal> {
    let heard = journal::listening(&app.ground, caller, client).await?;
    let day = |((release, day), heard): ((ReleaseId, _), DayPlays)| DayAnswer {
        release,
        day: Time(day),
        plays: heard.plays,
        parts: PartsAnswer::of(&heard),
    };
    let rating = |(release, at, value): (ReleaseId, _, u8)| RatingAnswer { release, at: Time(at), value };
    Ok(Json(ListeningAnswer {
        shared: heard.shared,
        days: heard.days.into_iter().map(day).collect(),
        ratings: heard.ratings.into_iter().map(rating).collect(),
        signs: heard.signs.into_iter().map(SignAnswer::from).collect(),
    }))
}
