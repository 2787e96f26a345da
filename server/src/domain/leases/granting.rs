//! The leases in the answer to a question, each with its key and its words.

use sync_core::{
    id::{BatchId, ReleaseId},
    instant::{Instant, Span},
    lease::{LONGEST, LeaseHeader, MAX_LEASES, Sealed, next_generation},
    orders::Release,
    policy::Grant,
    terms::Terms,
};

use super::{Locked, Question, newest_generations};
use crate::{
    domain::{
        clips,
        decisions::facts::{DeviceFacts, Facts},
        documents::notes,
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller, local_days::LocalDays},
    store::{self, StoreError, Tx, leases::StoredLease},
};

/// Plays a day that the budget allows for where no daily limit is set: generous, and still an end.
const GENEROUS_PLAYS: u16 = *Terms::PLAYS_A_DAY.end();
/// Budget is debited in steps of this, so each play may cost up to one step more than it lasts.
const DEBIT_STEP: Span = Span::from_secs(60);

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
    let mut granted: Vec<_> = orders
        .releases
        .iter()
        // A clip that came after the locks were taken has none: it waits for the next question.
        .filter(|(_, release)| clips.contains(&(release.recording, release.clip)))
        .filter(|(id, _)| !question.removed.contains(id))
        .filter_map(|(id, release)| {
            let grant = facts.gate(orders, (*id, release), device_facts, now).ok()?;
            let valid_until = grant.valid_until.min(now + LONGEST);
            Some((*id, release, Grant { valid_until, ..grant }))
        })
        .collect();
    // What does not fit into one batch comes first in the next: no release is passed over for ever.
    granted.sort_by_key(|(id, ..)| newest.get(id).map(|(issued_at, _)| *issued_at));
    let mut leases = Vec::with_capacity(granted.len().min(MAX_LEASES));
    for (id, release, grant) in granted {
        if leases.len() == MAX_LEASES {
            break;
        }
        let issued = newest.get(&id).map(|(_, generation)| *generation);
        let held = question.holding.iter().filter(|(held, _)| *held == id).map(|(_, generation)| *generation);
        let generation = next_generation(issued, held.max(), now);
        match lease(ground, tx, caller, &facts, (id, release), grant, generation, now).await {
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
    now: Instant,
) -> Result<(LeaseHeader, Sealed), Refusal> {
    let clip = facts.clip(release.clip).ok_or(Refusal::Unavailable)?;
    let terms = release.terms.as_ref().ok_or(Refusal::Unavailable)?;
    let days = LocalDays::new(&ground.settings.zone, now, grant.valid_until);
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
    // A header that the phone cannot read would make its whole batch unreadable, the denials in it included.
    if !reads_back(&header) {
        return Err(StoreError::Inconsistent("lease header").into());
    }
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

fn reads_back(header: &LeaseHeader) -> bool {
    LeaseHeader::decode(&header.encode()).is_ok_and(|read| read == *header)
}

/// Media time under one lease: what the daily limit allows on each of its days, or a generous default.
fn budget(terms: &Terms, duration: Span, days: usize) -> Span {
    let plays_a_day = u64::from(terms.daily_limit.unwrap_or(GENEROUS_PLAYS));
    let steps = duration.as_millis().div_ceil(DEBIT_STEP.as_millis()).max(1);
    let days = u64::try_from(days).unwrap_or(u64::MAX).max(1);
    Span::from_millis(
        steps.saturating_mul(DEBIT_STEP.as_millis()).saturating_mul(plays_a_day).saturating_mul(days),
    )
}

#[cfg(test)]
mod tests {
    use sync_core::id::{ClipId, DeviceId};

    use super::*;

    #[test]
    fn a_header_that_no_phone_could_read_is_found_out() {
        let noon = Instant::from_millis(1_800_000_000_000);
        let header = LeaseHeader {
            release: ReleaseId::from_bytes([1; 16]),
            clip: ClipId::from_bytes([2; 16]),
            device: DeviceId::from_bytes([3; 16]),
            generation: 1,
            not_before: None,
            valid_until: noon,
            ends_at: noon,
            offline_for: Span::from_hours(72),
            daily_limit: None,
            days: vec![noon],
            quiet: Vec::new(),
            budget: Span::from_secs(60),
        };
        assert!(reads_back(&header));
        let many = (0..=LeaseHeader::MAX_DAYS as u64).map(|day| noon + Span::from_days(day)).collect();
        assert!(!reads_back(&LeaseHeader { days: many, ..header.clone() }));
        assert!(!reads_back(&LeaseHeader { quiet: vec![(noon, noon)], ..header.clone() }));
        assert!(!reads_back(&LeaseHeader { ends_at: noon - Span::from_secs(1), ..header }));
    }
}
