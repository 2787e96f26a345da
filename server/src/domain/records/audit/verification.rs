//! The audit verified: its chain under the key, and its chain against each mark of the ledger.
//!
//! A mark says how many entries there were, and the hash of the last. If the audit has not that entry, entries were cut off
//! or written anew since, or the database was restored. An entry tells a restore: only the server can write it, because only
//! the server has the key.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use sync_core::{
    id::{IncarnationId, PracticeId},
    vocabulary::Vocabulary,
};
use thiserror::Error;

use super::Action;
use crate::{
    ledger::{AuditHead, Mark},
    store::{
        StoreError, Tx,
        audit::{AuditKey, Chain, WalkError, Walked, walk},
    },
};

/// An audit without a break.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its chain.
    pub chain: Chain,
    /// How many marks of the ledger vouch for it.
    pub marks: usize,
    /// How many marks are from before marks vouched for the audit.
    pub older_marks: usize,
    /// What restores have made it forget.
    pub lost: Vec<Lost>,
}

/// Entries that the audit had before a restore, as far as a mark has seen them.
#[derive(Debug, PartialEq, Eq)]
pub struct Lost {
    /// The number of the first.
    pub from: i64,
    /// The greatest number that a mark has seen.
    pub to: i64,
    /// Which life of the database began then.
    pub incarnation: IncarnationId,
}

/// Why an audit could not be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// An entry was changed, or another has its place.
    #[error("the audit is broken: entry {seq} is not as it was written")]
    Changed {
        /// The first such entry.
        seq: i64,
    },
    /// An entry is not there.
    #[error("the audit is broken: entry {seq} is missing")]
    Missing {
        /// The first such entry.
        seq: i64,
    },
    /// Entries that were at the end are not there.
    #[error(
        "the audit is cut off: entry {seq} is missing, and line {line} of the ledger has seen {seen} entries"
    )]
    CutOff {
        /// The first entry that is missing.
        seq: i64,
        /// How many there were.
        seen: i64,
        /// The line of the mark.
        line: i64,
    },
    /// Entries were written anew, and hang on one another.
    #[error(
        "the audit was written anew: entries {} to {seq} are not those that line {line} of the ledger has seen", .after + 1
    )]
    Rewritten {
        /// Up to which entry an earlier mark vouches for the audit.
        after: i64,
        /// The entry of which the mark has another hash.
        seq: i64,
        /// The line of the mark.
        line: i64,
    },
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WalkError> for VerifyError {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Changed(seq) => Self::Changed { seq },
            WalkError::Missing(seq) => Self::Missing { seq },
            WalkError::Store(error) => Self::Store(error),
        }
    }
}

/// Verifies a practice's audit against its key and the marks of a ledger, in the order of their lines. Read the ledger first,
/// then begin the transaction ([`crate::store::Db::snapshot`]): a mark that comes meanwhile would be ahead of it.
///
/// # Errors
/// [`VerifyError`] with the first number that is not as it was written.
pub async fn verify(
    tx: &mut Tx,
    key: &AuditKey,
    practice: PracticeId,
    marks: &[(i64, Mark)],
) -> Result<Verified, VerifyError> {
    let seen: Vec<Seen> = marks.iter().filter_map(|(line, mark)| Seen::of(*line, mark, practice)).collect();
    let mut found = Found::default();
    found.hashes.extend(seen.iter().map(|seen| (seen.head.entries, None)));
    let chain = walk(tx, key, practice, |entry| found.note(entry)).await?;
    // Entries without a key can be anybody's.
    found.restores.retain(|(seq, _)| *seq > chain.keyed_after);
    let lost = found.compare(&seen, &chain)?;
    let vouching = marks.iter().filter(|(_, mark)| mark.audit.is_some()).count();
    Ok(Verified { chain, marks: vouching, older_marks: marks.len() - vouching, lost })
}

/// What a mark has seen of a practice's audit.
struct Seen<'m> {
    line: i64,
    incarnation: IncarnationId,
    head: &'m AuditHead,
}

impl<'m> Seen<'m> {
    fn of(line: i64, mark: &'m Mark, practice: PracticeId) -> Option<Self> {
        let audit = mark.audit.as_ref()?;
        let head = audit.heads.iter().find(|head| head.practice == practice)?;
        Some(Self { line, incarnation: audit.incarnation, head })
    }
}

/// What the walk has found that marks are compared with.
#[derive(Default)]
struct Found {
    /// The hash of each entry that is the last of a mark; none where there is no such entry.
    hashes: HashMap<i64, Option<[u8; 32]>>,
    /// Where which life of the database began.
    restores: Vec<(i64, IncarnationId)>,
}

impl Found {
    fn note(&mut self, entry: &Walked<'_>) {
        if let Some(hash) = self.hashes.get_mut(&entry.seq) {
            *hash = Some(entry.hash);
        }
        self.restores.extend(begun(entry.body).map(|incarnation| (entry.seq, incarnation)));
    }

    fn compare(&self, seen: &[Seen<'_>], chain: &Chain) -> Result<Vec<Lost>, VerifyError> {
        let (mut before, mut after, mut lost) = (HashSet::new(), 0, Vec::<Lost>::new());
        for Seen { line, incarnation, head } in seen {
            before.insert(*incarnation);
            let (line, seq) = (*line, head.entries);
            let is_here = seq == 0 || self.hashes.get(&seq).copied().flatten() == Some(head.hash);
            if is_here {
                after = seq;
                continue;
            }
            let Some((from, incarnation)) = self.restored(*incarnation, seq, &before) else {
                return Err(if seq > chain.entries {
                    VerifyError::CutOff { seq: chain.entries + 1, seen: seq, line }
                } else {
                    VerifyError::Rewritten { after: after.min(seq - 1), seq, line }
                });
            };
            match lost.iter_mut().find(|lost| lost.incarnation == incarnation) {
                Some(lost) => lost.to = lost.to.max(seq),
                None => lost.push(Lost { from, to: seq, incarnation }),
            }
        }
        Ok(lost)
    }

    /// The restore that has made the audit forget what a mark has seen: it came after the mark, so that no mark up to there
    /// is of the life that it began, and it took the audit back to before the mark's entry.
    fn restored(
        &self,
        marked: IncarnationId,
        seq: i64,
        before: &HashSet<IncarnationId>,
    ) -> Option<(i64, IncarnationId)> {
        let began = self.restores.iter().find(|(_, begun)| *begun == marked).map_or(0, |(at, _)| *at);
        let came_after = |(at, begun): &&(i64, IncarnationId)| *at > began && !before.contains(begun);
        self.restores.iter().filter(came_after).find(|(at, _)| *at <= seq).copied()
    }
}

/// Which life of the database begins with an entry, if one does.
fn begun(body: &[u8]) -> Option<IncarnationId> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let is_restore = body.get("action")?.as_str()? == Action::Restore.as_str();
    is_restore.then(|| IncarnationId::parse(body.get("subjects")?.get(0)?.as_str()?).ok()).flatten()
}

#[cfg(test)]
mod tests;
