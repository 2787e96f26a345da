//! Leases: a device asks with a fresh nonce, and the server answers with the leases that the gate
//! allows, denials and the time.
//!
//! Everything is decided and recorded in one transaction under the gate's locks, and sealed only
//! after it was committed: a key never leaves for a lease that is not on record.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

mod copied;
mod denying;
mod granting;
pub mod handed_back;
pub mod receipts;
pub mod rotations;
mod steps;

use sync_core::{
    device::MAX_NAMED,
    id::{BatchId, ClipId, EntryId, IncarnationId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    lease::{self, BATCHES_WITHIN, BatchDraft, DenialKind, LeaseHeader, Progress, Sealed, Signed, Step},
    orders::Orders,
};

use self::steps::Counted;
use super::{decisions::facts, records::denials};
use crate::{
    domain::documents::binder::Binders,
    ground::Ground,
    keys::AuthorityKey,
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, StoreError, Tx, Urgency, denials::StoredDenial},
};

/// How long a lease that has ended, and that a newer one stands for, is kept.
const DEAD_FOR: Span = Span::from_days(90);
/// How many of them are forgotten at a time.
const FORGOTTEN_AT_ONCE: u32 = 1_000;

/// What a device says when it asks.
pub struct Question {
    /// 32 fresh random bytes.
    pub nonce: [u8; 32],
    /// Which question it is; none from a device of the release before, which does not sign.
    pub step: Option<Step>,
    /// The newest lease that it holds of each release.
    pub holding: Vec<(ReleaseId, u64)>,
    /// What its person has removed from it: no lease of that is issued, so that nobody is told of one that it drops.
    pub removed: BTreeSet<ReleaseId>,
    /// Denials that it was given: a server that was restored from a backup may have forgotten them.
    pub handed_back: Vec<Signed>,
}

/// Takes back the denials that a device hands back, and answers it.
///
/// # Errors
/// As [`handed_back::take_back`]; when the database or a key fails: then no lease is on record.
pub async fn ask(
    binders: &Binders,
    caller: CompanionCaller,
    mut question: Question,
) -> Result<Signed, Refusal> {
    let handed = std::mem::take(&mut question.handed_back);
    handed_back::take_back(binders, caller, handed).await?;
    answer(binders, caller, question).await
}

/// Answers a device. A removed one hears its denials and gets nothing else.
///
/// # Errors
/// When the database or a key fails: then no lease is on record.
async fn answer(binders: &Binders, caller: CompanionCaller, question: Question) -> Result<Signed, Refusal> {
    let ground = &binders.ground;
    let nonce = question.nonce;
    Refusal::check_count("holding", question.holding.len(), 0, MAX_NAMED)?;
    Refusal::check_count("removed", question.removed.len(), 0, MAX_NAMED)?;
    let counted = steps::counted(caller, question.step)?;
    let decided: Option<Decided> = ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move { decide(ground, tx, caller, &question, counted).await })
        })
        .await?;
    match decided {
        Some(decided) => seal(ground, caller, nonce, decided),
        None => {
            copied::end(binders, caller).await?;
            Err(Refusal::DeviceCopied)
        }
    }
}

/// What was decided and recorded, before it is sealed.
struct Decided {
    batch: BatchId,
    incarnation: IncarnationId,
    issued_at: Instant,
    exchange_key: [u8; 65],
    leases: Vec<(LeaseHeader, Sealed)>,
    denials: Vec<StoredDenial>,
    /// The key that signed for the practice when this was decided.
    authority: Arc<AuthorityKey>,
}

async fn decide(
    ground: &Ground,
    tx: &mut Tx,
    caller: CompanionCaller,
    question: &Question,
    counted: Option<Counted>,
) -> Result<Option<Decided>, Refusal> {
    let holding = question.holding.as_slice();
    let (client, device) = (caller.client, caller.device);
    let seen = store::entries::of_client(tx, client).await?;
    let clips = fold(&seen).clips();
    facts::share_lock(tx, caller.practice, client, &clips).await?;
    let stored = store::devices::lock(tx, device).await?.ok_or(Refusal::NotFound)?;
    // Before anything is recorded that could not be signed.
    let authority = rotations::signing_key(ground, tx, caller.practice).await?;
    // Read under the locks: an entry that was committed while they were waited for counts.
    let orders = fold(&store::entries::of_client(tx, client).await?);
    let now = ground.clock.now();
    if let Some(counted) = counted
        && stored.removed_at.is_none()
        && steps::hear(tx, device, counted, now).await? == Progress::Copied
    {
        return Ok(None);
    }
    store::devices::note_seen(tx, device, now).await?;
    for (release, generation) in holding {
        if store::leases::acknowledge(tx, device, *release, *generation, now).await? {
            store::denials::note_resumed(tx, device, *release, *generation, now).await?;
        }
    }
    let batch = BatchId::new(now, ground.entropy.bytes());
    let locked = Locked { orders: &orders, clips: &clips, confirmed: stored.confirmed_at.is_some(), now };
    let mut ready = Vec::new();
    if stored.removed_at.is_none()
        // What could not be taken back now is not given.
        && !ground.hindrances.keep_from_giving()
        // After a failover another server may have taken back what this database has not.
        && store::ledger_positions::look(tx).await?.are_compared()
        && may_have_more(tx, caller, now).await?
    {
        let made = granting::make(ground, tx, caller, &locked, question).await;
        // What cannot be granted must not keep denials from being told.
        ready = made.unwrap_or_else(|error| {
            tracing::error!(%error, "leases could not be made; denials are told all the same");
            Vec::new()
        });
    }
    granting::record(tx, caller, &ready, batch, now).await?;
    let mut denials = store::denials::open_for(tx, device).await?;
    denials.extend(denying::deny_held(ground, tx, caller, &locked, holding, &denials).await?);
    if let Some(at) = stored.removed_at
        && !denials.iter().any(|denial| denial.kind == DenialKind::Unpaired)
    {
        // An older program has replayed the removal, and left no denial of it.
        let denial = StoredDenial { at, ..denials::of_everything(device, now, ground.entropy.bytes()) };
        store::denials::insert(tx, &denial).await?;
        denials.push(denial);
    }
    for denial in &denials {
        store::denials::note_told(tx, denial.id, now).await?;
    }
    Ok(Some(Decided {
        batch,
        incarnation: store::incarnations::current(tx).await?.unwrap_or_else(|| ground.incarnation()),
        issued_at: now,
        exchange_key: key_of(&stored.exchange_key)?,
        leases: ready,
        denials,
        authority,
    }))
}

/// Whether a device has not been given too many batches with leases.
async fn may_have_more(tx: &mut Tx, caller: CompanionCaller, now: Instant) -> Result<bool, StoreError> {
    let lately = store::leases::batches_since(tx, caller.device, now - BATCHES_WITHIN).await?;
    if lease::may_have_more(lately, None) {
        return Ok(true);
    }
    let Some(decided_at) = store::entries::decided_at(tx, caller.client).await? else { return Ok(false) };
    let since = store::leases::batches_since(tx, caller.device, decided_at).await?;
    Ok(lease::may_have_more(lately, Some(since)))
}

fn fold(entries: &[(EntryId, Vec<u8>)]) -> Orders {
    Orders::fold_encoded(entries.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
}

/// What was read under the locks.
struct Locked<'a> {
    orders: &'a Orders,
    clips: &'a BTreeSet<(RecordingId, ClipId)>,
    /// Whether a therapist has seen the device's name.
    confirmed: bool,
    now: Instant,
}

/// When the newest lease of each release was issued to a device, and its generation.
type Newest = BTreeMap<ReleaseId, (Instant, u64)>;

async fn newest_generations(tx: &mut Tx, caller: CompanionCaller) -> Result<Newest, StoreError> {
    let newest = store::leases::newest_of(tx, caller.device, caller.client).await?;
    Ok(newest
        .into_iter()
        .map(|(release, generation, issued_at)| (release, (issued_at, generation)))
        .collect())
}

/// Forgets leases that have long ended and that say nothing any more: a newer one of the same device and release lasts as
/// long, and counts still if they do. The newest of each stays for ever, for generations must never come again. Gives how
/// many were forgotten.
///
/// # Errors
/// When the database fails.
pub async fn forget_dead(ground: &Ground) -> Result<usize, Refusal> {
    let before = ground.clock.now() - DEAD_FOR;
    let mut forgotten = 0;
    loop {
        // Looked for by a reader, so that nobody waits for it; what is dead stays so.
        let mut tx = ground.db.read().await?;
        let dead = store::leases::dead(&mut tx, before, FORGOTTEN_AT_ONCE).await?;
        drop(tx);
        if dead.is_empty() {
            return Ok(forgotten);
        }
        forgotten += dead.len();
        let done = ground.committer.commit::<_, StoreError, _>(Urgency::Grant, move |tx| {
            Box::pin(async move {
                for (device, release, generation) in dead {
                    store::leases::forget(tx, device, release, generation).await?;
                }
                Ok(())
            })
        });
        done.await?;
    }
}

fn seal(
    ground: &Ground,
    caller: CompanionCaller,
    nonce: [u8; 32],
    decided: Decided,
) -> Result<Signed, Refusal> {
    let Decided { batch, incarnation, issued_at, exchange_key, leases, denials, authority } = decided;
    let denials: Vec<_> = denials
        .iter()
        .map(|denial| denials::sign(denial, incarnation, issued_at, authority.signing_key()))
        .collect();
    let draft = BatchDraft {
        id: batch,
        incarnation,
        practice: caller.practice,
        device: caller.device,
        exchange_key,
        issued_at,
        nonce,
        kid: authority.public().kid.clone(),
    };
    let mut entropy = ground.entropy.clone();
    draft.seal(&leases, &denials, authority.signing_key(), &mut entropy).map_err(|_| Refusal::Unavailable)
}

fn key_of(stored: &[u8]) -> Result<[u8; 65], Refusal> {
    stored.try_into().map_err(|_| Refusal::Unavailable)
}

#[cfg(test)]
mod tests;
