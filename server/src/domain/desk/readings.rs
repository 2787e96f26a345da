//! Readings: which letters a member of the care team has read.
//!
//! A reading belongs to one person: if a colleague has read a letter, it stays a duty of the
//! therapist. It says that the words were on their screen, and nothing more: their answer is
//! between them and the client.

use std::collections::BTreeSet;
use sync_core::{
    id::{ClientId, EntryId},
    instant::Instant,
    policy::StaffAct,
};

use super::journal;
use crate::{
    domain::{
        documents::letters::Arrived,
        people::care,
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, Urgency},
};

/// How many letters are marked at a time.
pub const LETTERS_MAX: usize = 100;
/// How many without words are marked at a time: other people's work waits behind one transaction.
const WORDLESS_AT_ONCE: usize = 500;

/// Lists returns and requests, newest first, and whether the caller has read each.
///
/// # Errors
/// [`Refusal::NotFound`] for a client whom the caller does not treat.
pub async fn letters(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<(Arrived, bool)>, Refusal> {
    let arrived = journal::letters(ground, caller, client).await?;
    let mut tx = ground.db.read().await?;
    let all = Instant::from_millis(0);
    let unread =
        store::duties::unread_letters(&mut tx, caller.practice, caller.staff, Some(client), all).await?;
    let unread: BTreeSet<EntryId> = unread.into_iter().map(|one| one.letter).collect();
    let with_reading = |one: Arrived| {
        let is_read = !unread.contains(&one.id);
        (one, is_read)
    };
    Ok(arrived.into_iter().map(with_reading).collect())
}

/// Marks letters as read by the caller: all of them or, when one is not there, none. Marking again changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`] for a client whom the caller does not treat, and for letters that are not that client's.
pub async fn mark(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
    letters: BTreeSet<EntryId>,
) -> Result<(), Refusal> {
    caller.check_may(StaffAct::ReadJournal)?;
    Refusal::check_count("letters", letters.len(), 1, LETTERS_MAX)?;
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let at = ground.clock.now();
                let found = care::in_care(tx, &caller, client).await?;
                let mut entry =
                    AuditEntry::new(found.practice, at, Actor::from(&caller), Action::ReadLetters)
                        .client(client);
                let mut is_new = false;
                for letter in letters {
                    if store::readings::mark(tx, caller.staff, client, letter, at).await? {
                        is_new = true;
                        entry = entry.about(letter);
                    } else if !store::readings::is_there(tx, client, letter).await? {
                        return Err(Refusal::NotFound);
                    }
                }
                if is_new {
                    audit::append(tx, &entry);
                }
                Ok(())
            })
        })
        .await
}

/// Marks letters without words, so that no journal is opened for them again. It is a convenience: where
/// it fails, it is met again the next time.
pub(in crate::domain) async fn mark_wordless(
    ground: &Ground,
    caller: StaffCaller,
    met: Vec<(ClientId, EntryId)>,
) {
    if met.is_empty() {
        return;
    }
    let (at, met) = (ground.clock.now(), met.into_iter().take(WORDLESS_AT_ONCE));
    let marked = ground.committer.commit::<_, Refusal, _>(Urgency::Grant.by(caller), move |tx| {
        Box::pin(async move {
            for (client, letter) in met {
                store::readings::mark(tx, caller.staff, client, letter, at).await?;
            }
            Ok(())
        })
    });
    if let Err(error) = marked.await {
        tracing::debug!(%error, "letters without words could not be marked");
    }
}

#[cfg(test)]
mod tests;
