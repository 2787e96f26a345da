//! Acts that name more than one entry may: cut into several that together say the same.

use sha2::{Digest, Sha256};

use super::entry::{Act, MAX_IDS};
use crate::id::EntryId;

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
    let digest =
        Sha256::new().chain_update(b"refrain/entry-part/v1").chain_update(id).chain_update(n.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    EntryId::from_bytes(bytes)
}
