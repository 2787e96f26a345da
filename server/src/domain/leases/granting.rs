//! The leases in the answer to a question, each with its key and its words.

use sync_core::{
    id::{BatchId, ReleaseId},
    instant::{Instant, Span},
    lease::{GENEROUS_PLAYS, LeaseHeader, MAX_LEASES, Offer, Sealed, in_turn, next_generation},
    orders::Release,
    policy::{DeviceFacts, Grant},
};

use super::{Locked, Question, newest_generations};
use crate::{
    domain::{
        clips,
        decisions::facts::Facts,
        documents::notes,
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{
        Refusal,
        callers::CompanionCaller,
        local_days::LocalDays,
        offsets::{LocalTime, Offsets},
    },
    store::{self, StoreError, Tx, leases::StoredLease},
};

/// Makes a lease for whatever the gate allows and the person has not removed. One that cannot be made, because a key does
/// not open say, keeps nobody from the others.
///
/// # Errors
/// When the database fails.
pub(super) async fn make(
    ground: &Ground,
    tx: &mut Tx,
    caller: CompanionCaller,
    locked: &Locked<'_>,
    question: &Question,
) -> Result<Vec<(LeaseHeader, Sealed)>, Refusal> {
    let Locked { orders, clips, confirmed, now } = *locked;
    let facts = Facts::read(tx, caller.practice, caller.client, orders).await?;
    let device_facts = DeviceFacts { active: true, confirmed };
    let newest = newest_generations(tx, caller).await?;
    let local_time = store::devices::local_time(tx, caller.device).await?;
    let granted = orders
        .releases
        .iter()
        // A clip that came after the locks were taken has none: it waits for the next question.
        .filter(|(_, release)| clips.contains(&(release.recording, release.clip)))
        .filter_map(|(id, release)| Some((*id, facts.gate(orders, (*id, release), device_facts, now).ok()?)));
    let issued_at = |id| newest.get(&id).map(|(issued_at, _)| *issued_at);
    let mut leases = Vec::new();
    for (id, grant) in in_turn(granted, &question.removed, issued_at) {
        if leases.len() == MAX_LEASES {
            break;
        }
        let Some(release) = orders.releases.get(&id) else { continue };
        let issued = newest.get(&id).map(|(_, generation)| *generation);
        let held = question.holding.iter().filter(|(held, _)| *held == id).map(|(_, generation)| *generation);
        let generation = next_generation(issued, held.max(), now);
        match lease(ground, tx, caller, &facts, (id, release), grant, generation, local_time, now).await {
            Ok(lease) => leases.push(lease),
            Err(error) => tracing::error!(%error, "a lease could not be made; others are given without it"),
        }
    }
    Ok(leases)
}

/// Enters what was made: from here on it counts as issued.
///
/// # Errors
/// When the database fails: then nothing of the batch may be told.
pub(super) async fn record(
    tx: &mut Tx,
    caller: CompanionCaller,
    leases: &[(LeaseHeader, Sealed)],
    batch: BatchId,
    now: Instant,
) -> Result<(), Refusal> {
    for (header, _) in leases {
        let row = StoredLease {
            device: caller.device,
            release: header.release,
            generation: header.generation,
            issued_at: now,
            valid_until: header.valid_until,
            acked_at: None,
            voided_at: None,
        };
        store::leases::insert(tx, &row, batch).await?;
        let entry = AuditEntry::new(caller.practice, now, Actor::from(&caller), Action::GrantLease);
        let entry = entry.client(caller.client).device(caller.device);
        audit::append(tx, &entry.about(header.release).about(header.clip));
    }
    Ok(())
}

#[allow(clippy::too_many_arguments, reason = "every one is a fact of one lease, and none goes with another")]
async fn lease(
    ground: &Ground,
    tx: &mut Tx,
    caller: CompanionCaller,
    facts: &Facts,
    (id, release): (ReleaseId, &Release),
    grant: Grant,
    generation: u64,
    local_time: Option<LocalTime>,
    now: Instant,
) -> Result<(LeaseHeader, Sealed), Refusal> {
    let clip = facts.clip(release.clip).ok_or(Refusal::Unavailable)?;
    let terms = release.terms.as_ref().ok_or(Refusal::Unavailable)?;
    let duration = Span::from_millis(clip.duration_ms);
    let offer = Offer {
        device: caller.device,
        release: id,
        clip: release.clip,
        terms,
        grant,
        generation,
        duration,
        generous_plays: GENEROUS_PLAYS,
        now,
    };
    let until = offer.valid_until();
    let offsets = Offsets::of_person(&ground.settings.zone, local_time, now, until);
    let days = LocalDays::new(offsets, now, until);
    let header = offer.header(days.starts().to_vec(), days.quiet(&terms.quiet_hours));
    let header = header.ok_or(StoreError::Inconsistent("lease header"))?;
    let words = notes::words_of(ground, tx, (caller.practice, caller.client), id).await?;
    let sealed = Sealed {
        key: clips::key(ground, tx, clip).await?,
        media: clip.media.clone(),
        duration,
        title: clips::title(ground, tx, clip).await?,
        note: words.note,
        marks: words.marks,
        parting_note: words.parting_note,
    };
    Ok((header, sealed))
}
