//! The casebook over the API: a therapist's observations, and the words that go with a release. For
//! the care team alone; no client device ever receives it, and every reading stands in the audit.

use sync_core::policy::StaffAct;

use sync_core::{
    documents::{Note, Observation},
    id::{ClientId, EntryId, PracticeId, ReleaseId},
};

use super::{Desk, Draft};
use crate::{
    domain::{
        documents::{
            binder::Binders,
            notes::{self, ReleaseWords},
        },
        people::care,
        records::readings::{self, Reading},
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, Tx, Urgency},
};

/// What the therapist has observed.
#[derive(Clone)]
pub struct NewObservation {
    /// What kind.
    pub kind: sync_core::documents::ObservationKind,
    /// The private reason.
    pub reason: String,
}

/// How many releases one observation is about at most: an entry names no more either.
pub const MAX_RELEASES: usize = 64;

/// Keeps an observation by itself: somebody talks first, or has paused a clip, and says why.
///
/// # Errors
/// [`Refusal::NotFound`] for a client not in care or releases of others; [`Refusal::NoteNotKept`] where the casebook is
/// damaged.
pub async fn observe(
    binders: &Binders,
    caller: StaffCaller,
    client: ClientId,
    releases: Vec<ReleaseId>,
    new: NewObservation,
) -> Result<(), Refusal> {
    Refusal::check_count("releases", releases.len(), 0, MAX_RELEASES)?;
    let desk = Desk::open(binders, caller, client).await?;
    let at = binders.ground.clock.now();
    desk.write(Urgency::Grant, move |written| {
        if !releases.iter().all(|release| written.orders().releases.contains_key(release)) {
            return Err(Refusal::NotFound);
        }
        let NewObservation { kind, reason } = new.clone();
        let observation = Observation { kind, at, releases: releases.clone(), reason };
        Ok(Draft { notes: vec![Note::Observation(observation)], ..Draft::default() })
    })
    .await
}

/// Reads what was observed of a client, newest first.
///
/// # Errors
/// [`Refusal::NotFound`] for a client not in care; [`Refusal::Unavailable`] where the casebook is damaged, or the reading
/// cannot be entered into the audit: then it is not shown.
pub async fn observations(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<(EntryId, Observation)>, Refusal> {
    let mut tx = ground.db.read().await?;
    let practice = check_reader(&mut tx, caller, client).await?;
    let stored = store::notes::observations(&mut tx, client).await?;
    let notes = notes::open(ground, &mut tx, (practice, client), stored).await?;
    drop(tx);
    let observed = |(id, bytes): (EntryId, Vec<u8>)| match Note::decode(&bytes) {
        Ok(Note::Observation(observation)) => Some((id, observation)),
        _ => None,
    };
    let mut found: Vec<_> = notes.into_iter().filter_map(observed).collect();
    found.sort_by_key(|(id, observation)| std::cmp::Reverse((observation.at, *id)));
    readings::note(ground, caller, Reading::Casebook(client)).await?;
    Ok(found)
}

/// Reads the words that a release's clip carries: what its client reads, now and when it ends.
///
/// # Errors
/// As [`observations`].
pub async fn words(
    ground: &Ground,
    caller: StaffCaller,
    release: ReleaseId,
) -> Result<ReleaseWords, Refusal> {
    // Before anything is looked up: who may not read does not hear which ids there are.
    caller.check_may(StaffAct::KeepCasebook)?;
    let mut tx = ground.db.read().await?;
    let client = store::releases::by_id(&mut tx, release).await?.ok_or(Refusal::NotFound)?.client;
    let practice = check_reader(&mut tx, caller, client).await?;
    let words = notes::words_of(ground, &mut tx, (practice, client), release).await?;
    drop(tx);
    readings::note(ground, caller, Reading::Words(client, release)).await?;
    Ok(words)
}

/// A release's words as they are, with another note to the client; an empty one takes the note away. Shown to nobody, so
/// that no reading is on record.
///
/// # Errors
/// As [`observations`].
pub(in crate::domain) async fn words_with(
    ground: &Ground,
    caller: StaffCaller,
    release: ReleaseId,
    note: &str,
) -> Result<ReleaseWords, Refusal> {
    let mut tx = ground.db.read().await?;
    let client = store::releases::by_id(&mut tx, release).await?.ok_or(Refusal::NotFound)?.client;
    let practice = check_reader(&mut tx, caller, client).await?;
    let words = notes::words_of(ground, &mut tx, (practice, client), release).await?;
    let note = Some(note.trim()).filter(|note| !note.is_empty()).map(str::to_owned);
    Ok(ReleaseWords { note, ..words })
}

/// The practice of a client whose casebook the caller may read.
async fn check_reader(tx: &mut Tx, caller: StaffCaller, client: ClientId) -> Result<PracticeId, Refusal> {
    caller.check_may(StaffAct::KeepCasebook)?;
    Ok(care::in_care(tx, &caller, client).await?.practice)
}

#[cfg(test)]
mod tests;
