//! The casebook over the API: what a therapist has observed, and the words that go with a release. For the care team alone;
//! no client device ever receives it, and every reading stands in the audit.

use std::sync::Arc;

use sync_core::{
    documents::{Note, Observation},
    id::{ClientId, EntryId, PracticeId, ReleaseId},
};

use super::{Desk, Draft, check_therapist, releases::{NewObservation, NewWords}};
use crate::{app::App, domain::{documents::audit::{self, Action, Actor, AuditEntry}, leases, people::clients}, nouns::{Refusal, callers::StaffCaller}, store::{self, StoreError, Tx, Urgency, notes::StoredNote}};

/// How many releases one observation is about at most: an entry names no more either.
pub const MAX_RELEASES: usize = 64;

/// Keeps an observation by itself: somebody talks first, or has paused a clip, and says why.
///
/// # Errors
/// [`Refusal::NotFound`] for a client not in care or releases of others; [`Refusal::NoteNotKept`] where the casebook is
/// damaged.
pub async fn observe(
    app: &Arc<App>,
    caller: StaffCaller,
    client: ClientId,
    releases: Vec<ReleaseId>,
    new: NewObservation,
) -> Result<(), Refusal> {
    if releases.len() > MAX_RELEASES {
        return Err(Refusal::OutOfBounds("releases: 64 at most"));
    }
    let desk = Desk::open(app, caller, client).await?;
    let at = app.clock.now();
    desk.write(Urgency::Grant, move |written| {
        if !releases.iter().all(|release| written.orders.releases.contains_key(release)) {
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
    app: &App,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<(EntryId, Observation)>, Refusal> {
    let mut tx = app.db.read().await?;
    let practice = check_reader(&mut tx, caller, client).await?;
    let stored = store::notes::observations(&mut tx, client).await?;
    let notes = open(app, &mut tx, (practice, client), stored).await?;
    drop(tx);
    let observed = |(id, bytes): (EntryId, Vec<u8>)| match Note::decode(&bytes) {
        Ok(Note::Observation(observation)) => Some((id, observation)),
        _ => None,
    };
    let mut found: Vec<_> = notes.into_iter().filter_map(observed).collect();
    found.sort_by_key(|(id, observation)| std::cmp::Reverse((observation.at, *id)));
    note_reading(app, caller, client, None).await?;
    Ok(found)
}

/// Reads the words that a release's clip carries: what its client reads, now and when it ends.
///
/// # Errors
/// As [`observations`].
pub async fn words(app: &App, caller: StaffCaller, release: ReleaseId) -> Result<NewWords, Refusal> {
    // Before anything is looked up: who may not read does not hear which ids there are.
    check_therapist(caller)?;
    let mut tx = app.db.read().await?;
    let client = store::releases::by_id(&mut tx, release).await?.ok_or(Refusal::NotFound)?.client;
    let practice = check_reader(&mut tx, caller, client).await?;
    let words = words_of(app, &mut tx, (practice, client), release).await?;
    drop(tx);
    note_reading(app, caller, client, Some(release)).await?;
    Ok(words)
}

/// A release's words as they are, with another note to the client; an empty one takes the note away. Shown to nobody, so
/// that no reading is on record.
///
/// # Errors
/// As [`observations`].
pub(in crate::domain) async fn words_with(
    app: &App,
    caller: StaffCaller,
    release: ReleaseId,
    note: &str,
) -> Result<NewWords, Refusal> {
    let mut tx = app.db.read().await?;
    let client = store::releases::by_id(&mut tx, release).await?.ok_or(Refusal::NotFound)?.client;
    let practice = check_reader(&mut tx, caller, client).await?;
    let words = words_of(app, &mut tx, (practice, client), release).await?;
    let note = Some(note.trim()).filter(|note| !note.is_empty()).map(str::to_owned);
    Ok(NewWords { note, ..words })
}

/// The practice of a client whose casebook the caller may read.
async fn check_reader(tx: &mut Tx, caller: StaffCaller, client: ClientId) -> Result<PracticeId, Refusal> {
    check_therapist(caller)?;
    Ok(clients::in_care(tx, &caller, client).await?.practice)
}

/// The words that go with a release; a kind default where nobody has written any.
///
/// # Errors
/// [`Refusal::Unavailable`] where the database fails, or what was written cannot be read: a default in its place would
/// take the therapist's words for nothing.
pub(in crate::domain) async fn words_of(
    app: &App,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    release: ReleaseId,
) -> Result<NewWords, Refusal> {
    let stored = store::notes::of_release(tx, client, release).await?;
    let notes = open(app, tx, (practice, client), stored).await?;
    Ok(leases::words(&notes, release))
}

/// Puts notes into rows, in the transaction that writes the casebook.
///
/// # Errors
/// When the database or a key fails.
pub(in crate::domain) async fn keep(
    app: &App,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    notes: &[(EntryId, Vec<u8>)],
) -> Result<(), Refusal> {
    if notes.is_empty() {
        return Ok(());
    }
    let key = app.keys.practice(tx, practice).await?;
    for (id, bytes) in notes {
        let release = match Note::decode(bytes) {
            Ok(Note::Words(words)) => Some(words.release),
            Ok(Note::Observation(_)) => None,
            // The vet lets none of these pass, and no reader could do anything with it.
            Err(_) => continue,
        };
        store::notes::insert(tx, client, *id, release, &key.seal(&context(client, *id), bytes)).await?;
    }
    Ok(())
}

async fn open(
    app: &App,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    stored: Vec<StoredNote>,
) -> Result<Vec<StoredNote>, Refusal> {
    if !store::notes::are_in_rows(tx, client).await? {
        return Err(Refusal::Unavailable);
    }
    let key = app.keys.practice(tx, practice).await?;
    let opened = stored.into_iter().map(|(id, sealed)| {
        key.open(&context(client, id), &sealed).map(|note| (id, note)).map_err(|_| Refusal::Unavailable)
    });
    opened.collect()
}

fn context(client: ClientId, note: EntryId) -> String {
    format!("note.sealed/{client}/{note}")
}

async fn note_reading(
    app: &App,
    caller: StaffCaller,
    client: ClientId,
    release: Option<ReleaseId>,
) -> Result<(), Refusal> {
    let at = app.clock.now();
    let entry =
        AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::OpenDocument).client(client);
    let entry = release.into_iter().fold(entry, AuditEntry::about);
    let noted = app.committer.commit::<_, StoreError, _>(Urgency::Grant, move |tx| {
        Box::pin(async move {
            audit::append(tx, &entry);
            Ok(())
        })
    });
    Ok(noted.await?)
}

#[cfg(test)]
mod tests;
