//! Duties: the open work of a member of the care team.

use std::sync::Arc;

use axum::extract::{Query, State, rejection::QueryRejection};
use serde::{Deserialize, Serialize};
use sync_core::{
    id::{ClientId, ClipId, DeviceId, EntryId, ReleaseId},
    orders::RevokeOn,
};
use utoipa::{IntoParams, ToSchema};

use super::journal::LetterKind;
use crate::{
    app::App,
    domain::desk::duties::{self, Cursor, Does, Duty, Says, Urgency, What},
    http::wire::{ids, json::Json, time::Time},
    nouns::{Refusal, callers::StaffCaller},
};

/// From where, and since when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Of the letters that the caller has not read, only those that the server received from this instant on; without it, all.
    #[param(value_type = Option<String>, format = DateTime)]
    letters_since: Option<Time>,
    /// `next` of the page before.
    after: Option<String>,
}

/// What waits for the caller.
#[derive(Serialize, ToSchema)]
pub struct DutiesAnswer {
    /// At most 100, the most urgent first, and of the same urgency what has waited longest.
    duties: Vec<DutyAnswer>,
    /// Where the next page begins; nothing when this is the last. Only who has read the last one may say that nothing waits.
    #[schema(required = true)]
    next: Option<String>,
    /// What to give as `letters_since` the next time: a minute before this was read, so that a letter may be told twice and is
    /// never missed.
    letters_next: Time,
}

/// Something that waits.
#[derive(Serialize, ToSchema)]
pub struct DutyAnswer {
    /// `now`: a client has stopped a clip, or has sent a letter that cannot be read and may say so; `high`: nothing plays in the
    /// practice until it is done; `normal`: a client waits for it; `low`: there is nothing to do but to wait.
    urgency: UrgencyWord,
    /// The title of the clip that it is about, where there is one and the caller may read it.
    #[schema(required = true)]
    title: Option<String>,
    /// What waits.
    #[serde(flatten)]
    what: WhatAnswer,
}

/// How urgent a duty is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Urgency)]
pub enum UrgencyWord {
    /// A client has stopped a clip.
    Now,
    /// Nothing plays in the practice, or a phone was copied.
    High,
    /// A client waits.
    Normal,
    /// There is nothing to do but to wait.
    Low,
}

impl From<Urgency> for UrgencyWord {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Now => Self::Now,
            Urgency::High => Self::High,
            Urgency::Normal => Self::Normal,
            Urgency::Low => Self::Low,
        }
    }
}

/// What waits.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WhatAnswer {
    /// A restore could not prove that nothing was lost: nothing plays until a therapist has looked, and confirms.
    ConfirmRestore {
        /// Since when.
        since: Time,
    },
    /// A release does not play until it is confirmed.
    ConfirmRelease {
        /// Whose.
        #[schema(value_type = ids::Client)]
        client: ClientId,
        /// Which.
        #[schema(value_type = ids::Release)]
        release: ReleaseId,
        /// What the confirmation must name in `seen`.
        #[schema(value_type = Vec<ids::Entry>)]
        seen: Vec<EntryId>,
    },
    /// A release waits for the consent of somebody who is heard in its clip.
    AskConsent {
        /// Whose.
        #[schema(value_type = ids::Client)]
        client: ClientId,
        /// Which.
        #[schema(value_type = ids::Release)]
        release: ReleaseId,
        /// In which clip.
        #[schema(value_type = ids::Clip)]
        clip: ClipId,
    },
    /// A letter has come that the caller has not read. Its words are for those who open it.
    ReadLetter {
        /// From whom.
        #[schema(value_type = ids::Client)]
        client: ClientId,
        /// Its key in the journal.
        #[schema(value_type = ids::Entry)]
        letter: EntryId,
        /// What it says; nothing while the journal cannot be read.
        #[schema(required = true)]
        says: Option<LetterKind>,
        /// About which release, if one.
        #[schema(value_type = Option<ids::Release>, required = true)]
        release: Option<ReleaseId>,
        /// When the server received it.
        received_at: Time,
    },
    /// A console has taken something away for good after its device's, its person's or the care's end. It rests until a therapist
    /// decides.
    DecideRestriction {
        /// Whose.
        #[schema(value_type = ids::Client)]
        client: ClientId,
        /// Under which id the console has written it.
        #[schema(value_type = ids::Entry)]
        entry: EntryId,
        /// By which console.
        #[schema(value_type = ids::Device)]
        device: DeviceId,
        /// What it would do; nothing where that cannot be read.
        #[schema(required = true)]
        does: Option<DoesWord>,
        /// To which release, if to one alone.
        #[schema(value_type = Option<ids::Release>, required = true)]
        release: Option<ReleaseId>,
        /// When it came.
        received_at: Time,
    },
    /// A device gets no lease until its name is confirmed.
    ConfirmDevice {
        /// Whose.
        #[schema(value_type = ids::Client)]
        client: ClientId,
        /// Which.
        #[schema(value_type = ids::Device)]
        device: DeviceId,
        /// When it was paired.
        paired_at: Time,
    },
    /// A client's phone was copied, and removed.
    NoteCopy {
        /// Whose.
        #[schema(value_type = ids::Client)]
        client: ClientId,
        /// Which.
        #[schema(value_type = ids::Device)]
        device: DeviceId,
        /// When it was found.
        found_at: Time,
    },
    /// A client's phone cannot be woken: what ends is only told when the client opens it.
    NoteDeaf {
        /// Whose.
        #[schema(value_type = ids::Client)]
        client: ClientId,
        /// Which.
        #[schema(value_type = ids::Device)]
        device: DeviceId,
        /// Since when.
        since: Time,
    },
    /// A device is to stop, and has not said that the clip is gone.
    AwaitWipe {
        /// Whose.
        #[schema(value_type = ids::Client)]
        client: ClientId,
        /// Of which release.
        #[schema(value_type = ids::Release)]
        release: ReleaseId,
        /// Which device.
        #[schema(value_type = ids::Device)]
        device: DeviceId,
        /// It cannot play from here on.
        dark_by: Time,
    },
}

/// What a late restriction would do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LateRestrictionDoes)]
pub enum DoesWord {
    /// End one release.
    EndRelease,
    /// End a clip on every shelf that has it.
    EndClip,
    /// End the clips of a recording on every shelf that has them.
    EndRecording,
    /// End everything of the client.
    EndShelf,
    /// Tighten the terms of a release, or end it by them.
    Tighten,
}

impl From<Does> for DoesWord {
    fn from(does: Does) -> Self {
        match does {
            Does::Revoke(RevokeOn::Release(_)) => Self::EndRelease,
            Does::Revoke(RevokeOn::Clip(_)) => Self::EndClip,
            Does::Revoke(RevokeOn::Recording(_)) => Self::EndRecording,
            Does::Revoke(RevokeOn::Shelf) => Self::EndShelf,
            Does::Amend(_) => Self::Tighten,
        }
    }
}

impl From<Duty> for DutyAnswer {
    fn from(duty: Duty) -> Self {
        Self { urgency: duty.what.urgency().into(), title: duty.title, what: duty.what.into() }
    }
}

impl From<What> for WhatAnswer {
    fn from(what: What) -> Self {
        match what {
            What::ConfirmRestore { since } => Self::ConfirmRestore { since: Time(since) },
            What::ConfirmRelease { client, release, seen, .. } => {
                Self::ConfirmRelease { client, release, seen }
            }
            What::AskConsent { client, release, clip, .. } => Self::AskConsent { client, release, clip },
            What::ReadLetter { client, letter, says, received_at } => {
                let (says, release) = match says {
                    Some(Says::Return { release }) => (Some(LetterKind::Return), Some(release)),
                    Some(Says::Request { release }) => (Some(LetterKind::Request), release),
                    None => (None, None),
                };
                Self::ReadLetter { client, letter, says, release, received_at: Time(received_at) }
            }
            What::DecideRestriction { client, entry, device, does, since } => Self::DecideRestriction {
                client,
                entry,
                device,
                does: does.map(DoesWord::from),
                release: does.and_then(Does::release),
                received_at: Time(since),
            },
            What::ConfirmDevice { client, device, paired_at } => {
                Self::ConfirmDevice { client, device, paired_at: Time(paired_at) }
            }
            What::NoteCopy { client, device, found_at } => {
                Self::NoteCopy { client, device, found_at: Time(found_at) }
            }
            What::NoteDeaf { client, device, since } => Self::NoteDeaf { client, device, since: Time(since) },
            What::AwaitWipe { client, release, device, dark_by, .. } => {
                Self::AwaitWipe { client, release, device, dark_by: Time(dark_by) }
            }
        }
    }
}

/// Lists what waits for the caller, over all clients whom they treat: ids, instants and kinds, and the clip's title. No words of
/// a letter are in it.
#[utoipa::path(get, path = "/v1/duties", operation_id = "list_duties", tag = "staff", params(Asked),
    responses((status = 200, description = "A page of duties", body = DutiesAnswer)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: StaffCaller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<DutiesAnswer>, Refusal> {
    const RULE: Refusal = Refusal::Malformed("letters_since: RFC 3339; after: `next` of a page");
    let Query(Asked { letters_since, after }) = asked.map_err(|_| RULE)?;
    let after = after.map(|text| Cursor::parse(&text).ok_or(RULE)).transpose()?;
    let page = duties::page(&app.ground, caller, letters_since.map(|time| time.0), after).await?;
    let duties = page.duties.into_iter().map(DutyAnswer::from).collect();
    let (next, letters_next) = (page.next.map(Cursor::to_text), Time(page.letters_next));
    Ok(Json(DutiesAnswer { duties, next, letters_next }))
}
