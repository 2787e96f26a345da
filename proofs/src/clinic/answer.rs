//! A device asks: the clinic grants and denies leases, seals them and signs the batch.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use sync_core::{
    id::{BatchId, DeviceId, ReleaseId},
    instant::{Instant, Span},
    lease::{
        BATCHES_WITHIN, BatchDraft, Claim, Denial, DenialKind, Heard, LeaseHeader, MAX_LEASES, Marks, Offer,
        Progress, Sealed, Signed, in_turn, may_have_more, next_generation,
    },
    media::{ClipKey, MediaRecord, RecordSize},
    orders::Orders,
    policy::{DeviceFacts, Grant},
    settlement::forgotten,
    terms::Terms,
};

use super::{Clinic, Fault, Lease, StoredDenial};
use crate::{
    cast::{authority, device_keys, practice, sixteen},
    phone::Question,
    sealing::Sealing,
};

/// What was decided and recorded for a device, before it is sealed.
#[derive(Debug, Clone)]
pub struct Decided {
    /// For whom.
    pub device: DeviceId,
    /// When.
    pub issued_at: Instant,
    /// What is granted.
    pub leases: Vec<LeaseHeader>,
    /// What is denied.
    pub denials: Vec<StoredDenial>,
    keys: BTreeMap<ReleaseId, [u8; 16]>,
}

/// What a device gets, and what was decided for it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The batch.
    pub batch: Signed,
    /// What is in it.
    pub decided: Decided,
}

impl Clinic {
    /// Takes back denials that a device was given, decides what it is told, and seals that. None for a device that is
    /// not known here, or whose question a later one has overtaken.
    ///
    /// # Errors
    /// When sealing fails, and for a device that is taken for a copy of another, which is a violation.
    pub fn answer(
        &mut self,
        device: DeviceId,
        question: &Question,
        sealing: Sealing,
        now: Instant,
    ) -> anyhow::Result<Option<Answer>> {
        let Some(row) = self.db.devices.get_mut(&device) else { return Ok(None) };
        if row.removed_at.is_none() {
            let step = question.step;
            let signed_after = question.signed_after.unwrap_or(Instant::from_millis(0));
            match step.progress(row.heard, signed_after) {
                Progress::Next => row.heard = Some(Heard { step, at: now }),
                Progress::Again => {}
                Progress::Overtaken => return Ok(None),
                Progress::Copied => bail!("{device} was taken for a copy, and no device here is one"),
            }
        }
        self.take_back(device, &question.denials, now)?;
        let decided = self.decide(device, question, now);
        Ok(Some(Answer { batch: self.seal(&decided, question.nonce, sealing)?, decided }))
    }

    /// What this server has signed as ended is ended, even if a restore has forgotten it.
    fn take_back(&mut self, device: DeviceId, handed: &[Signed], now: Instant) -> anyhow::Result<()> {
        let key = authority(self.practice)?.verifying;
        let opened = handed.iter().filter_map(|signed| Denial::open(signed, &key).ok());
        let told: BTreeSet<ReleaseId> = opened.filter_map(|denial| denial.ended_on(device)).collect();
        let forgotten = forgotten(&self.orders(), &told, |id| self.is_ended_on_record(id));
        for release in &forgotten {
            self.end(*release, now);
        }
        // A question by itself settles nothing: the gate reads what was decided meanwhile.
        if !forgotten.is_empty() {
            self.settle(now);
        }
        Ok(())
    }

    /// Decides and records, in one transaction.
    pub fn decide(&mut self, device: DeviceId, question: &Question, now: Instant) -> Decided {
        let orders = self.orders();
        for (release, generation) in &question.holding {
            self.acknowledge(device, *release, *generation, now);
        }
        let row = self.db.devices.get(&device).copied();
        let mut decided = Decided {
            device,
            issued_at: now,
            leases: Vec::new(),
            denials: Vec::new(),
            keys: BTreeMap::new(),
        };
        if row.is_some_and(|row| row.removed_at.is_none()) && self.may_have_more(device, now) {
            self.grant(&orders, question, now, &mut decided);
        }
        let is_open =
            |denial: &&StoredDenial| denial.device == device && denial.kind.is_open(denial.told, denial.done);
        decided.denials = self.db.denials.iter().filter(is_open).copied().collect();
        if !self.has(Fault::EndsNotTold) {
            self.deny_held(&orders, &question.holding, now, &mut decided);
        }
        if let Some(at) = row.and_then(|row| row.removed_at)
            && !decided.denials.iter().any(|denial| denial.kind == DenialKind::Unpaired)
        {
            let denial = StoredDenial {
                id: self.denial_id(DenialKind::Unpaired, None, 0),
                device,
                release: None,
                upto_generation: u64::MAX >> 1,
                kind: DenialKind::Unpaired,
                at,
                told: false,
                done: false,
            };
            self.db.denials.push(denial);
            decided.denials.push(denial);
        }
        let told: BTreeSet<_> = decided.denials.iter().map(|denial| denial.id).collect();
        for denial in self.db.denials.iter_mut().filter(|denial| told.contains(&denial.id)) {
            denial.told = true;
        }
        decided
    }

    /// Whether a device has not been given too many batches with leases.
    fn may_have_more(&self, device: DeviceId, now: Instant) -> bool {
        if self.has(Fault::BatchesNotCounted) {
            return true;
        }
        let given = |is_meant: &dyn Fn(&Lease) -> bool| {
            let mine = self.db.leases.iter().filter(|lease| lease.device == device && is_meant(lease));
            mine.map(|lease| lease.batch).collect::<BTreeSet<_>>().len() as u64
        };
        let lately = given(&|lease| lease.issued_at > now - BATCHES_WITHIN);
        let since = self.db.decided_after.map(|decided| given(&|lease| lease.batch > decided));
        may_have_more(lately, since)
    }

    fn acknowledge(&mut self, device: DeviceId, release: ReleaseId, generation: u64, now: Instant) {
        let mine = |lease: &Lease| lease.device == device && lease.release == release;
        if !self.db.leases.iter().any(|lease| mine(lease) && lease.generation == generation) {
            return;
        }
        for lease in self.db.leases.iter_mut().filter(|lease| mine(lease) && lease.generation < generation) {
            lease.voided_at.get_or_insert(now);
        }
        for denial in self.db.denials.iter_mut().filter(|denial| {
            denial.device == device
                && denial.release == Some(release)
                && denial.kind == DenialKind::Paused
                && denial.upto_generation < generation
        }) {
            denial.done = true;
        }
    }

    fn grant(&mut self, orders: &Orders, question: &Question, now: Instant, decided: &mut Decided) {
        let Some(device) = self.db.devices.get(&decided.device).map(super::Device::facts) else { return };
        let granted: Vec<(ReleaseId, Grant)> = orders
            .releases
            .iter()
            .filter_map(|(id, release)| Some((*id, self.gate(orders, (*id, release), device, now).ok()?)))
            .collect();
        let removed = if self.has(Fault::RemovedLeased) {
            BTreeSet::new()
        } else {
            question.removed.iter().copied().collect()
        };
        let issued_at = |id| self.newest(decided.device, id).map(|lease| lease.issued_at);
        for (id, grant) in in_turn(granted, &removed, issued_at).into_iter().take(MAX_LEASES) {
            let issued = self.newest(decided.device, id).map(|lease| lease.generation);
            let held = question.holding.iter().filter(|(held, _)| *held == id);
            let at = if self.has(Fault::GenerationsCounted) { Instant::from_millis(1) } else { now };
            let generation = next_generation(issued, held.map(|(_, generation)| *generation).max(), at);
            let Some(release) = orders.releases.get(&id) else { continue };
            let Some((clip, terms)) = self.db.clips.get(&release.clip).zip(release.terms.as_ref()) else {
                continue;
            };
            let Some(key) = clip.key else { continue };
            let offer = Offer {
                device: decided.device,
                release: id,
                clip: release.clip,
                terms,
                grant,
                generation,
                duration: clip.duration,
                generous_plays: self.generous_plays,
                now,
            };
            let days = days(now, offer.valid_until());
            let quiet = quiet(terms, &days);
            let Some(header) = offer.header(days, quiet) else { continue };
            if decided.leases.is_empty() {
                self.db.batches += 1;
            }
            decided.keys.insert(id, key);
            self.db.leases.push(Lease {
                device: decided.device,
                release: id,
                generation,
                issued_at: now,
                batch: self.db.batches,
                valid_until: header.valid_until,
                voided_at: None,
            });
            decided.leases.push(header);
        }
    }

    fn newest(&self, device: DeviceId, release: ReleaseId) -> Option<&Lease> {
        let mine = self.db.leases.iter().filter(|lease| lease.device == device && lease.release == release);
        mine.max_by_key(|lease| lease.generation)
    }

    /// Denials of what a device says to hold, and the gate does not allow: not kept, for they answer an unsigned claim.
    fn deny_held(&self, orders: &Orders, holding: &[(ReleaseId, u64)], now: Instant, decided: &mut Decided) {
        let Some(row) = self.db.devices.get(&decided.device).copied() else { return };
        // A removed one hears of what it holds like any.
        let device = DeviceFacts { active: true, ..row.facts() };
        for (id, generation) in holding {
            let gate = orders.releases.get(id).map(|release| self.gate(orders, (*id, release), device, now));
            let claim = Claim {
                gate,
                ended_on_record: self.is_ended_on_record(*id),
                generation: *generation,
                issued: self.newest(decided.device, *id).map(|lease| lease.generation),
            };
            let told = decided.denials.iter().filter(|denial| denial.release == Some(*id));
            let told = told.map(|denial| (denial.kind, denial.upto_generation));
            let Some(kind) = claim.denied(told, now) else { continue };
            decided.denials.push(StoredDenial {
                id: self.denial_id(kind, Some(*id), *generation),
                device: decided.device,
                release: Some(*id),
                upto_generation: *generation,
                kind,
                at: now,
                told: false,
                done: false,
            });
        }
    }

    /// Seals and signs what was committed.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn seal(&self, decided: &Decided, nonce: [u8; 32], sealing: Sealing) -> anyhow::Result<Signed> {
        let authority = authority(self.practice)?;
        let incarnation = self.incarnation();
        let draft = BatchDraft {
            id: BatchId::from_bytes(sixteen("batch", &[&nonce, incarnation.as_bytes()])),
            incarnation,
            practice: practice(self.practice),
            device: decided.device,
            exchange_key: device_keys(decided.device)?.exchange_public,
            issued_at: decided.issued_at,
            nonce,
            kid: authority.kid.clone(),
        };
        let sealed = |header: &LeaseHeader| Some((header.clone(), self.sealed(header, decided)?));
        let leases: Vec<_> = decided.leases.iter().filter_map(sealed).collect();
        let sign = |denial: &StoredDenial| {
            let StoredDenial { id, device, release, upto_generation, kind, at, .. } = *denial;
            let issued_at = decided.issued_at;
            Denial { id, device, release, upto_generation, kind, at, issued_at, incarnation }
                .sign(&authority.signing)
        };
        let denials: Vec<_> = decided.denials.iter().map(sign).collect();
        sealing.seal(&draft, &leases, &denials, &authority.signing)
    }

    fn sealed(&self, header: &LeaseHeader, decided: &Decided) -> Option<Sealed> {
        let clip = self.db.clips.get(&header.clip)?;
        Some(Sealed {
            key: ClipKey::from_bytes(*decided.keys.get(&header.release)?),
            media: MediaRecord {
                plain_len: 10,
                cipher_len: 48,
                record_size: RecordSize::DEFAULT,
                cipher_sha256: [7; 32],
                media_type: "audio/mpeg".to_owned(),
            },
            duration: clip.duration,
            title: "A clip".to_owned(),
            note: None,
            marks: Marks::default(),
            parting_note: "Until next time.".to_owned(),
        })
    }
}

/// Midnights, for everybody here lives by UTC.
fn days(now: Instant, until: Instant) -> Vec<Instant> {
    const DAY: i64 = 86_400_000;
    let first = now.as_millis().div_euclid(DAY) * DAY;
    (0..)
        .map(|n| first + n * DAY)
        .take_while(|day| *day < until.as_millis())
        .map(Instant::from_millis)
        .collect()
}

fn quiet(terms: &Terms, days: &[Instant]) -> Vec<(Instant, Instant)> {
    let of_day = |day: Instant| {
        let at = move |minute: u16| day + Span::from_mins(u64::from(minute));
        terms.quiet_hours.ranges().iter().map(move |(from, to)| (at(*from), at(*to)))
    };
    let mut merged: Vec<(Instant, Instant)> = Vec::new();
    for (from, to) in days.iter().flat_map(|day| of_day(*day)) {
        match merged.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ => merged.push((from, to)),
        }
    }
    merged
}
