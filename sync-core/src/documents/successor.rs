//! Successors: a fresh document with the entries that still count, when an old one has grown with
//! the years.
//!
//! The old document's id leads to the successor for ever, and entries that a late device has
//! written into the old one are copied by id ([`append`](super::append)). So no left-out entry may
//! be missed when such an entry arrives. An entry of the orders is left out only if it speaks of
//! nothing but releases that are over, and a revocation in the server's name stands for all of
//! these. With it, no late entry brings one back; without it, a copy of the release's own entry
//! would. Revocations and holds that are wider than one release stay, because a release that a
//! therapist made in ignorance of them, years ago and offline, must still wait.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use automerge::{ActorId, AutomergeError, transaction::Transactable};
use sha2::{Digest, Sha256};

use super::{
    Document, Kind, Letter, Note, Plays, Shelf, ShelfState, append, create, entries, plays, plays_object,
};
use crate::{
    id::{EntryId, ReleaseId},
    instant::Instant,
    orders::{Act, Author, Entry, HoldOn, Orders, Release, RevokeOn},
    policy::{Standing, standing},
};

/// How many bytes of notes a casebook's successor keeps.
const NOTES_KEPT_BYTES: usize = 512 * 1_024;

/// Makes the successor of a document, by an actor of its own.
///
/// What ended before `horizon` is left out; `now` is when it is made. The horizon lies in the past, farther than any
/// lease reaches, so that no device holds a key of what is left out; a revocation's instant is what its author's clock
/// said. Of a casebook the newest notes are kept, as many as fit into 512 KiB: the server keeps all of them.
///
/// # Errors
/// [`AutomergeError`] when the document is not of this kind, or a transaction fails.
pub fn successor(
    kind: Kind,
    old: &Document,
    horizon: Instant,
    now: Instant,
    actor: ActorId,
) -> Result<Document, AutomergeError> {
    let mut fresh = create(kind, actor)?;
    match kind {
        Kind::Orders => append(&mut fresh, &succeeding(&entries(old), horizon, now))?,
        Kind::Casebook => append(&mut fresh, &newest_notes(entries(old)))?,
        Kind::Shelf => {
            let mut shelf = Shelf::read(old);
            // A lease ends no later than its release, so nobody plays what ended before the horizon.
            shelf.0.retain(|_, item| item.state != ShelfState::Ended || item.ends_at > horizon);
            shelf.write(&mut fresh)?;
        }
        Kind::Journal => {
            let mut letters = entries(old);
            // Whether plays are shared is what was said last, however long ago.
            letters.retain(|(_, bytes)| {
                Letter::decode(bytes)
                    .map_or(true, |letter| letter.at() >= horizon || matches!(letter, Letter::Sharing { .. }))
            });
            append(&mut fresh, &letters)?;
            let mut counted = plays(old);
            counted.retain(|key, _| key.day >= horizon);
            copy_plays(&counted, &mut fresh)?;
        }
    }
    Ok(fresh)
}

/// The newest notes, in their order. One that cannot be read is not lost by being old.
fn newest_notes(mut notes: Vec<(EntryId, Vec<u8>)>) -> Vec<(EntryId, Vec<u8>)> {
    let at = |bytes: &[u8]| Note::decode(bytes).ok().map(|note| note.at());
    let mut newest: Vec<_> = notes.iter().map(|(id, bytes)| (at(bytes), *id, bytes.len())).collect();
    newest.sort_by_key(|(at, id, _)| Reverse((at.is_none(), *at, *id)));
    let mut room = NOTES_KEPT_BYTES;
    let fits = newest.into_iter().map_while(|(_, id, len)| {
        room = room.checked_sub(len)?;
        Some(id)
    });
    let kept: BTreeSet<EntryId> = fits.collect();
    notes.retain(|(id, _)| kept.contains(id));
    notes
}

/// The entries that still count, and the revocation of what is over.
///
/// The fold of these and of whatever comes late is never looser than the fold of all entries and the same.
#[must_use]
pub fn succeeding(entries: &[(EntryId, Vec<u8>)], horizon: Instant, now: Instant) -> Vec<(EntryId, Vec<u8>)> {
    let decoded: Vec<_> = entries.iter().map(|(id, bytes)| (*id, Entry::decode(bytes).ok())).collect();
    let orders = Orders::fold(decoded.iter().map(|(id, entry)| (*id, entry.as_ref())));
    let taken_back = taken_back(&decoded);
    let is_over = |id: &ReleaseId, release: &Release| match standing(&orders, release, horizon) {
        Standing::Expired => true,
        // Of a later revocation a device may not have heard yet, and hold a key.
        Standing::Revoked => {
            release.terms.as_ref().is_some_and(|terms| terms.expires_at <= horizon)
                || taken_back.get(id).is_some_and(|at| *at <= horizon)
        }
        _ => false,
    };
    let over = orders.releases.iter().filter(|(id, release)| is_over(id, release));
    let over: BTreeSet<ReleaseId> = over.map(|(id, _)| *id).collect();
    let counts = |(_, entry): &&(EntryId, Option<Entry>)| {
        entry.as_ref().is_none_or(|entry| !speaks_only_of(&over, &entry.act))
    };
    let holds: BTreeSet<EntryId> = decoded.iter().filter(counts).filter_map(hold_id).collect();
    let gone: BTreeSet<EntryId> =
        decoded.iter().filter_map(hold_id).filter(|hold| !holds.contains(hold)).collect();
    let kept = entries.iter().zip(&decoded).filter(|(_, one)| {
        let lifts_only_what_is_gone = matches!(&one.1, Some(Entry { act: Act::Lift { holds }, .. })
            if holds.iter().all(|hold| gone.contains(hold)));
        counts(one) && !lifts_only_what_is_gone
    });
    let mut kept: Vec<_> = kept.map(|(entry, _)| entry.clone()).collect();
    kept.extend(revocations_of(&over, now));
    kept
}

/// When releases were first taken back, by the clocks of those who did. Only whether an entry is left out hangs on it,
/// and what is left out stays revoked.
fn taken_back(decoded: &[(EntryId, Option<Entry>)]) -> BTreeMap<ReleaseId, Instant> {
    let mut first: BTreeMap<ReleaseId, Instant> = BTreeMap::new();
    for entry in decoded.iter().filter_map(|(_, entry)| entry.as_ref()) {
        let Act::Revoke { on, hits } = &entry.act else { continue };
        let one = if let RevokeOn::Release(release) = on { Some(*release) } else { None };
        for release in hits.iter().copied().chain(one) {
            let at = first.entry(release).or_insert(entry.at);
            *at = (*at).min(entry.at);
        }
    }
    first
}

/// Whether an act says nothing that outlives these releases.
fn speaks_only_of(over: &BTreeSet<ReleaseId>, act: &Act) -> bool {
    match act {
        Act::Release { release, .. } | Act::Amend { release, .. } | Act::Confirm { release, .. } => {
            over.contains(release)
        }
        Act::Hold { on: HoldOn::Release(release), .. } => over.contains(release),
        Act::Revoke { on: RevokeOn::Release(release), hits } => {
            over.contains(release) && hits.iter().all(|hit| over.contains(hit))
        }
        Act::Hold { on: HoldOn::Shelf, .. } | Act::Revoke { .. } | Act::Lift { .. } => false,
    }
}

fn hold_id((id, entry): &(EntryId, Option<Entry>)) -> Option<EntryId> {
    matches!(entry, Some(Entry { act: Act::Hold { .. }, .. })).then_some(*id)
}

/// Revocations of these releases, as many in one entry as it may name. Their ids follow from what they say.
fn revocations_of(over: &BTreeSet<ReleaseId>, now: Instant) -> Vec<(EntryId, Vec<u8>)> {
    let over: Vec<_> = over.iter().copied().collect();
    let revocations = over.chunks(crate::orders::MAX_IDS).filter_map(|releases| {
        let on = RevokeOn::Release(*releases.first()?);
        let act = Act::Revoke { on, hits: releases.to_vec() };
        let bytes = Entry { by: Author::Server, at: now, act }.encode();
        let digest = Sha256::new().chain_update(b"refrain/successor/v1").chain_update(&bytes).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Some((EntryId::from_bytes(id), bytes))
    });
    revocations.collect()
}

/// What a late device has counted in the old document: the counts of `after` that `before` does not have.
#[must_use]
pub fn late_plays(before: &Document, after: &Document) -> Plays {
    let known = plays(before);
    let mut counted = plays(after);
    counted.retain(|key, count| known.get(key) != Some(count));
    counted
}

/// Copies counts of plays into a successor, the greater of two.
///
/// # Errors
/// [`AutomergeError`] when it is no journal, or the transaction fails.
pub fn copy_plays(counted: &Plays, to: &mut Document) -> Result<(), AutomergeError> {
    let object = plays_object(to).ok_or(AutomergeError::NotAnObject)?;
    let there = plays(to);
    let mut news = counted.clone();
    news.retain(|key, count| there.get(key).is_none_or(|before| before < count));
    if news.is_empty() {
        return Ok(());
    }
    to.transact::<_, _, AutomergeError>(|tx| {
        news.iter().try_for_each(|(key, count)| tx.put(&object, key.to_string(), i64::from(*count)))
    })
    .map(|_| ())
    .map_err(|failure| failure.error)
}
