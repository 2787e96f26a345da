//! Successors: a fresh document with what still counts, when an old one has grown with the years.
//!
//! The old document's id leads to the successor for ever, and what a late device has written into the old one is copied
//! by id ([`append`](super::append)). So whatever is left out must not be missed when such an entry arrives: an entry of
//! the orders is left out only when it speaks of nothing but releases that are over, and a revocation in the server's
//! name stands for all of these. With it, no late entry brings one back; without it, a copy of the release's own entry
//! would. Revocations and holds that are wider than one release stay, because a release that somebody made in ignorance
//! of them, years ago and offline, must still wait.

use std::collections::BTreeSet;

use automerge::{ActorId, AutomergeError, transaction::Transactable};
use sha2::{Digest, Sha256};

use super::{Document, Kind, Letter, Shelf, ShelfState, append, create, entries, plays, plays_object};
use crate::{
    id::{EntryId, ReleaseId},
    instant::Instant,
    orders::{Act, Author, Entry, HoldOn, Orders, RevokeOn},
    policy::standing,
};

/// Makes the successor of a document, by an actor of its own.
///
/// What ended before `horizon` is left out; `now` is when it is made. The horizon lies in the past, farther than any
/// lease reaches, so that no device holds a key of what is left out. A casebook is a record and keeps all of its facts.
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
        Kind::Casebook => append(&mut fresh, &entries(old))?,
        Kind::Shelf => {
            let mut shelf = Shelf::read(old);
            // A lease ends no later than its release, so nobody plays what ended before the horizon.
            shelf.0.retain(|_, item| item.state != ShelfState::Ended || item.ends_at > horizon);
            shelf.write(&mut fresh)?;
        }
        Kind::Journal => {
            let mut letters = entries(old);
            letters.retain(|(_, bytes)| Letter::decode(bytes).map_or(true, |letter| letter.at() >= horizon));
            append(&mut fresh, &letters)?;
            copy_plays(old, &mut fresh, horizon)?;
        }
    }
    Ok(fresh)
}

/// The entries that still count, and the revocation of what is over.
///
/// The fold of these and of whatever comes late is never looser than the fold of all entries and the same.
#[must_use]
pub fn succeeding(entries: &[(EntryId, Vec<u8>)], horizon: Instant, now: Instant) -> Vec<(EntryId, Vec<u8>)> {
    let decoded: Vec<_> = entries.iter().map(|(id, bytes)| (*id, Entry::decode(bytes).ok())).collect();
    let orders = Orders::fold(decoded.iter().map(|(id, entry)| (*id, entry.as_ref())));
    let over = orders.releases.iter().filter(|(_, release)| standing(&orders, release, horizon).has_ended());
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

/// Copies counts of plays into a successor, the greater of two: those since the horizon, or those of a late device.
///
/// # Errors
/// [`AutomergeError`] when either is no journal, or the transaction fails.
pub fn copy_plays(from: &Document, to: &mut Document, horizon: Instant) -> Result<(), AutomergeError> {
    let object = plays_object(to).ok_or(AutomergeError::NotAnObject)?;
    let there = plays(to);
    let mut counted = plays(from);
    counted.retain(|key, count| key.day >= horizon && there.get(key).is_none_or(|before| before < count));
    if counted.is_empty() {
        return Ok(());
    }
    to.transact::<_, _, AutomergeError>(|tx| {
        counted.iter().try_for_each(|(key, count)| tx.put(&object, key.to_string(), i64::from(*count)))
    })
    .map(|_| ())
    .map_err(|failure| failure.error)
}
