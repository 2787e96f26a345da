//! What the care team may read of a client's journal: letters always, plays and ratings while the client shares them.
//!
//! Whether they do is what they have said last. The phone of somebody who does not share writes nothing of it; what was
//! written before is not shown any more. Of what the server received at one instant a *no* counts: after a restore it has
//! forgotten what came first.

use std::collections::BTreeMap;

use sync_core::{
    documents::{self as views, Document, Kind, Letter, PartOfDay},
    id::{ClientId, EntryId, PracticeId, ReleaseId},
    instant::Instant,
};

use super::{
    Refusal,
    caller::{Role, StaffCaller},
    clients, documents,
};
use crate::{
    app::App,
    store::{self, Tx},
};

/// A letter that has come.
pub struct Arrived {
    /// The letter.
    pub id: EntryId,
    /// What it says.
    pub letter: Letter,
    /// When the server received it.
    pub received_at: Instant,
}

/// What a client shares of their listening.
#[derive(Default)]
pub struct Listening {
    /// Whether they share it. Where not, there is nothing else.
    pub shared: bool,
    /// Plays by release and day, on every device together.
    pub days: BTreeMap<(ReleaseId, Instant), DayPlays>,
    /// Ratings, newest first: of which release, when, and from 0, worse, to 4, better.
    pub ratings: Vec<(ReleaseId, Instant, u8)>,
}

/// How often a release was played on one day.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DayPlays {
    /// Altogether.
    pub plays: u64,
    /// By part of the day, as far as the devices have told it.
    pub parts: BTreeMap<PartOfDay, u64>,
}

/// Lists returns and requests, newest first.
///
/// # Errors
/// [`Refusal::NotFound`] for a client whom the caller does not treat.
pub async fn letters(app: &App, caller: StaffCaller, client: ClientId) -> Result<Vec<Arrived>, Refusal> {
    let mut tx = app.db.read().await?;
    let (_, arrived) = open(app, &mut tx, caller, client).await?;
    let says_something = |one: &Arrived| matches!(one.letter, Letter::Return { .. } | Letter::Request { .. });
    Ok(arrived.into_iter().filter(says_something).collect())
}

/// Reads what the client shares of their listening.
///
/// # Errors
/// [`Refusal::NotFound`] for a client whom the caller does not treat.
pub async fn listening(app: &App, caller: StaffCaller, client: ClientId) -> Result<Listening, Refusal> {
    let mut tx = app.db.read().await?;
    let (journal, arrived) = open(app, &mut tx, caller, client).await?;
    if !is_shared_by(&mut tx, client, &arrived).await? {
        return Ok(Listening::default());
    }
    let mut days: BTreeMap<_, DayPlays> = BTreeMap::new();
    for (key, plays) in views::plays(&journal) {
        let day = days.entry((key.release, key.day)).or_default();
        day.plays += u64::from(plays);
        if let Some(part) = key.part {
            *day.parts.entry(part).or_default() += u64::from(plays);
        }
    }
    let ratings = arrived.iter().filter_map(|one| match one.letter {
        Letter::Rating { release, at, value } => Some((release, at, value)),
        _ => None,
    });
    Ok(Listening { shared: true, days, ratings: ratings.collect() })
}

/// Whether a client shares their listening.
///
/// # Errors
/// When the journal cannot be read: then it is not known.
pub(super) async fn is_shared(
    app: &App,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
) -> Result<bool, Refusal> {
    let (_, arrived) = read(app, tx, practice, client).await?;
    is_shared_by(tx, client, &arrived).await
}

async fn is_shared_by(tx: &mut Tx, client: ClientId, arrived: &[Arrived]) -> Result<bool, Refusal> {
    Ok(shares(arrived, store::consents::stopped_sharing_at(tx, client).await?))
}

/// The journal as a therapist may have it.
async fn open(
    app: &App,
    tx: &mut Tx,
    caller: StaffCaller,
    client: ClientId,
) -> Result<(Document, Vec<Arrived>), Refusal> {
    if caller.role != Role::Therapist {
        return Err(Refusal::NotAllowed);
    }
    let found = clients::in_care(tx, &caller, client).await?;
    read(app, tx, found.practice, client).await
}

/// The journal, and its letters from the newest on.
pub(super) async fn read(
    app: &App,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
) -> Result<(Document, Vec<Arrived>), Refusal> {
    let journal = documents::committed(app, tx, practice, client, Kind::Journal).await?;
    let received: BTreeMap<_, _> =
        store::letters::since(tx, client, Instant::from_millis(0)).await?.into_iter().collect();
    let read = |(id, bytes): (EntryId, Vec<u8>)| {
        let letter = Letter::decode(&bytes).ok()?;
        // Of one that the row is missing for, its own instant is all there is.
        let received_at = received.get(&id).copied().unwrap_or_else(|| letter.at());
        Some(Arrived { id, letter, received_at })
    };
    let mut arrived: Vec<_> = views::entries(&journal).into_iter().filter_map(read).collect();
    arrived.sort_by_key(|one| std::cmp::Reverse((one.received_at, one.id)));
    Ok((journal, arrived))
}

fn shares(arrived: &[Arrived], withdrew_at: Option<Instant>) -> bool {
    let said = arrived.iter().filter_map(|one| match one.letter {
        Letter::Sharing { on, .. } => Some((one.received_at, !on)),
        _ => None,
    });
    said.max().is_some_and(|(at, stops)| !stops && withdrew_at.is_none_or(|withdrew_at| withdrew_at < at))
}

#[cfg(test)]
mod tests;
