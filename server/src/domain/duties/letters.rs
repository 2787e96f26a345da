//! Reads what unread letters say, without their words.

use std::collections::BTreeMap;

use sync_core::{
    documents::{Kind, Letter, entries},
    id::{ClientId, EntryId, PracticeId, ReleaseId},
};

use super::What;
use crate::{
    app::App,
    domain::{Refusal, documents},
    store::{Tx, duties::UnreadLetter},
};

/// What a letter says, without its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// "This doesn't help me."
    Return {
        /// Of which release.
        release: ReleaseId,
    },
    /// A question.
    Request {
        /// About which release, if one.
        release: Option<ReleaseId>,
    },
}

/// What was met among letters that were not read yet.
#[derive(Default)]
pub(super) struct Met {
    /// Returns, requests, and what cannot be read now.
    pub(super) told: Vec<What>,
    /// What has nothing in it for anybody to read.
    pub(super) wordless: Vec<(ClientId, EntryId)>,
}

/// What a received letter turned out to be.
enum Found {
    Says(Says),
    Wordless,
    Unreadable,
}

/// Reads what letters say. A journal is opened only where there are any.
pub(super) async fn read(
    app: &App,
    tx: &mut Tx,
    practice: PracticeId,
    unread: Vec<UnreadLetter>,
) -> Result<Met, Refusal> {
    let mut met = Met::default();
    let of_same_client = |one: &UnreadLetter, other: &UnreadLetter| one.client == other.client;
    for letters in unread.chunk_by(of_same_client) {
        let Some(client) = letters.first().map(|letter| letter.client) else { continue };
        let ids: Vec<_> = letters.iter().map(|letter| letter.letter).collect();
        let found = what_they_say(app, tx, practice, client, &ids).await;
        for (UnreadLetter { letter, received_at, .. }, found) in letters.iter().zip(found) {
            let says = match found {
                Found::Wordless => {
                    met.wordless.push((client, *letter));
                    continue;
                }
                Found::Says(says) => Some(says),
                Found::Unreadable => None,
            };
            met.told.push(What::ReadLetter { client, letter: *letter, says, received_at: *received_at });
        }
    }
    Ok(met)
}

/// What each of these letters of a client says: the one place that opens them.
async fn what_they_say(
    app: &App,
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
    letters: &[EntryId],
) -> Vec<Found> {
    // A journal that is damaged, or was sealed under a key that is not here, hides no letter.
    let journal = documents::committed(app, tx, practice, client, Kind::Journal).await.ok();
    let written: Option<BTreeMap<_, _>> = journal.map(|journal| entries(&journal).into_iter().collect());
    let found = |letter: &EntryId| match &written {
        None => Found::Unreadable,
        Some(written) => match written.get(letter).map(|bytes| Letter::decode(bytes)) {
            Some(Ok(Letter::Return { release, .. })) => Found::Says(Says::Return { release }),
            Some(Ok(Letter::Request { release, .. })) => Found::Says(Says::Request { release }),
            // One that is not in the journal any more has nothing that could be read.
            Some(Ok(Letter::Rating { .. } | Letter::Sharing { .. })) | None => Found::Wordless,
            Some(Err(_)) => Found::Unreadable,
        },
    };
    letters.iter().map(found).collect()
}
