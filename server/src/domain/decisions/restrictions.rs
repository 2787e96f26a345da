//! Restrictions that come another way than by sync: from a removed device, or from a person whose
//! part has ended.
//!
//! A therapist may have written a revocation on a laptop in a train, and the laptop may have been
//! removed before it came back. It may no longer read or write the orders, but its restrictions
//! still count (invariant I5). The server enters them in the device's name, by a change of its own:
//! restrictions under their own ids, and of an amendment the part that tightens. It tells the
//! device nothing in return.
//!
//! A thief of that laptop writes restrictions, too. So a late restriction takes nothing away for
//! good: a hold is placed in its place, and a therapist decides ([`super::late_restrictions`]).
//! From 30 days after the end on nothing is taken. The sync protocol has no word for entries that a
//! console has not sent yet, so the server cannot tell which ones are from before the end.

use std::{collections::BTreeMap, sync::Arc};

use sync_core::{
    device::MAX_RESTRICTIONS,
    id::{ClientId, EntryId},
    orders::{Author, Entry},
};

use super::{
    commit::{Proposal, Proposer, commit},
    late_restrictions::{Ended, is_hold},
};
use crate::{
    domain::documents::binder::{Binder, Binders, Contents},
    ground::Ground,
    nouns::{Refusal, callers::ConsoleCaller},
    store::{self, Urgency},
};

/// Enters restrictions that a device has written, for a client whom its person treats or ever did. What is there already
/// is passed over, so that it may be sent again.
///
/// # Errors
/// [`Refusal::NotFound`] for every other client, [`Refusal::Malformed`] for bytes that are no entry,
/// [`Refusal::NotAllowed`] for one in another's name, [`Refusal::NotARestriction`] for one that takes nothing away,
/// [`Refusal::Conflict`] for an id that has other contents, [`Refusal::EndedTooLong`] from 30 days after the end of the
/// device's part on. Then none is entered.
pub async fn take(
    binders: &Binders,
    caller: ConsoleCaller,
    client: ClientId,
    new: Vec<(EntryId, Vec<u8>)>,
) -> Result<(), Refusal> {
    Refusal::check_count("entries", new.len(), 1, MAX_RESTRICTIONS)?;
    for (id, bytes) in &new {
        let entry = Entry::decode(bytes).map_err(|_| Refusal::Malformed("entries: deterministic CBOR"))?;
        if entry.by != Author::Device(caller.device) {
            return Err(Refusal::NotAllowed);
        }
        if entry.restricting(*id).is_none() {
            return Err(Refusal::NotARestriction);
        }
    }
    let mut tx = binders.ground.db.read().await?;
    if !store::clients::was_in_care(&mut tx, client, caller.staff).await? {
        return Err(Refusal::NotFound);
    }
    drop(tx);
    let binder = binders.of(client).await?;
    enter(&binders.ground, &binder, caller, new).await
}

/// Enters restrictions for a client in whose care the device's person is or was: the caller has asked that.
///
/// # Errors
/// [`Refusal::NotARestriction`], [`Refusal::Conflict`], [`Refusal::EndedTooLong`], or when nothing could be committed.
pub(in crate::domain) async fn enter(
    ground: &Ground,
    binder: &Arc<Binder>,
    caller: ConsoleCaller,
    new: Vec<(EntryId, Vec<u8>)>,
) -> Result<(), Refusal> {
    let by = Proposer::console(caller);
    let ended = Ended::of(ground, binder.client, caller.device).await?;
    let propose = move |contents: &Contents| propose(contents, &new, ended.as_ref());
    commit(ground, binder, Urgency::Restriction, by, propose).await
}

fn propose(
    contents: &Contents,
    new: &[(EntryId, Vec<u8>)],
    ended: Option<&Ended>,
) -> Result<Proposal, Refusal> {
    let mut there: BTreeMap<EntryId, Vec<u8>> = contents.written.entries().iter().cloned().collect();
    let (mut entries, mut late) = (Vec::new(), Vec::new());
    for (id, bytes) in new {
        // What is known in its own right is not entered again: somebody who has seen it may have relaxed it since.
        match there.get(id) {
            Some(known) if known == bytes => continue,
            Some(_) => return Err(Refusal::Conflict),
            None => {}
        }
        let read = Entry::decode(bytes).map_err(|_| Refusal::Malformed("entries: deterministic CBOR"))?;
        let (as_entered, entry) = read.restricting(*id).ok_or(Refusal::NotARestriction)?;
        let entered = match ended.filter(|_| !is_hold(&entry.act)) {
            None => vec![(as_entered, entry)],
            // Decided or not: it rests once.
            Some(ended) if ended.has(*id) => continue,
            Some(ended) => {
                let holds = entry.resting(*id, contents.written.orders());
                late.push(ended.late(*id, &entry, &holds));
                holds
            }
        };
        for (id, entry) in entered {
            let bytes = entry.encode();
            match there.get(&id) {
                Some(known) if *known == bytes => continue,
                Some(_) => return Err(Refusal::Conflict),
                None => {}
            }
            there.insert(id, bytes.clone());
            entries.push((id, bytes));
        }
    }
    if let Some(ended) = ended {
        ended.check_room(late.len())?;
    }
    Ok(Proposal { entries, only_restricts: Some(late), ..Proposal::default() })
}

#[cfg(test)]
mod tests;
