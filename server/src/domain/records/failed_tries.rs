//! Failed tries in the audit: one entry for each kind and minute, with their number.

use super::audit::{self, Action, Actor, AuditEntry};
use crate::{
    ground::Ground,
    nouns::{Refusal, failed_tries::Try},
    store::{Urgency, practices},
};

/// Writes the counts of minutes that are over; when the server stops (`all`), those of the running one, too.
///
/// # Errors
/// When it could not be committed: then the counts are kept for the next run.
pub async fn run_once(ground: &Ground, all: bool) -> Result<usize, Refusal> {
    let counted = ground.failed_tries.take(ground.clock.now(), all);
    if counted.is_empty() {
        return Ok(0);
    }
    let kept = counted.clone();
    let written = ground
        .commit::<_, Refusal, _>(Urgency::Grant, move |_, tx| {
            Box::pin(async move {
                let Some(practice) = practices::find_first(tx).await? else { return Ok(0) };
                for one in &counted {
                    let (actor, action) = match one.kind {
                        Try::SignIn => (Actor::Stranger, Action::FailSignIn),
                        Try::Pair => (Actor::Stranger, Action::FailPairing),
                        Try::Access => (Actor::Server, Action::RefuseAccess),
                    };
                    let entry = AuditEntry::new(practice, one.since, actor, action).count(one.count);
                    audit::append(tx, &one.staff.iter().fold(entry, |entry, staff| entry.about(*staff)));
                }
                Ok(counted.len())
            })
        })
        .await;
    if written.is_err() {
        ground.failed_tries.put_back(kept);
    }
    written
}
