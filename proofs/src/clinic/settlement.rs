//! Settlement: shelf, ends and denials brought in line with the facts.

use sync_core::{
    id::{DenialId, EntryId, ReleaseId},
    instant::Instant,
    lease::DenialKind,
    settlement::{LiveLease, NewDenial, ending},
    vocabulary::Vocabulary,
};

use super::{Clinic, Fault, Lease, Restriction, StoredDenial};
use crate::cast::sixteen;

impl Clinic {
    /// Settles. Doing it again changes nothing.
    pub fn settle(&mut self, now: Instant) {
        let orders = self.orders();
        self.bring(&orders, &orders.clips(), now);
        let orders = self.orders();
        for release in self.situation(&orders, now).lost() {
            self.end(release, now);
        }
        let orders = self.orders();
        let situation = self.situation(&orders, now);
        self.db.shelf = situation.shelf(&self.db.shelf).after(&self.db.shelf);
        let live = |lease: &&Lease| lease.voided_at.is_none();
        let live: Vec<_> = self.db.leases.iter().filter(live).map(live_lease).collect();
        let denials = situation.denials(&live);
        for (id, record) in situation.records() {
            if self.db.releases.insert(id, record.recorded).is_none() {
                self.ledger.push(Restriction::Made(id, record.recorded.made_at));
            }
        }
        if !self.has(Fault::EndsNotTold) {
            self.deny(&denials, now);
        }
    }

    /// Enters the server's own revocation of a release.
    pub(super) fn end(&mut self, release: ReleaseId, now: Instant) {
        let id = EntryId::from_bytes(sixteen("ended", &[release.as_bytes()]));
        if self.db.entries.contains_key(&id) {
            return;
        }
        let bytes = ending(release, now).encode();
        self.db.entries.insert(id, bytes.clone());
        self.ledger.push(Restriction::Entry(id, bytes));
    }

    /// Leaves the denials that were not left before.
    fn deny(&mut self, denials: &[NewDenial], now: Instant) {
        for new in denials {
            let is_left = self.db.denials.iter().any(|denial| {
                denial.release == Some(new.release)
                    && new.is_left_by(denial.device, denial.kind, denial.upto_generation)
            });
            if is_left {
                continue;
            }
            let NewDenial { device, release, upto_generation, kind, .. } = *new;
            self.db.denials.push(StoredDenial {
                id: self.denial_id(kind, Some(release), upto_generation),
                device,
                release: Some(release),
                upto_generation,
                kind,
                at: now,
                told: false,
                done: false,
            });
        }
    }

    pub(super) fn denial_id(&self, kind: DenialKind, release: Option<ReleaseId>, upto: u64) -> DenialId {
        let release = release.map_or([0; 16], |release| *release.as_bytes());
        let life = self.incarnation();
        let about: [&[u8]; 4] = [kind.as_str().as_bytes(), &release, &upto.to_be_bytes(), life.as_bytes()];
        DenialId::from_bytes(sixteen("denial", &about))
    }
}

fn live_lease(lease: &Lease) -> LiveLease {
    let Lease { device, release, generation, valid_until, .. } = *lease;
    LiveLease { device, release, generation, valid_until }
}
