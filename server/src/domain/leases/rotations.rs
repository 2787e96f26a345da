//! Rotations: a practice goes over to another signing key, and devices follow from the key that
//! they have pinned.
//!
//! ```text
//! key file → statement's file, signed by the key that is replaced → COMMIT: statement, key, audit → replaced key erased
//! ```
//!
//! Each step is on the disk before the next, and a step that was done is passed over: a run that
//! died is mended by the next run, or by the next start of a server. A rotation is decided once its
//! statement has a file. So a database that comes from before a rotation learns of it again at the
//! start, and never signs with the replaced key.
//!
//! The transaction that decides an answer also reads which key signs it, under the lock of the
//! practice that a rotation takes: from its commit on no server decides anything under the replaced
//! key, even if that key is still in its memory.

use std::sync::Arc;

use sync_core::{
    id::PracticeId,
    instant::Instant,
    lease::{PracticeKeys, Rotation, Signed, VerifyingKey},
};
use thiserror::Error;

use crate::{
    domain::records::audit::{self, Action, Actor, AuditEntry},
    ground::Ground,
    keys::{AuthorityKey, KeyError, Keys},
    nouns::{Refusal, authority::Authority, callers::CompanionCaller},
    store::{
        Committer, Db, StoreError, Tx, Urgency, authorities, command, practices,
        rotations::{self, StoredRotation},
    },
};

/// How many rotations there are of one practice, because devices follow no more.
const MAX_ROTATIONS: u64 = PracticeKeys::MAX_ROTATIONS as u64;

/// Why a practice goes on with the key that it has.
#[derive(Debug, Error)]
pub enum RotateError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key file cannot be had, or not be written.
    #[error("the keys cannot be used: {0}")]
    Keys(#[from] KeyError),
    /// There is no such practice.
    #[error("there is no such practice")]
    NoPractice,
    /// Devices follow no more.
    #[error("this practice's key was replaced {MAX_ROTATIONS} times, and devices follow no more")]
    TooMany,
    /// The key directory has a statement that does not lead on from the key which signs now.
    #[error("the statement in the key directory does not lead on from this practice's key")]
    Unfit,
    /// Another run was quicker.
    #[error("the key was replaced by another run in the meantime; nothing was changed by this one")]
    Meanwhile,
}

/// Goes over to another key, or ends what a run that died had begun; gives the key that signs from now on. Servers need
/// not be stopped for it.
///
/// # Errors
/// [`RotateError`]: then the key that signed goes on signing.
pub async fn rotate(
    db: &Db,
    keys: &Keys,
    practice: PracticeId,
    now: Instant,
) -> Result<Authority, RotateError> {
    let mut tx = db.read().await?;
    let replaced = authorities::of_practice(&mut tx, practice).await?.ok_or(RotateError::NoPractice)?;
    drop(tx);
    let n = replaced.rotations + 1;
    if n > MAX_ROTATIONS {
        return Err(RotateError::TooMany);
    }
    let next = keys.next_authority(practice, n)?;
    let statement = match keys.rotation(practice, n)? {
        Some(begun) => begun,
        None => state(keys, practice, &replaced, &next, now)?,
    };
    let step = Step::read(practice, replaced, statement)?;
    if step.next != *next.public() {
        return Err(KeyError::Another.into());
    }
    let signs = step.next.clone();
    command::commit(db, &keys.audit_key(), move |tx| Box::pin(step.take(tx, Actor::Operator, now))).await?;
    keys.erase_replaced(practice, &signs)?;
    Ok(signs)
}

/// Signs the statement, and keeps it beside the keys.
fn state(
    keys: &Keys,
    practice: PracticeId,
    replaced: &Authority,
    next: &AuthorityKey,
    now: Instant,
) -> Result<Signed, KeyError> {
    let to = *next.signing_key().verifying_key();
    let n = next.public().rotations;
    let rotation = Rotation { practice, n, from: replaced.kid.clone(), to, at: now };
    let statement = rotation.sign(keys.authority(practice, replaced)?.signing_key());
    keys.keep_rotation(practice, n, &statement)?;
    Ok(statement)
}

/// One step of the chain, verified.
struct Step {
    practice: PracticeId,
    replaced: Authority,
    next: Authority,
    statement: Signed,
}

impl Step {
    /// Reads a statement that leads on from this key.
    fn read(practice: PracticeId, replaced: Authority, statement: Signed) -> Result<Self, RotateError> {
        let mut known = PracticeKeys::pinned(verifying(&replaced.public_key)?, replaced.rotations);
        known.follow(practice, std::slice::from_ref(&statement)).map_err(|_| RotateError::Unfit)?;
        let public_key = known.newest().to_sec1_point(false).as_bytes().to_vec();
        let next = Authority { rotations: known.rotations(), kid: known.kid(), public_key };
        Ok(Self { practice, replaced, next, statement })
    }

    /// Enters it, under the lock of the practice: who decides something to be signed waits, and then reads the next key.
    async fn take(self, tx: &mut Tx, actor: Actor, now: Instant) -> Result<(), RotateError> {
        let Self { practice, replaced, next, statement } = self;
        practices::update_lock(tx, practice).await?;
        if authorities::of_practice(tx, practice).await?.as_ref() != Some(&replaced) {
            return Err(RotateError::Meanwhile);
        }
        let row = StoredRotation {
            n: next.rotations,
            replaced_key: replaced.public_key,
            statement: statement.encode(),
        };
        rotations::insert(tx, practice, &row).await?;
        authorities::set(tx, practice, &next).await?;
        audit::append(tx, &AuditEntry::new(practice, now, actor, Action::RotateKey));
        Ok(())
    }
}

/// At the start: enters rotations that the key directory has and the database has not, erases keys that were replaced, and
/// says so where a practice's key is missing. Such a practice gives no leases, and the others go on.
///
/// # Errors
/// When the database fails.
pub(crate) async fn level(
    db: &Db,
    committer: &Committer,
    keys: &Keys,
    now: Instant,
) -> Result<(), StoreError> {
    let mut tx = db.read().await?;
    let practices = authorities::all(&mut tx).await?;
    drop(tx);
    for (practice, authority) in practices {
        match catch_up(committer, keys, practice, authority, now).await {
            Err(RotateError::Store(error)) => return Err(error),
            // Another server starts at the same time, and does the same.
            Ok(()) | Err(RotateError::Meanwhile) => {}
            Err(error) => {
                tracing::error!(code = CANNOT_SIGN, %error, "a practice's signing key is not there: it gives no leases");
            }
        }
    }
    Ok(())
}

/// In the log when a practice cannot sign.
const CANNOT_SIGN: &str = "authority_key_missing";

async fn catch_up(
    committer: &Committer,
    keys: &Keys,
    practice: PracticeId,
    mut signs: Authority,
    now: Instant,
) -> Result<(), RotateError> {
    while signs.rotations < MAX_ROTATIONS {
        let Some(statement) = keys.rotation(practice, signs.rotations + 1)? else { break };
        let step = Step::read(practice, signs, statement)?;
        signs = step.next.clone();
        committer.commit(Urgency::Restriction, move |tx| Box::pin(step.take(tx, Actor::Server, now))).await?;
        tracing::warn!("a rotation was taken over from the key directory");
    }
    // Not before its successor opens: a key directory from the past may lack it.
    keys.authority(practice, &signs)?;
    Ok(keys.erase_replaced(practice, &signs)?)
}

/// The key that signs what this transaction decides. The caller has the lock of the practice.
///
/// # Errors
/// [`Refusal::Unavailable`] when it is not there: nothing is decided that could not be signed.
pub(in crate::domain) async fn signing_key(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
) -> Result<Arc<AuthorityKey>, Refusal> {
    let named = authorities::of_practice(tx, practice).await?.ok_or(Refusal::NotFound)?;
    ground.keys.authority(practice, &named).map_err(|error| {
        tracing::error!(code = CANNOT_SIGN, %error, "a practice's signing key is not there: it gives no leases");
        Refusal::Unavailable
    })
}

/// Every key that a practice has signed with: a denial that was signed before a rotation still counts.
pub(in crate::domain) struct EveryKey {
    /// Each replaced key, and when it was replaced, in this order.
    replaced: Vec<(Instant, VerifyingKey)>,
    newest: VerifyingKey,
}

impl EveryKey {
    /// Reads them.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::domain) async fn of(tx: &mut Tx, practice: PracticeId) -> Result<Self, Refusal> {
        let newest = authorities::of_practice(tx, practice).await?.ok_or(Refusal::NotFound)?;
        let mut replaced = Vec::new();
        for rotation in rotations::after(tx, practice, 0).await? {
            let key = verifying(&rotation.replaced_key)?;
            let statement = Signed::decode(&rotation.statement).ok();
            let at = statement.and_then(|statement| Rotation::at_unproved(&statement));
            replaced.push((at.ok_or(StoreError::Inconsistent("rotation"))?, key));
        }
        Ok(Self { replaced, newest: verifying(&newest.public_key)? })
    }

    /// The keys, those first that were in use next to an instant: trying every key on every statement would take the server
    /// seconds for each question of a hostile phone.
    pub(in crate::domain) fn nearest(&self, at: Instant) -> impl Iterator<Item = &VerifyingKey> {
        let in_use = self.replaced.partition_point(|(until, _)| *until <= at);
        let key = |n: usize| self.replaced.get(n).map_or(&self.newest, |(_, key)| key);
        let last = self.replaced.len();
        (0..=last).flat_map(move |away| {
            let later = in_use.checked_add(away).filter(|n| *n <= last);
            let earlier = in_use.checked_sub(away).filter(|_| away > 0);
            later.into_iter().chain(earlier).map(key)
        })
    }
}

/// The statements after the `n`th, in their order: what a device follows from the newest key that it knows. Removed
/// devices are told, too: their denials are signed by the newest key.
///
/// # Errors
/// When the database fails.
pub async fn after(ground: &Ground, caller: CompanionCaller, n: u64) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut tx = ground.db.read().await?;
    let told = rotations::after(&mut tx, caller.practice, n).await?;
    Ok(told.into_iter().map(|rotation| rotation.statement).collect())
}

fn verifying(public_key: &[u8]) -> Result<VerifyingKey, StoreError> {
    VerifyingKey::from_sec1_bytes(public_key).map_err(|_| StoreError::Inconsistent("practice"))
}

#[cfg(test)]
mod tests;
