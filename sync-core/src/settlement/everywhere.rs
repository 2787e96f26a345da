//! Everywhere: a revocation of a clip or a recording reaches every shelf that has it.
//!
//! A server keeps one row for it, beside the entry in the orders of the client for whom it was
//! written. The gate of every other client reads that row ([`taken_back`]). Each client's next
//! commit writes the same revocation into their own orders first ([`bring`]): it hits the releases
//! that are there, and a release that is written with it or later has not seen it.

use std::collections::BTreeSet;

use crate::{
    id::{ClipId, EntryId, RecordingId, ReleaseId},
    instant::Instant,
    orders::{Act, Author, Entry, Orders, RevokeOn, covers},
};

/// What an entry takes back on more shelves than the one it is written for.
#[must_use]
pub const fn wide(act: &Act) -> Option<RevokeOn> {
    match act {
        Act::Revoke { on: on @ (RevokeOn::Clip(_) | RevokeOn::Recording(_)), .. } => Some(*on),
        _ => None,
    }
}

/// The revocations, of all that `rows` name, that cover one of these clips and that these orders do not have yet.
#[must_use]
pub fn missing(
    orders: &Orders,
    clips: &BTreeSet<(RecordingId, ClipId)>,
    rows: impl IntoIterator<Item = (EntryId, RevokeOn)>,
) -> BTreeSet<(EntryId, RevokeOn)> {
    let is_missing = |row: &(EntryId, RevokeOn)| {
        let covers_one = clips.iter().any(|(recording, clip)| covers(row.1, *clip, *recording));
        covers_one && !orders.wide_revocations.contains(row)
    };
    rows.into_iter().filter(is_missing).collect()
}

/// The clips that missing revocations cover: until those are written, the gate denies every release of them.
#[must_use]
pub fn taken_back(
    clips: &BTreeSet<(RecordingId, ClipId)>,
    missing: &BTreeSet<(EntryId, RevokeOn)>,
) -> BTreeSet<ClipId> {
    let is_covered = |(recording, clip): &&(RecordingId, ClipId)| {
        missing.iter().any(|(_, on)| covers(*on, *clip, *recording))
    };
    clips.iter().filter(is_covered).map(|(_, clip)| *clip).collect()
}

/// A revocation of another shelf, as it is written into a client's own orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The releases that it ends here.
    pub hits: Vec<ReleaseId>,
    /// What to write, under the revocation's own id first.
    pub entries: Vec<(EntryId, Entry)>,
}

/// Writes a missing revocation for these orders, which are what was there before anything that is written with it.
#[must_use]
pub fn bring(orders: &Orders, (id, on): (EntryId, RevokeOn), now: Instant) -> Brought {
    let hits = orders.not_revoked(on);
    let parts = Act::Revoke { on, hits: hits.clone() }.into_parts(id);
    let entry = |(id, act)| (id, Entry { by: Author::Server, at: now, act });
    Brought { hits, entries: parts.into_iter().map(entry).collect() }
}
