//! Recordings of therapy sessions: their instant, their clients, and the participants who are heard
//! on them.

use std::collections::BTreeSet;
use sync_core::{
    id::{ClientId, ParticipantId, RecordingId},
    instant::{Instant, Span},
    policy::StaffAct,
};

use super::participants;
use crate::{
    domain::{
        people::care,
        records::{
            audit::{self, Action, Actor, AuditEntry},
            readings::{self, Reading},
        },
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller, consents::ConsentEvent, participant_kind::ParticipantKind},
    store::{self, Tx, Urgency, recordings::Recording},
};

/// How many people can be on one recording.
pub const PARTICIPANTS_MAX: usize = 32;
/// How far ahead of the server's clock a session may have been.
const AHEAD: Span = Span::from_hours(1);

/// A recording that is to be entered.
pub struct NewRecording {
    /// The client whose session it was.
    pub client: ClientId,
    /// When the session was.
    pub recorded_at: Instant,
    /// Who is heard or seen.
    pub participants: BTreeSet<ParticipantId>,
}

/// A recording as the care team sees it.
pub struct RecordingView {
    /// The recording.
    pub id: RecordingId,
    /// The client whose session it was.
    pub client: ClientId,
    /// When the session was.
    pub recorded_at: Instant,
    /// Who is heard or seen.
    pub participants: Vec<ParticipantView>,
    /// Every consent given or withdrawn, oldest first.
    pub consents: Vec<ConsentEvent>,
}

/// Somebody on a recording.
pub struct ParticipantView {
    /// The participant.
    pub id: ParticipantId,
    /// Who they are to the therapy.
    pub kind: ParticipantKind,
    /// Their name.
    pub name: String,
}

/// Enters a recording.
///
/// # Errors
/// [`Refusal::NotFound`] when the client or a participant is not the caller's to name.
pub async fn add(ground: &Ground, caller: StaffCaller, new: NewRecording) -> Result<RecordingId, Refusal> {
    caller.check_may(StaffAct::AddRecording)?;
    Refusal::check_count("participants", new.participants.len(), 1, PARTICIPANTS_MAX)?;
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let at = ground.clock.now();
                if new.recorded_at > at + AHEAD {
                    return Err(Refusal::OutOfBounds("recorded_at: not in the future"));
                }
                let client = care::in_care(tx, &caller, new.client).await?;
                let id = RecordingId::new(at, ground.entropy.bytes());
                let recording = Recording {
                    id,
                    practice: caller.practice,
                    version: 1,
                    client: client.id,
                    recorded_at: new.recorded_at,
                    created_at: at,
                };
                store::recordings::insert(tx, &recording).await?;
                for participant in new.participants {
                    participants::usable(tx, &caller, participant, client.id).await?;
                    store::recordings::insert_participant(tx, id, participant).await?;
                }
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::AddRecording);
                audit::append(tx, &entry.client(client.id).about(id));
                Ok(id)
            })
        })
        .await
}

/// Reads a recording with its people and their consents.
///
/// # Errors
/// [`Refusal::NotFound`] when the caller does not treat its client.
pub async fn find(
    ground: &Ground,
    caller: StaffCaller,
    recording: RecordingId,
) -> Result<RecordingView, Refusal> {
    let mut tx = ground.db.read().await?;
    let recording = in_care(&mut tx, &caller, recording).await?;
    let client = recording.client;
    let view = view(ground, &mut tx, recording).await?;
    drop(tx);
    readings::note(ground, caller, Reading::Recordings(client)).await?;
    Ok(view)
}

/// Lists the recordings of a client's sessions, newest first.
///
/// # Errors
/// [`Refusal::NotFound`] when the caller does not treat the client.
pub async fn of_client(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<RecordingView>, Refusal> {
    let mut tx = ground.db.read().await?;
    care::in_care(&mut tx, &caller, client).await?;
    let mut listed = Vec::new();
    for recording in store::recordings::of_client(&mut tx, client).await? {
        listed.push(view(ground, &mut tx, recording).await?);
    }
    drop(tx);
    readings::note(ground, caller, Reading::Recordings(client)).await?;
    Ok(listed)
}

async fn view(ground: &Ground, tx: &mut Tx, recording: Recording) -> Result<RecordingView, Refusal> {
    let mut people = Vec::new();
    for participant in store::participants::on_recording(tx, recording.id).await? {
        let name = participants::name_of(ground, tx, &participant).await?;
        people.push(ParticipantView { id: participant.id, kind: participant.kind, name });
    }
    Ok(RecordingView {
        id: recording.id,
        client: recording.client,
        recorded_at: recording.recorded_at,
        participants: people,
        consents: store::consents::of_recording(tx, recording.id).await?,
    })
}

/// Finds a recording of a client whom the caller treats.
///
/// # Errors
/// [`Refusal::NotFound`], for unknown recordings and those of others alike.
pub async fn in_care(
    tx: &mut Tx,
    caller: &StaffCaller,
    recording: RecordingId,
) -> Result<Recording, Refusal> {
    let found = store::recordings::by_id(tx, recording).await?.ok_or(Refusal::NotFound)?;
    care::in_care(tx, caller, found.client).await?;
    Ok(found)
}
