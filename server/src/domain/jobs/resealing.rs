//! Seals values of older data keys anew, and erases these keys a day later.
//!
//! A pass looks at every sealed value once, a page of heads at a time, and each value that it seals anew is a commit of its own:
//! it keeps no caller waiting. A pass that died is begun again without harm, because it passes over values that are sealed anew.
//! Several servers may be at it at once.
//!
//! **Hazard: a key that is erased too soon takes words with it.** A server knows a new key a minute after it was made, and what
//! a transaction has read is committed within half a minute or never. So a pass that is not the first, begins a day after the
//! key was made, and finds nothing of an older one, has seen everything that there will ever be, if servers' clocks agree to
//! within a day. If it meets a value that does not open, no key is erased.

mod contexts;

use strum::IntoEnumIterator;
use sync_core::{
    id::PracticeId,
    instant::{Instant, Span},
};
use zeroize::Zeroizing;

use crate::{
    domain::records::audit::{self, Action, Actor, AuditEntry},
    ground::Ground,
    keys::{
        DataKeys,
        data_keys::{SEALS_AFTER, head},
    },
    nouns::Refusal,
    store::{
        self, StoreError, Urgency,
        data_keys::Replacement,
        sealed::{self, Column, Sealed},
    },
    turns::Payer,
};

/// How long older keys are kept at least.
pub const KEPT_FOR: Span = Span::from_days(1);
/// How long after a pass that could not be the last the next one begins.
const AGAIN_AFTER: Span = Span::from_hours(1);
/// From how many bytes on a value is sealed anew at the workbench, in a turn of its own.
const LARGE: usize = 64 * 1_024;

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values that an older key had sealed when they were met.
    pub met: usize,
    /// Values that are under the newest key now.
    pub values: usize,
    /// Values that open under no key: they are left as they are, and keep the older keys.
    pub unsealable: usize,
    /// Values that could not be written just now.
    pub put_off: usize,
    /// Keys that are gone.
    pub erased: u64,
}

/// Does what is due now of every practice that has a new data key.
///
/// # Errors
/// When the database or a key fails.
pub async fn run_once(ground: &Ground) -> Result<Resealed, Refusal> {
    let mut tx = ground.db.read().await?;
    let replacements = store::data_keys::replacements(&mut tx).await?;
    drop(tx);
    let mut done = Resealed::default();
    for replacement in replacements {
        if is_due(&replacement, ground.clock.now()) {
            match finish(ground, &replacement).await {
                Ok(finished) => done = done + finished,
                Err(error) => tracing::error!(%error, "a practice's values could not be sealed anew yet"),
            }
        }
    }
    Ok(done)
}

/// A first pass when every server seals under the newest key, and the next ones when older keys may go.
fn is_due(replacement: &Replacement, now: Instant) -> bool {
    let Replacement { made_at, swept_at, .. } = *replacement;
    // Every server has read its keys again by then: what was sealed before is there to be found.
    let from = made_at + SEALS_AFTER + SEALS_AFTER;
    match swept_at {
        None => now >= from,
        Some(swept_at) => now >= (made_at + KEPT_FOR).max(swept_at + AGAIN_AFTER),
    }
}

async fn finish(ground: &Ground, replacement: &Replacement) -> Result<Resealed, Refusal> {
    let Replacement { practice, n, made_at, swept_at } = *replacement;
    let began = ground.clock.now();
    let mut done = pass(ground, practice, n).await?;
    // Never the first pass, whatever the clocks say.
    let is_last = swept_at.is_some() && began >= made_at + KEPT_FOR && done == Resealed::default();
    done.erased = ground
        .commit(Urgency::Grant, move |ground, tx| {
            Box::pin(async move {
                store::data_keys::set_swept(tx, practice, n, ground.clock.now()).await?;
                if !is_last {
                    return Ok(0);
                }
                let erased = store::data_keys::erase_before(tx, practice, n).await?;
                if erased > 0 {
                    let entry = AuditEntry::new(practice, began, Actor::Server, Action::EraseDataKeys);
                    audit::append(tx, &entry);
                }
                Ok::<_, Refusal>(erased)
            })
        })
        .await?;
    if done.erased > 0 && !ground.db.empty_log().await? {
        tracing::warn!("erased data keys stand in SQLite's log until it is next emptied");
    }
    Ok(done)
}

/// Looks at every value once.
async fn pass(ground: &Ground, practice: PracticeId, n: u32) -> Result<Resealed, Refusal> {
    let mut done = Resealed::default();
    for column in Column::iter() {
        let mut after = sealed::BEGINNING;
        loop {
            let mut tx = ground.db.read().await?;
            let keys = ground.keys.practice(&mut tx, practice).await?;
            if keys.sealing() < n {
                // This server's clock is behind the one that made the key.
                return Err(Refusal::Unavailable);
            }
            let page = sealed::page(&mut tx, column, practice, &head(keys.sealing()), &after).await?;
            drop(tx);
            let Some(page) = page else { break };
            after = page.last;
            done.met += page.others.len();
            for row in page.others {
                // One that is busy just now keeps no other from its turn.
                match reseal(ground, practice, column, row).await {
                    Ok(resealed) => done = done + resealed,
                    Err(error) => {
                        tracing::warn!(table = column.name().0, %error, "a value could not be sealed anew yet");
                        done.put_off += 1;
                    }
                }
            }
        }
    }
    Ok(done)
}

/// Seals one value anew, in a commit of its own: it holds one row, and one value is in memory.
async fn reseal(
    ground: &Ground,
    practice: PracticeId,
    column: Column,
    row: sealed::Key,
) -> Result<Resealed, Refusal> {
    let mut tx = ground.db.read().await?;
    let keys = ground.keys.practice(&mut tx, practice).await?;
    let found = sealed::find(&mut tx, column, row).await?;
    drop(tx);
    let n = keys.sealing();
    // Another server may be further: a value never goes back to an older key.
    let Some(old) = found.filter(|old| keys.names_older(&old.value)) else { return Ok(Resealed::default()) };
    let is_large = old.value.len() > LARGE;
    let sealing = move || anew(column, &keys, &old).map(|new| (old, new));
    let anew = if is_large { ground.clips.work(Payer::Server, sealing).await? } else { sealing() };
    let Some((old, new)) = anew else {
        let (table, column) = column.name();
        tracing::error!(table, column, "a sealed value opens under no data key: older data keys are kept");
        return Ok(Resealed { unsealable: 1, ..Resealed::default() });
    };
    let replaced: Result<bool, StoreError> = ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                // This server may have stood still since it read the key, and another have erased it.
                Ok(store::data_keys::keep(tx, practice, n).await?
                    && sealed::replace(tx, column, &old, &new).await?)
            })
        })
        .await;
    Ok(Resealed { values: usize::from(replaced?), ..Resealed::default() })
}

/// The same words under the newest key: only what opens again takes a value's place.
fn anew(column: Column, keys: &DataKeys, old: &Sealed) -> Option<Vec<u8>> {
    let context = contexts::of(column, &old.keys)?;
    let plain = Zeroizing::new(keys.open(&context, &old.value).ok()?);
    let new = keys.seal(&context, &plain);
    let again = Zeroizing::new(keys.open(&context, &new).ok()?);
    (*again == *plain).then_some(new)
}

impl std::ops::Add for Resealed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            met: self.met + other.met,
            values: self.values + other.values,
            unsealable: self.unsealable + other.unsealable,
            put_off: self.put_off + other.put_off,
            erased: self.erased + other.erased,
        }
    }
}

#[cfg(test)]
mod tests;
