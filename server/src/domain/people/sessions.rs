//! "My sessions and papers": a client's recorded sessions and their own consents, on their own
//! phone.
//!
//! It is their own view: the sessions that they were in, the pieces in which they are heard or that
//! their shelf has shown, their own consents. Other participants, their answers and their shelves
//! are not in it. Like the history it tells days and no hours, so that an end on one page cannot be
//! timed by another.

use std::collections::BTreeMap;

use sync_core::{
    id::{FormId, ParticipantId, RecordingId},
    instant::{Instant, Span},
    policy::Purpose,
    vocabulary::Vocabulary,
};

use super::{
    consents, devices,
    forms::{self, FormView},
};
use crate::{
    ground::Ground,
    nouns::{
        Refusal,
        callers::CompanionCaller,
        consents::{ConsentEvent, ConsentKind},
        local_days,
    },
    store::{self, Tx, clips::Piece, recordings::Recording},
};

/// How many sessions are told, the newest.
pub const SESSIONS_MAX: i64 = 200;

/// What a client may read of their sessions.
pub struct OwnSessions {
    /// Newest first.
    pub sessions: Vec<Session>,
    /// The texts that they have signed.
    pub forms: Vec<FormView>,
}

/// A session that was recorded.
pub struct Session {
    /// Its recording.
    pub recording: RecordingId,
    /// On which local day it was.
    pub day: String,
    /// The pieces that were cut from it.
    pub pieces: Vec<OwnPiece>,
    /// What the client has said about it.
    pub papers: Vec<Paper>,
}

/// A piece of a session.
pub struct OwnPiece {
    /// On which day it was made.
    pub made_on: String,
    /// How long it lasts.
    pub duration: Span,
    /// On which day it was destroyed.
    pub destroyed_on: Option<String>,
    /// Whether it is on the client's shelf, and ends when they change their mind.
    pub rests_on_them: bool,
}

/// What a client has said last for one purpose.
pub struct Paper {
    /// For what.
    pub purpose: Purpose,
    /// The text that they signed.
    pub form: Option<FormId>,
    /// On which day they agreed.
    pub agreed_on: Option<String>,
    /// The last day on which it counts, where it has one.
    pub until: Option<String>,
    /// On which day they changed their mind.
    pub changed_on: Option<String>,
}

/// Reads the sessions that a client was in, and what they have agreed to.
///
/// # Errors
/// [`Refusal::DeviceUnconfirmed`] while no therapist has said yes to the phone that asks.
pub async fn read(ground: &Ground, caller: CompanionCaller) -> Result<OwnSessions, Refusal> {
    let mut tx = ground.db.read().await?;
    devices::check_confirmed(&mut tx, &caller).await?;
    let mut said: BTreeMap<RecordingId, Vec<ConsentEvent>> = BTreeMap::new();
    for event in store::consents::of_client(&mut tx, caller.client).await? {
        said.entry(event.recording).or_default().push(event);
    }
    let mut told = OwnSessions { sessions: Vec::new(), forms: Vec::new() };
    for recording in store::recordings::attended_by(&mut tx, caller.client, SESSIONS_MAX).await? {
        let events = said.remove(&recording.id).unwrap_or_default();
        let session = session(ground, &mut tx, caller, &recording, &events).await?;
        for form in session.papers.iter().filter_map(|paper| paper.form) {
            if told.forms.iter().all(|known| known.id != form) {
                told.forms.extend(forms::read(ground, &mut tx, caller.practice, form).await?);
            }
        }
        told.sessions.push(session);
    }
    Ok(told)
}

async fn session(
    ground: &Ground,
    tx: &mut Tx,
    caller: CompanionCaller,
    recording: &Recording,
    events: &[ConsentEvent],
) -> Result<Session, Refusal> {
    let pieces = store::clips::pieces_of(tx, recording.id, caller.client).await?;
    let piece = |piece: Piece| OwnPiece {
        made_on: day(ground, piece.created_at),
        duration: Span::from_millis(u64::try_from(piece.duration_ms).unwrap_or(0)),
        destroyed_on: piece.destroyed_at.map(|at| day(ground, at)),
        rests_on_them: piece.rests_on_them,
    };
    Ok(Session {
        recording: recording.id,
        day: day(ground, recording.recorded_at),
        pieces: pieces.into_iter().map(piece).collect(),
        papers: papers(ground, events),
    })
}

/// What was said last for each purpose, and the text of the last agreement.
fn papers(ground: &Ground, events: &[ConsentEvent]) -> Vec<Paper> {
    let people: Vec<ParticipantId> = {
        let mut people: Vec<_> = events.iter().map(|event| event.participant).collect();
        people.sort_unstable();
        people.dedup();
        people
    };
    let all = people.iter().flat_map(|who| Purpose::all().map(|purpose| (*who, purpose)));
    let paper = |(who, purpose)| {
        let last = consents::newest(events, who, purpose)?;
        let of_purpose = events.iter().filter(|event| event.participant == who && event.purpose == purpose);
        let agreed = of_purpose
            .filter(|event| event.kind == ConsentKind::Given)
            .max_by_key(|event| (event.at, event.id));
        Some(Paper {
            purpose,
            form: agreed.and_then(|event| event.form),
            agreed_on: agreed.map(|event| day(ground, event.at)),
            // It no longer counts from that instant on: the day before its last moment.
            until: agreed
                .and_then(|event| event.valid_until)
                .map(|end| day(ground, Instant::from_millis(end.as_millis().saturating_sub(1)))),
            changed_on: (last.kind == ConsentKind::Withdrawn).then(|| day(ground, last.at)),
        })
    };
    all.filter_map(paper).collect()
}

/// The local day of an instant, as it is written; nothing for one that no calendar has.
fn day(ground: &Ground, at: Instant) -> String {
    local_days::date_of(&ground.settings.zone, at).map_or_else(String::new, |date| date.to_string())
}

#[cfg(test)]
mod tests;
