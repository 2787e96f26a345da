//! Leases: a device asks with a fresh nonce, and is answered with what the gate allows and what it must know.
//!
//! Everything is decided and recorded in one transaction under the gate's locks, and sealed only after it was committed:
//! a key never leaves for a lease that is not on record.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sync_core::{
    documents::{Kind, Note, entries},
    id::{BatchId, ClipId, DenialId, DeviceId, EntryId, IncarnationId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    lease::{BatchDraft, DenialKind, LeaseHeader, MAX_LEASES, Marks, Sealed, Signed},
    orders::{Orders, Release},
    policy::{Grant, Reason},
    terms::Terms,
};

use super::{
    Refusal,
    audit::{self, Action, Actor, AuditEntry},
    caller::CompanionCaller,
    clips, denials,
    facts::{self, DeviceFacts, Facts},
    local_days::LocalDays,
};
use crate::{
    app::App,
    store::{self, StoreError, Tx, Urgency, denials::StoredDenial, leases::StoredLease},
};

/// What a clip leaves behind when its therapist wrote nothing.
const DEFAULT_PARTING_NOTE: &str = "This clip has come to an end. Thank you for practising with it.";
/// Plays a day that the budget allows for where no daily limit is set: generous, and still an end.
const GENEROUS_PLAYS: u64 = 48;
/// The longest that a lease lasts, whatever the terms say: a device reads no more local days than fit in its header, and
/// a lease that it cannot read would keep it from reading the denials beside it.
pub(super) const LONGEST: Span = Span::from_days(31);
/// How many generations a restored database may have forgotten; a device that says more says nothing.
const GENERATIONS_FORGOTTEN: u64 = 100_000;
/// Budget is debited in steps of this, so each play may cost up to one step more than it lasts.
const DEBIT_STEP: Span = Span::from_secs(60);

/// What a device says when it asks.
pub struct Question {
    /// 32 fresh random bytes.
    pub nonce: [u8; 32],
    /// The newest lease that it holds of each release.
    pub holding: Vec<(ReleaseId, u64)>,
}

/// Answers a device. A removed one hears its denials and gets nothing else.
///
/// # Errors
/// When the database or a key fails: then no lease is on record.
pub async fn answer(app: &Arc<App>, caller: CompanionCaller, question: Question) -> Result<Signed, Refusal> {
    let work_app = Arc::clone(app);
    let Question { nonce, holding } = question;
    if holding.len() > LeaseHeader::MAX_DAYS {
        return Err(Refusal::OutOfBounds("holding: 400 releases at most"));
    }
    let decided: Decided = app
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move { decide(&work_app, tx, caller, &holding).await })
        })
        .await?;
    seal(app, caller, nonce, decided).await
}

/// What was decided and recorded, before it is sealed.
struct Decided {
    batch: BatchId,
    incarnation: IncarnationId,
    issued_at: Instant,
    exchange_key: [u8; 65],
    leases: Vec<(LeaseHeader, Sealed)>,
    denials: Vec<StoredDenial>,
}

async fn decide(
    app: &Arc<App>,
    tx: &mut Tx,
    caller: CompanionCaller,
    holding: &[(ReleaseId, u64)],
) -> Result<Decided, Refusal> {
    let (client, device) = (caller.client, caller.device);
    let seen = store::entries::of_client(tx, client).await?;
    let clips = facts::clips_of(&fold(&seen));
    facts::share_lock(tx, caller.practice, client, &clips).await?;
    let stored = store::devices::lock(tx, device).await?.ok_or(Refusal::NotFound)?;
    // Read under the locks: an entry that was committed while they were waited for counts.
    let orders = fold(&store::entries::of_client(tx, client).await?);
    let now = app.clock.now();
    store::devices::note_seen(tx, device, now).await?;
    for (release, generation) in holding {
        if store::leases::acknowledge(tx, device, *release, *generation, now).await? {
            store::denials::note_resumed(tx, device, *release, *generation, now).await?;
        }
    }
    let batch = BatchId::new(now, app.entropy.bytes());
    let mut leases = Vec::new();
    let locked = Locked { orders: &orders, clips: &clips, confirmed: stored.confirmed_at.is_some(), now };
    if stored.removed_at.is_none() {
        let granted = grant(app, tx, caller, &locked, holding, batch).await;
        // What cannot be granted, for a key that does not open say, must not keep denials from being told.
        leases = granted.unwrap_or_else(|error| {
            tracing::error!(%error, "leases could not be granted; denials are told all the same");
            Vec::new()
        });
    }
    let mut denials = store::denials::open_for(tx, device).await?;
    denials.extend(deny_held(app, tx, caller, &locked, holding, &denials).await?);
    if let Some(at) = stored.removed_at
        && !denials.iter().any(|denial| denial.kind == DenialKind::Unpaired)
    {
        // The ledger has brought the removal back after a restore: its denial is made anew.
        let denial = StoredDenial {
            id: DenialId::new(now, app.entropy.bytes()),
            device,
            release: None,
            upto_generation: u64::MAX >> 1,
            kind: DenialKind::Unpaired,
            at,
        };
        store::denials::insert(tx, &denial).await?;
        denials.push(denial);
    }
    for denial in &denials {
        store::denials::note_told(tx, denial.id, now).await?;
    }
    Ok(Decided {
        batch,
        incarnation: store::incarnations::current(tx).await?.unwrap_or_else(|| app.incarnation()),
        issued_at: now,
        exchange_key: key_of(&stored.exchange_key)?,
        leases,
        denials,
    })
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

async fn grant(
    app: &Arc<App>,
    tx: &mut Tx,
    caller: CompanionCaller,
    locked: &Locked<'_>,
    holding: &[(ReleaseId, u64)],
    batch: BatchId,
) -> Result<Vec<(LeaseHeader, Sealed)>, Refusal> {
    let Locked { orders, clips, confirmed, now } = *locked;
    let facts = Facts::read(tx, caller.practice, caller.client, orders).await?;
    let device_facts = DeviceFacts { active: true, confirmed };
    let newest = newest_generations(tx, caller.device).await?;
    let mut granted: Vec<_> = orders
        .releases
        .iter()
        // A clip that came after the locks were taken has none: it waits for the next question.
        .filter(|(_, release)| clips.contains(&(release.recording, release.clip)))
        .filter_map(|(id, release)| {
            let grant = facts.gate(orders, (*id, release), device_facts, now).ok()?;
            let valid_until = grant.valid_until.min(now + LONGEST);
            Some((*id, release, Grant { valid_until, ..grant }))
        })
        .collect();
    // What does not fit into one batch comes first in the next: no release is passed over for ever.
    granted.sort_by_key(|(id, ..)| newest.get(id).map(|(issued_at, _)| *issued_at));
    granted.truncate(MAX_LEASES);
    let notes = if granted.is_empty() { Vec::new() } else { casebook(app, tx, caller).await? };
    let mut leases = Vec::with_capacity(granted.len());
    for (id, release, grant) in granted {
        let generation = next_generation(&newest, holding, id);
        let words = words(&notes, id);
        let lease = lease(app, tx, caller, &facts, (id, release), grant, generation, words, now).await?;
        let row = StoredLease {
            device: caller.device,
            release: id,
            generation,
            issued_at: now,
            valid_until: grant.valid_until,
            acked_at: None,
            voided_at: None,
        };
        store::leases::insert(tx, &row, batch).await?;
        let entry = AuditEntry::new(caller.practice, now, Actor::from(&caller), Action::GrantLease);
        audit::append(tx, &entry.client(caller.client).device(caller.device).about(id).about(release.clip));
        leases.push(lease);
    }
    Ok(leases)
}

/// Denials of what a device says to hold, and the gate does not allow: whoever asks hears of it, even if this database
/// does not know of the lease, or of the release, because it comes from a backup. They answer a claim that nobody signed,
/// so they are not kept.
async fn deny_held(
    app: &Arc<App>,
    tx: &mut Tx,
    caller: CompanionCaller,
    locked: &Locked<'_>,
    holding: &[(ReleaseId, u64)],
    open: &[StoredDenial],
) -> Result<Vec<StoredDenial>, Refusal> {
    let Locked { orders, confirmed, now, .. } = *locked;
    let device_facts = DeviceFacts { active: true, confirmed };
    if holding.is_empty() {
        return Ok(Vec::new());
    }
    let facts = Facts::read(tx, caller.practice, caller.client, orders).await?;
    let newest = newest_generations(tx, caller.device).await?;
    let mut denials = Vec::new();
    for (id, generation) in holding {
        let gate =
            orders.releases.get(id).map(|release| facts.gate(orders, (*id, release), device_facts, now));
        let kind = match gate {
            Some(Ok(_)) => continue,
            Some(Err(reason)) if ends(reason) => DenialKind::Ended,
            // A release that was made after the backup rests until it is here again.
            Some(Err(_)) | None => DenialKind::Paused,
        };
        let is_told = open.iter().any(|denial| {
            denial.release == Some(*id) && denial.kind == kind && denial.upto_generation >= *generation
        });
        let issued = newest.get(id).map_or(0, |(_, generation)| *generation);
        if is_told || *generation > issued + GENERATIONS_FORGOTTEN {
            continue;
        }
        denials.push(StoredDenial {
            id: DenialId::new(now, app.entropy.bytes()),
            device: caller.device,
            release: Some(*id),
            upto_generation: *generation,
            kind,
            at: now,
        });
    }
    Ok(denials)
}

/// Whether a reason ends a release for good.
const fn ends(reason: Reason) -> bool {
    match reason {
        Reason::Ended | Reason::ConsentEnded | Reason::ClipUnavailable | Reason::Inactive => true,
        Reason::Held
        | Reason::Unconfirmed
        | Reason::ConsentMissing
        | Reason::DeviceUnconfirmed
        | Reason::AwaitsRestoreConfirmation => false,
    }
}

/// When the newest lease of each release was issued to a device, and its generation.
async fn newest_generations(
    tx: &mut Tx,
    device: DeviceId,
) -> Result<BTreeMap<ReleaseId, (Instant, u64)>, StoreError> {
    let mut newest: BTreeMap<ReleaseId, (Instant, u64)> = BTreeMap::new();
    for lease in store::leases::of_device(tx, device).await? {
        let known = newest.entry(lease.release).or_insert((lease.issued_at, lease.generation));
        *known = (known.0.max(lease.issued_at), known.1.max(lease.generation));
    }
    Ok(newest)
}

/// One more than the newest that was issued, as far as this database knows: one that was restored may have forgotten
/// some, and the device takes none that is not newer than what it holds.
fn next_generation(
    newest: &BTreeMap<ReleaseId, (Instant, u64)>,
    holding: &[(ReleaseId, u64)],
    release: ReleaseId,
) -> u64 {
    let issued = newest.get(&release).map_or(0, |(_, generation)| *generation);
    let held = holding.iter().filter(|(held, _)| *held == release).map(|(_, generation)| *generation);
    let held = held.filter(|generation| *generation <= issued + GENERATIONS_FORGOTTEN).max().unwrap_or(0);
    issued.max(held) + 1
}

#[allow(clippy::too_many_arguments, reason = "every one is a fact of one lease, and none goes with another")]
async fn lease(
    app: &App,
    tx: &mut Tx,
    caller: CompanionCaller,
    facts: &Facts,
    (id, release): (ReleaseId, &Release),
    grant: Grant,
    generation: u64,
    words: SealedWords,
    now: Instant,
) -> Result<(LeaseHeader, Sealed), Refusal> {
    let clip = facts.clip(release.clip).ok_or(Refusal::Unavailable)?;
    let terms = release.terms.as_ref().ok_or(Refusal::Unavailable)?;
    let days = LocalDays::new(&app.settings.zone, now, grant.valid_until);
    let duration = Span::from_millis(clip.duration_ms);
    let header = LeaseHeader {
        release: id,
        clip: release.clip,
        device: caller.device,
        generation,
        not_before: grant.not_before,
        valid_until: grant.valid_until,
        ends_at: grant.ends_at,
        offline_for: terms.offline_for,
        daily_limit: terms.daily_limit,
        quiet: days.quiet(&terms.quiet_hours),
        budget: budget(terms, duration, days.starts().len()),
        days: days.starts().to_vec(),
    };
    let sealed = Sealed {
        key: clips::key(app, tx, clip).await?,
        media: clip.media.clone(),
        duration,
        title: clips::title(app, tx, clip).await?,
        note: words.note,
        marks: words.marks,
        parting_note: words.parting_note,
    };
    Ok((header, sealed))
}

/// Media time under one lease: what the daily limit allows on each of its days, or a generous default.
fn budget(terms: &Terms, duration: Span, days: usize) -> Span {
    let plays_a_day = terms.daily_limit.map_or(GENEROUS_PLAYS, u64::from);
    let steps = duration.as_millis().div_ceil(DEBIT_STEP.as_millis()).max(1);
    let days = u64::try_from(days).unwrap_or(u64::MAX).max(1);
    Span::from_millis(
        steps.saturating_mul(DEBIT_STEP.as_millis()).saturating_mul(plays_a_day).saturating_mul(days),
    )
}

struct SealedWords {
    note: Option<String>,
    marks: Marks,
    parting_note: String,
}

/// The notes of the casebook, as committed.
async fn casebook(
    app: &App,
    tx: &mut Tx,
    caller: CompanionCaller,
) -> Result<Vec<(EntryId, Vec<u8>)>, Refusal> {
    let casebook =
        super::documents::committed(app, tx, caller.practice, caller.client, Kind::Casebook).await?;
    Ok(entries(&casebook))
}

/// The words that go with a release.
fn words(notes: &[(EntryId, Vec<u8>)], release: ReleaseId) -> SealedWords {
    let words = Note::newest_words(notes.iter().map(|(_, bytes)| bytes.as_slice()), release);
    words.map_or_else(
        || SealedWords { note: None, marks: Marks::default(), parting_note: DEFAULT_PARTING_NOTE.to_owned() },
        |words| SealedWords { note: words.note, marks: words.marks, parting_note: words.parting_note },
    )
}

async fn seal(
    app: &Arc<App>,
    caller: CompanionCaller,
    nonce: [u8; 32],
    decided: Decided,
) -> Result<Signed, Refusal> {
    let authority = app.keys.authority(caller.practice)?;
    let Decided { batch, incarnation, issued_at, exchange_key, leases, denials } = decided;
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
        kid: authority.kid().to_owned(),
    };
    let mut entropy = app.entropy.clone();
    draft.seal(&leases, &denials, authority.signing_key(), &mut entropy).map_err(|_| Refusal::Unavailable)
}

fn key_of(stored: &[u8]) -> Result<[u8; 65], Refusal> {
    stored.try_into().map_err(|_| Refusal::Unavailable)
}

#[cfg(test)]
mod tests;
