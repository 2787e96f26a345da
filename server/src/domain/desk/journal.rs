//! What the care team may read of a client's journal: letters always, plays and ratings while the client shares them.
//!
//! Letters are read from rows, where each was put when it came: no list and no phone's page opens the journal, whatever it
//! has grown to. Only plays are counted in the document itself.
//!
//! Whether the client shares is what they have said last. The phone of somebody who does not share writes nothing of it; what
//! was written before is not shown any more. Of what the server received at one instant a *no* counts: after a restore it has
//! forgotten what came first.

use std::collections::BTreeMap;

use sync_core::{
    documents::{self as views, Kind, Letter, PartOfDay},
    id::{ClientId, EntryId, PracticeId, ReleaseId},
    instant::Instant,
};

use crate::{app::App, domain::{documents, people::clients}, keys::PracticeKey, nouns::{Refusal, callers::{Role, StaffCaller}}, store::{self, Tx}};

/// How many letters are read at most, the newest first.
const NEWEST: i64 = 2_048;
/// What is sealed of a client who shares their listening: as long as of one who does not.
const SHARES: &[u8] = b"yes";
/// As [`SHARES`].
const KEEPS: &[u8] = b"no ";

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
    let practice = check_reader(&mut tx, caller, client).await?;
    let arrived = arrived(app, &mut tx, practice, client).await?;
    let says_something = |one: &Arrived| matches!(one.letter, Letter::Return { .. } | Letter::Request { .. });
    Ok(arrived.into_iter().filter(says_something).collect())
}

/// Reads what the client shares of their listening.
///
/// # Errors
/// [`Refusal::NotFound`] for a client whom the caller does not treat.
pub async fn listening(app: &App, caller: StaffCaller, client: ClientId) -> Result<Listening, Refusal> {
    let mut tx = app.db.read().await?;
    let practice = check_reader(&mut tx, caller, client).await?;
    if !is_shared(app, &mut tx, practice, client).await? {
        return Ok(Listening::default());
    }
    let arrived = arrived(app, &mut tx, practice, client).await?;
    let journal = documents::committed(app, &mut tx, practice, client, Kind::Journal).await?;
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
/// When the database or a key fails: then it is not known.
pub(in crate::domain) async fn is_shared(
    app: &App,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
) -> Result<bool, Refusal> {
    let Some(said) = store::letters::sharing(tx, client).await? else { return Ok(false) };
    let key = app.keys.practice(tx, practice).await?;
    if !shares(&key, client, &said)? {
        return Ok(false);
    }
    let withdrew_at = store::consents::stopped_sharing_at(tx, client).await?;
    Ok(withdrew_at.is_none_or(|withdrew_at| withdrew_at < said.received_at))
}

/// The newest letters that have arrived, from the newest on. One that cannot be read is left out.
pub(in crate::domain) async fn arrived(
    app: &App,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
) -> Result<Vec<Arrived>, Refusal> {
    let stored = store::letters::since(tx, client, Instant::from_millis(0), NEWEST).await?;
    let key = app.keys.practice(tx, practice).await?;
    let read = stored.into_iter().map(|letter| Received::open(&key, client, letter));
    let arrived = read.filter_map(|Received { id, received_at, letter }| {
        Some(Arrived { id, letter: letter?, received_at })
    });
    Ok(arrived.collect())
}

/// A letter that the server has received; none of its words where they cannot be read.
pub(in crate::domain) struct Received {
    pub(in crate::domain) id: EntryId,
    pub(in crate::domain) received_at: Instant,
    pub(in crate::domain) letter: Option<Letter>,
}

impl Received {
    fn open(key: &PracticeKey, client: ClientId, stored: store::letters::StoredLetter) -> Self {
        let store::letters::StoredLetter { id, received_at, sealed } = stored;
        Self { id, received_at, letter: sealed.and_then(|sealed| opened(key, client, id, &sealed)) }
    }
}

/// The letters that the server received from an instant on, those that cannot be read among them: none is hidden.
pub(in crate::domain) async fn received_since(
    app: &App,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    since: Instant,
) -> Result<Vec<Received>, Refusal> {
    let stored = store::letters::since(tx, client, since, NEWEST).await?;
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    // A key that is not here hides no letter either.
    let key = app.keys.practice(tx, practice).await.ok();
    let read = |stored: store::letters::StoredLetter| match &key {
        Some(key) => Received::open(key, client, stored),
        None => Received { id: stored.id, received_at: stored.received_at, letter: None },
    };
    Ok(stored.into_iter().map(read).collect())
}

/// A sealed letter, if it can be read.
pub(in crate::domain) fn opened(key: &PracticeKey, client: ClientId, letter: EntryId, sealed: &[u8]) -> Option<Letter> {
    Letter::decode(&key.open(&letter_context(client, letter), sealed).ok()?).ok()
}

/// Puts letters into rows, in the transaction that writes the journal. `at` is when each was received.
///
/// # Errors
/// When the database or a key fails.
pub(in crate::domain) async fn keep(
    app: &App,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    letters: &[(EntryId, Vec<u8>)],
    at: impl Fn(&EntryId) -> Instant,
) -> Result<(), Refusal> {
    if letters.is_empty() {
        return Ok(());
    }
    let key = app.keys.practice(tx, practice).await?;
    for (id, bytes) in letters {
        let (at, sealed) = (at(id), key.seal(&letter_context(client, *id), bytes));
        let came_at = store::letters::insert(tx, client, *id, at, &sealed).await?;
        if let (Some(at), Ok(Letter::Sharing { on, .. })) = (came_at, Letter::decode(bytes)) {
            keep_sharing(tx, &key, client, on, at).await?;
        }
    }
    Ok(())
}

async fn keep_sharing(
    tx: &mut Tx,
    key: &PracticeKey,
    client: ClientId,
    on: bool,
    at: Instant,
) -> Result<(), Refusal> {
    let said = store::letters::sharing(tx, client).await?;
    let before =
        said.map(|said| Ok::<_, Refusal>((said.received_at, !shares(key, client, &said)?))).transpose()?;
    if before.is_some_and(|before| before >= (at, !on)) {
        return Ok(());
    }
    let sealed = key.seal(&sharing_context(client), if on { SHARES } else { KEEPS });
    Ok(store::letters::set_sharing(tx, client, at, &sealed).await?)
}

fn shares(
    key: &PracticeKey,
    client: ClientId,
    said: &store::letters::StoredSharing,
) -> Result<bool, Refusal> {
    let said = key.open(&sharing_context(client), &said.sealed).map_err(|_| Refusal::Unavailable)?;
    Ok(said == SHARES)
}

/// The practice of a client whose journal the caller may read.
async fn check_reader(tx: &mut Tx, caller: StaffCaller, client: ClientId) -> Result<PracticeId, Refusal> {
    if caller.role != Role::Therapist {
        return Err(Refusal::NotAllowed);
    }
    Ok(clients::in_care(tx, &caller, client).await?.practice)
}

fn letter_context(client: ClientId, letter: EntryId) -> String {
    format!("letter.sealed/{client}/{letter}")
}

fn sharing_context(client: ClientId) -> String {
    format!("sharing.sealed/{client}")
}

#[cfg(test)]
mod tests;
