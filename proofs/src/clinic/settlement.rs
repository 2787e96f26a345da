//! Settlement: shelf, ends and denials brought in line with the facts.

use sync_core::{
    documents::{Look, Shelf, ShelfState, project},
    id::{DenialId, EntryId, ReleaseId},
    instant::Instant,
    lease::DenialKind,
    orders::{Act, Author, Entry, Orders, Release, RevokeOn},
    policy::{GateFacts, Reason, standing},
};

use super::{Clinic, Fault, Recorded, Restriction, StoredDenial, facts::ANY_DEVICE};
use crate::cast::sixteen;

impl Clinic {
    /// Settles. Doing it again changes nothing.
    pub fn settle(&mut self, now: Instant) {
        let mut orders = self.orders();
        if self.end_lost(&orders, now) {
            orders = self.orders();
        }
        self.db.shelf = self.project(&orders, now);
        for (id, release) in &orders.releases {
            let has_ended = self.look(&orders, (*id, release), now).has_ended();
            let known = self.db.releases.entry(*id).or_insert_with(|| {
                self.ledger.push(Restriction::Made(*id, now));
                Recorded { created_at: now, ended_at: None }
            });
            if has_ended {
                known.ended_at.get_or_insert(now);
            }
        }
        self.deny(&orders, now);
    }

    /// Ends, by an entry like any therapist's, what somebody has withdrawn from or what is destroyed.
    fn end_lost(&mut self, orders: &Orders, now: Instant) -> bool {
        let is_lost = |(id, release): &(&ReleaseId, &Release)| {
            let reason = self.gate(orders, (**id, release), ANY_DEVICE, now).err();
            !standing(orders, release, now).has_ended()
                && matches!(reason, Some(Reason::ConsentEnded | Reason::ClipUnavailable))
        };
        let lost: Vec<_> = orders.releases.iter().filter(is_lost).map(|(id, _)| *id).collect();
        for release in &lost {
            self.end(*release, now);
        }
        !lost.is_empty()
    }

    /// Enters the server's own revocation of a release.
    pub(super) fn end(&mut self, release: ReleaseId, now: Instant) {
        let act = Act::Revoke { on: RevokeOn::Release(release), hits: vec![release] };
        let bytes = Entry { by: Author::Server, at: now, act }.encode();
        let id = EntryId::from_bytes(sixteen("ended", &[release.as_bytes()]));
        if self.db.entries.contains_key(&id) {
            return;
        }
        self.db.entries.insert(id, bytes.clone());
        self.ledger.push(Restriction::Entry(id, bytes));
    }

    fn project(&self, orders: &Orders, now: Instant) -> Shelf {
        let mut shelf = self.db.shelf.clone();
        for (id, release) in &orders.releases {
            let project = |facts: &GateFacts<'_>| project(facts, self.db.shelf.0.get(id), now);
            let item = self.about(orders, (*id, release), ANY_DEVICE, project);
            shelf.0.extend(item.map(|item| (*id, item)));
        }
        shelf
    }

    fn look(&self, orders: &Orders, release: (ReleaseId, &Release), now: Instant) -> Look {
        self.about(orders, release, ANY_DEVICE, |facts| Look::of(facts, now))
    }

    /// Leaves denials for every device that may still hold what has ended or rests.
    fn deny(&mut self, orders: &Orders, now: Instant) {
        if self.has(Fault::EndsNotTold) {
            return;
        }
        let mut new = Vec::new();
        for (id, release) in &orders.releases {
            let kind = match self.look(orders, (*id, release), now).state() {
                ShelfState::Live => continue,
                ShelfState::Ended => DenialKind::Ended,
                ShelfState::Paused => DenialKind::Paused,
            };
            for device in self.db.devices.keys() {
                let live = self.db.leases.iter().filter(|lease| {
                    lease.device == *device
                        && lease.release == *id
                        && lease.voided_at.is_none()
                        && lease.valid_until > now
                });
                let Some(upto_generation) = live.map(|lease| lease.generation).max() else { continue };
                let is_known = self.db.denials.iter().any(|denial| {
                    denial.device == *device
                        && denial.release == Some(*id)
                        && denial.kind == kind
                        && denial.upto_generation >= upto_generation
                });
                if !is_known {
                    new.push(StoredDenial {
                        id: self.denial_id(kind, Some(*id), upto_generation),
                        device: *device,
                        release: Some(*id),
                        upto_generation,
                        kind,
                        at: now,
                        told: false,
                        done: false,
                    });
                }
            }
        }
        self.db.denials.extend(new);
    }

    pub(super) fn denial_id(&self, kind: DenialKind, release: Option<ReleaseId>, upto: u64) -> DenialId {
        let release = release.map_or([0; 16], |release| *release.as_bytes());
        let life = self.incarnation();
        let about: [&[u8]; 4] = [kind.as_str().as_bytes(), &release, &upto.to_be_bytes(), life.as_bytes()];
        DenialId::from_bytes(sixteen("denial", &about))
    }
}
