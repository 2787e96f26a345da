//! A casebook's notes in rows: the words of a release are read for each lease, and the casebook is not opened for it.

use sync_core::{
    documents::{Note, Words},
    id::{ClientId, EntryId, PracticeId, ReleaseId},
    instant::Instant,
    lease::Marks,
};

use crate::{
    ground::Ground,
    nouns::{Refusal, language::Language},
    store::{self, Tx, notes::StoredNote},
};

/// Words that go with a release.
#[derive(Clone)]
pub struct ReleaseWords {
    /// A note to the client.
    pub note: Option<String>,
    /// Words at points of the clip.
    pub marks: Marks,
    /// What it leaves when it ends.
    pub parting_note: String,
}

impl ReleaseWords {
    /// The words as a note of the casebook.
    #[must_use]
    pub fn into_note(self, release: ReleaseId, at: Instant) -> Note {
        let Self { note, marks, parting_note } = self;
        Note::Words(Words { release, at, note, marks, parting_note })
    }
}

/// The words that go with a release; a kind default where nobody has written any.
///
/// # Errors
/// [`Refusal::Unavailable`] where the database fails, or what was written cannot be read: a default in its place would
/// take the therapist's words for nothing.
pub(in crate::domain) async fn words_of(
    ground: &Ground,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    release: ReleaseId,
) -> Result<ReleaseWords, Refusal> {
    let stored = store::notes::of_release(tx, client, release).await?;
    let notes = open(ground, tx, (practice, client), stored).await?;
    Ok(words(ground.settings.language, &notes, release))
}

fn words(language: Language, notes: &[(EntryId, Vec<u8>)], release: ReleaseId) -> ReleaseWords {
    let words = Note::newest_words(notes.iter().map(|(_, bytes)| bytes.as_slice()), release);
    words.map_or_else(
        || ReleaseWords {
            note: None,
            marks: Marks::default(),
            parting_note: language.parting_note().to_owned(),
        },
        |words| ReleaseWords { note: words.note, marks: words.marks, parting_note: words.parting_note },
    )
}

/// Puts notes into rows, in the transaction that writes the casebook.
///
/// # Errors
/// When the database or a key fails.
pub(in crate::domain) async fn keep(
    ground: &Ground,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    notes: &[(EntryId, Vec<u8>)],
) -> Result<(), Refusal> {
    if notes.is_empty() {
        return Ok(());
    }
    let key = ground.keys.practice(tx, practice).await?;
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

/// Opens notes that were read from their rows.
///
/// # Errors
/// [`Refusal::Unavailable`] where the rows are not complete, or one cannot be opened.
pub(in crate::domain) async fn open(
    ground: &Ground,
    tx: &mut Tx,
    (practice, client): (PracticeId, ClientId),
    stored: Vec<StoredNote>,
) -> Result<Vec<StoredNote>, Refusal> {
    if !store::notes::are_in_rows(tx, client).await? {
        return Err(Refusal::Unavailable);
    }
    let key = ground.keys.practice(tx, practice).await?;
    let opened = stored.into_iter().map(|(id, sealed)| {
        key.open(&context(client, id), &sealed).map(|note| (id, note)).map_err(|_| Refusal::Unavailable)
    });
    opened.collect()
}

pub(in crate::domain) fn context(client: ClientId, note: EntryId) -> String {
    format!("note.sealed/{client}/{note}")
}
