//! Seals values of older data keys anew, and erases these keys a day later.
//!
//! A pass looks at every sealed value once, a few rows at a time, and each portion is a small commit of its own: it keeps no
//! caller waiting, and a pass that died is begun again without harm, because it passes over values that are sealed anew. Several
//! servers may be at it at once.
//!
//! **Hazard: a key that is erased too soon takes words with it.** A server knows a new key a minute after it was made, and a
//! transaction that has lain idle for half a minute is ended by the database. So a pass that begins a day after the key was
//! made, and finds nothing of an older one, has seen everything that there will ever be. If it meets a value that does not
//! open, no key is erased.

mod contexts;

use strum::IntoEnumIterator;
use sync_core::{
    id::PracticeId,
    instant::{Instant, Span},
};

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
        sealed::{Column, Sealed},
    },
};

/// How long older keys are kept at least.
pub const KEPT_FOR: Span = Span::from_days(1);
/// How long after a pass that could not be the last the next one begins.
const AGAIN_AFTER: Span = Span::from_hours(1);
/// How many rows are read at once.
const ROWS: u32 = 16;
/// How many bytes one commit seals anew: a document may be large, and goes alone then.
const BYTES: usize = 256 * 1_024;

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values that are under the newest key now.
    pub values: usize,
    /// Values that open under no key: they are left as they are, and keep the older keys.
    pub unsealable: usize,
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
            done = done + finish(ground, &replacement).await?;
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
    let Replacement { practice, n, made_at, .. } = *replacement;
    let began = ground.clock.now();
    let mut done = pass(ground, practice, n).await?;
    if done.unsealable > 0 {
        tracing::error!(
            count = done.unsealable,
            "sealed values open under no data key: the older data keys are kept"
        );
    }
    let is_last = began >= made_at + KEPT_FOR && done == Resealed::default();
    done.erased = ground
        .commit(Urgency::Grant, move |_, tx| {
            Box::pin(async move {
                store::data_keys::set_swept(tx, practice, n, began).await?;
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
        let mut after = [Vec::new(), Vec::new()];
        loop {
            let mut tx = ground.db.read().await?;
            let keys = ground.keys.practice(&mut tx, practice).await?;
            if keys.sealing() < n {
                // This server's clock is behind the one that made the key.
                return Err(Refusal::Unavailable);
            }
            let found =
                store::sealed::others(&mut tx, column, practice, &head(keys.sealing()), &after, ROWS).await?;
            drop(tx);
            let Some(last) = found.last() else { break };
            after = last.keys.clone();
            for portion in portions(found) {
                done = done + reseal(ground, column, &keys, portion).await?;
            }
        }
    }
    Ok(done)
}

/// Groups of values that are small enough for one commit.
fn portions(values: Vec<Sealed>) -> Vec<Vec<Sealed>> {
    let mut portions: Vec<Vec<Sealed>> = Vec::new();
    let mut bytes = 0;
    for value in values {
        bytes += value.value.len();
        match portions.last_mut() {
            Some(portion) if bytes <= BYTES => portion.push(value),
            _ => {
                bytes = value.value.len();
                portions.push(vec![value]);
            }
        }
    }
    portions
}

async fn reseal(
    ground: &Ground,
    column: Column,
    keys: &DataKeys,
    values: Vec<Sealed>,
) -> Result<Resealed, Refusal> {
    let all = values.len();
    let anew: Vec<(Sealed, Vec<u8>)> =
        values.into_iter().filter_map(|old| anew(column, keys, &old).map(|new| (old, new))).collect();
    let unsealable = all - anew.len();
    let values: Result<usize, StoreError> = ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                let mut replaced = 0;
                for (old, new) in &anew {
                    replaced += usize::from(store::sealed::replace(tx, column, old, new).await?);
                }
                Ok(replaced)
            })
        })
        .await;
    Ok(Resealed { values: values?, unsealable, erased: 0 })
}

fn anew(column: Column, keys: &DataKeys, old: &Sealed) -> Option<Vec<u8>> {
    let context = contexts::of(column, &old.keys)?;
    let plain = zeroize::Zeroizing::new(keys.open(&context, &old.value).ok()?);
    Some(keys.seal(&context, &plain))
}

impl std::ops::Add for Resealed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            values: self.values + other.values,
            unsealable: self.unsealable + other.unsealable,
            erased: self.erased + other.erased,
        }
    }
}

#[cfg(test)]
mod tests;
