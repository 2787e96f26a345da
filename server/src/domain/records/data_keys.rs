//! Data keys: a practice goes over to another one, for the words and the clips of its people.
//!
//! ```text
//! row of the new key → every server reads it within a minute → sealed under it from two minutes on
//!   → values of older keys are sealed anew (`jobs/resealing.rs`) → a day later the older keys are erased
//! ```
//!
//! Each step is a commit, and a server that dies leaves the rest to the next one. A key is known everywhere before anything is
//! sealed under it, so that no reader meets a word that it cannot open.

use strum::IntoEnumIterator;
use sync_core::{id::PracticeId, instant::Instant};
use thiserror::Error;

use crate::{
    domain::records::audit::{self, Action, Actor, AuditEntry},
    keys::{
        KeyError, Keys,
        data_keys::{MAX_KEYS, SEALS_AFTER, head},
    },
    store::{
        Db, StoreError, Tx, command,
        data_keys::{self, StoredDataKey},
        sealed::{self, Column},
    },
};

/// Why a practice goes on with the data key that it has.
#[derive(Debug, Error)]
pub enum DataKeyError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key cannot be made.
    #[error("the keys cannot be used: {0}")]
    Keys(#[from] KeyError),
    /// There is no such practice.
    #[error("there is no such practice")]
    NoPractice,
    /// What older keys have sealed is not sealed anew yet.
    #[error(
        "this practice has {MAX_KEYS} data keys, and the servers are still sealing anew what older ones have sealed; see \
         `refrain keys show`"
    )]
    TooMany,
    /// Another run was quicker.
    #[error("another run made a data key in the meantime; nothing was changed by this one")]
    Meanwhile,
}

/// A key that was just made.
pub struct NewDataKey {
    /// Its number.
    pub n: u32,
    /// From when on it seals.
    pub seals_from: Instant,
}

/// One data key and what it is for.
pub struct DataKeyView {
    /// Its number.
    pub n: u32,
    /// When it was made.
    pub made_at: Instant,
    /// From when on it seals.
    pub seals_from: Instant,
}

/// A practice's data keys.
pub struct DataKeysView {
    /// The oldest first.
    pub keys: Vec<DataKeyView>,
    /// How many values are not sealed under the newest.
    pub left: u64,
}

/// Makes a practice's next data key. Servers need not be stopped for it.
///
/// # Errors
/// [`DataKeyError`]: then nothing is changed.
pub async fn rotate(
    db: &Db,
    keys: &Keys,
    practice: PracticeId,
    now: Instant,
) -> Result<NewDataKey, DataKeyError> {
    let mut tx = db.read().await?;
    let stored = data_keys::of_practice(&mut tx, practice).await?;
    // Another master key than the database's would wrap a key that no server opens.
    keys.practice(&mut tx, practice).await?;
    drop(tx);
    if stored.len() >= MAX_KEYS as usize {
        return Err(DataKeyError::TooMany);
    }
    let n = stored.last().ok_or(DataKeyError::NoPractice)?.n.checked_add(1).ok_or(DataKeyError::TooMany)?;
    let new = StoredDataKey { n, wrapped: keys.next_data_key(practice, n)?, made_at: now, swept_at: None };
    command::commit(db, &keys.audit_key(), move |tx| Box::pin(async move { add(tx, practice, &new).await }))
        .await?;
    Ok(NewDataKey { n, seals_from: now + SEALS_AFTER })
}

async fn add(tx: &mut Tx, practice: PracticeId, new: &StoredDataKey) -> Result<(), DataKeyError> {
    match data_keys::insert(tx, practice, new).await {
        Err(StoreError::Conflict) => return Err(DataKeyError::Meanwhile),
        done => done?,
    }
    audit::append(tx, &AuditEntry::new(practice, new.made_at, Actor::Operator, Action::RotateDataKey));
    Ok(())
}

/// Reads a practice's data keys, and counts what the newest has not sealed.
///
/// # Errors
/// When the database fails.
pub async fn view(tx: &mut Tx, practice: PracticeId) -> Result<DataKeysView, StoreError> {
    let stored = data_keys::of_practice(tx, practice).await?;
    let newest = head(stored.last().map_or(0, |key| key.n));
    let mut left = 0;
    if stored.len() > 1 {
        for column in Column::iter() {
            let mut after = sealed::BEGINNING;
            while let Some(page) = sealed::page(tx, column, practice, &newest, &after).await? {
                left += page.others.len() as u64;
                after = page.last;
            }
        }
    }
    let view = |StoredDataKey { n, made_at, .. }| {
        let seals_from = if n == 0 { made_at } else { made_at + SEALS_AFTER };
        DataKeyView { n, made_at, seals_from }
    };
    Ok(DataKeysView { keys: stored.into_iter().map(view).collect(), left })
}
