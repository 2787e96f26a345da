//! A client's letters in rows: each is put there when it comes, so that no reader opens the journal.
//!
//! The newest statement says whether the client shares. A phone whose client does not share writes nothing of it, and the
//! server shows nothing that was written before. If two statements came at one instant, the *no* counts: after a restore
//! the server has forgotten the order.

use sync_core::{
    documents::Letter,
    id::{ClientId, EntryId, PracticeId},
    instant::Instant,
};

use crate::{
    ground::Ground,
    keys::DataKeys,
    nouns::Refusal,
    store::{self, Tx},
};

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

/// A letter that the server has received; none of its words where they cannot be read.
pub(in crate::domain) struct Received {
    pub(in crate::domain) id: EntryId,
    pub(in crate::domain) received_at: Instant,
    pub(in crate::domain) letter: Option<Letter>,
}

impl Received {
    fn open(key: &DataKeys, client: ClientId, stored: store::letters::StoredLetter) -> Self {
        let store::letters::StoredLetter { id, received_at, sealed } = stored;
        Self { id, received_at, letter: sealed.and_then(|sealed| opened(key, client, id, &sealed)) }
    }
}

/// Whether a client shares their listening.
///
/// # Errors
/// When the database or a key fails: then it is not known.
pub(in crate::domain) async fn is_shared(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
) -> Result<bool, Refusal> {
    let Some(said) = store::letters::sharing(tx, client).await? else { return Ok(false) };
    let key = ground.keys.practice(tx, practice).await?;
    if !shares(&key, client, &said)? {
        return Ok(false);
    }
    let withdrew_at = store::consents::stopped_sharing_at(tx, client).await?;
    Ok(withdrew_at.is_none_or(|withdrew_at| withdrew_at < said.received_at))
}

/// The newest letters that have arrived, from the newest on. One that cannot be read is left out.
pub(in crate::domain) async fn arrived(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
) -> Result<Vec<Arrived>, Refusal> {
    let stored = store::letters::since(tx, client, Instant::from_millis(0), NEWEST).await?;
    let key = ground.keys.practice(tx, practice).await?;
    let read = stored.into_iter().map(|letter| Received::open(&key, client, letter));
    let arrived = read.filter_map(|Received { id, received_at, letter }| {
        Some(Arrived { id, letter: letter?, received_at })
    });
    Ok(arrived.collect())
}

/// The letters that the server received from an instant on, those that cannot be read among them: none is hidden.
pub(in crate::domain) async fn received_since(
    ground: &Ground,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    since: Instant,
) -> Result<Vec<Received>, Refusal> {
    let stored = store::letters::since(tx, client, since, NEWEST).await?;
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    // A key that is not here hides no letter either.
    let key = ground.keys.practice(tx, practice).await.ok();
    let read = |stored: store::letters::StoredLetter| match &key {
        Some(key) => Received::open(key, client, stored),
        None => Received { id: stored.id, received_at: stored.received_at, letter: None },
    };
    Ok(stored.into_iter().map(read).collect())
}

/// A sealed letter, if it can be read.
pub(in crate::domain) fn opened(
    key: &DataKeys,
    client: ClientId,
    letter: EntryId,
    sealed: &[u8],
) -> Option<Letter> {
    Letter::decode(&key.open(&letter_context(client, letter), sealed).ok()?).ok()
}

/// Puts letters into rows, in the transaction that writes the journal. `at` is when each was received.
///
/// # Errors
/// When the database or a key fails.
pub(in crate::domain) async fn keep(
    ground: &Ground,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    letters: &[(EntryId, Vec<u8>)],
    at: impl Fn(&EntryId) -> Instant,
) -> Result<(), Refusal> {
    if letters.is_empty() {
        return Ok(());
    }
    let key = ground.keys.practice(tx, practice).await?;
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
    key: &DataKeys,
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

fn shares(key: &DataKeys, client: ClientId, said: &store::letters::StoredSharing) -> Result<bool, Refusal> {
    let said = key.open(&sharing_context(client), &said.sealed).map_err(|_| Refusal::Unavailable)?;
    Ok(said == SHARES)
}

pub(in crate::domain) fn letter_context(client: ClientId, letter: EntryId) -> String {
    format!("letter.sealed/{client}/{letter}")
}

pub(in crate::domain) fn sharing_context(client: ClientId) -> String {
    format!("sharing.sealed/{client}")
}
