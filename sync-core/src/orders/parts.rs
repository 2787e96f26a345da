//! Acts that name more than one entry may: cut into several that together say the same. And of an act that does more
//! than take away, the part that takes away.

use sha2::{Digest, Sha256};

use super::{
    entry::{Act, Entry, HoldOn, MAX_IDS, RevokeOn},
    fold::Orders,
};
use crate::id::{EntryId, ReleaseId};

impl Act {
    /// Cuts an act into entries that each name no more than [`MAX_IDS`] in a list, the first under `id` and the others
    /// under ids that follow from it, so that cutting again gives the same. They must be written in this order.
    ///
    /// Nothing is lost by cutting: a revocation of a hundred releases is two revocations. Only a hold of a shelf with
    /// more than [`MAX_IDS`] releases names the newest alone; the others rest too, and wait for confirmation after it.
    #[must_use]
    pub fn into_parts(self, id: EntryId) -> Vec<(EntryId, Self)> {
        let parts = match self {
            Self::Release { release, clip, recording, terms, mut seen } => {
                let rest = seen.split_off(seen.len().min(MAX_IDS));
                let more = rest.chunks(MAX_IDS).map(|seen| Self::Confirm { release, seen: seen.to_vec() });
                let more: Vec<_> = more.collect();
                std::iter::once(Self::Release { release, clip, recording, terms, seen }).chain(more).collect()
            }
            Self::Amend { release, set, over } => {
                cut(over, |over| Self::Amend { release, set: set.clone(), over })
            }
            Self::Hold { on, until, mut hits } => {
                hits.sort_unstable_by(|a, b| b.cmp(a));
                hits.truncate(MAX_IDS);
                vec![Self::Hold { on, until, hits }]
            }
            Self::Lift { holds } => cut(holds, |holds| Self::Lift { holds }),
            Self::Revoke { on, hits } => cut(hits, |hits| Self::Revoke { on, hits }),
            Self::Confirm { release, seen } => cut(seen, |seen| Self::Confirm { release, seen }),
        };
        (0_u32..).zip(parts).map(|(n, part)| (part_id(id, n), part)).collect()
    }
}

impl Entry {
    /// What of this entry, written under `id`, can only tighten: that is taken even from a device whose role has ended.
    ///
    /// A restriction is that as it stands. An amendment over something may both tighten and relax: written again over
    /// nothing, under an id that follows from its own, its stricter values count and its looser ones do not. None for
    /// acts that take nothing away, and for an amendment that only lifts limits.
    ///
    /// Whoever knows the entry itself already must not enter this beside it: it may have been relaxed since by somebody who
    /// had seen it.
    #[must_use]
    pub fn restricting(self, id: EntryId) -> Option<(EntryId, Self)> {
        match self.act {
            act if act.is_restriction() => Some((id, Self { act, ..self })),
            Act::Amend { release, set, .. } => {
                let set = set.tightening()?;
                let act = Act::Amend { release, set, over: Vec::new() };
                Some((derived(b"refrain/entry-tightening/v1", id, 0), Self { act, ..self }))
            }
            _ => None,
        }
    }
}

impl Entry {
    /// The holds that let rest what this restriction, written under `id`, would end or tighten. Their ids follow from its own,
    /// so that the same restriction gives the same holds. A hold is its own. Where more rest than an entry may name, the shelf
    /// rests.
    #[must_use]
    pub fn resting(&self, id: EntryId, orders: &Orders) -> Vec<(EntryId, Self)> {
        let hold = |on, hits: Vec<ReleaseId>| {
            let under = match on {
                HoldOn::Release(release) => derived_for(id, release.as_bytes()),
                HoldOn::Shelf => derived_for(id, b"shelf"),
            };
            (under, Self { act: Act::Hold { on, until: None, hits }, ..*self })
        };
        let releases = match &self.act {
            Act::Hold { .. } => return vec![(id, self.clone())],
            Act::Amend { release, .. } => orders.not_revoked(RevokeOn::Release(*release)),
            Act::Revoke { on: RevokeOn::Shelf, hits } => return vec![hold(HoldOn::Shelf, hits.clone())],
            Act::Revoke { on, .. } => orders.not_revoked(*on),
            Act::Release { .. } | Act::Lift { .. } | Act::Confirm { .. } => Vec::new(),
        };
        if releases.len() > MAX_IDS {
            let newest = releases.iter().rev().take(MAX_IDS).copied().collect();
            return vec![hold(HoldOn::Shelf, newest)];
        }
        releases.into_iter().map(|release| hold(HoldOn::Release(release), Vec::new())).collect()
    }
}

fn cut<T: Clone>(ids: Vec<T>, act: impl Fn(Vec<T>) -> Act) -> Vec<Act> {
    if ids.len() <= MAX_IDS {
        vec![act(ids)]
    } else {
        ids.chunks(MAX_IDS).map(|ids| act(ids.to_vec())).collect()
    }
}

fn part_id(id: EntryId, n: u32) -> EntryId {
    if n == 0 {
        return id;
    }
    derived(b"refrain/entry-part/v1", id, n)
}

fn derived_for(id: EntryId, rests: &[u8]) -> EntryId {
    let digest = Sha256::new().chain_update(b"refrain/entry-resting/v1").chain_update(id).chain_update(rests);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    EntryId::from_bytes(bytes)
}

fn derived(what: &[u8], id: EntryId, n: u32) -> EntryId {
    let digest = Sha256::new().chain_update(what).chain_update(id).chain_update(n.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    EntryId::from_bytes(bytes)
}
