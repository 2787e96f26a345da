//! Settlement: shelf, ends and denials brought in line with the facts.

use sync_core::{
    documents::{Shelf, ShelfItem, ShelfState},
    id::{DenialId, EntryId, ReleaseId},
    instant::Instant,
    lease::DenialKind,
    orders::{Act, Author, Entry, Orders, Release, RevokeOn},
    policy::{Reason, standing},
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
            let has_ended = self.state(&orders, (*id, release), now).has_ended();
            let known = self.db.releases.entry(*id).or_insert(Recorded { created_at: now, ended_at: None });
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
            let shown = self.db.shelf.0.get(id);
            let state = self.state(orders, (*id, release), now);
            let item = match (state, shown) {
                (_, Some(item)) if item.state == ShelfState::Ended => item.clone(),
                (state, Some(item)) if state.has_ended() => {
                    ShelfItem { state: ShelfState::Ended, ..item.clone() }
                }
                (State::InDoubt(_), None) => continue,
                (State::Shown(state) | State::InDoubt(state), shown) => {
                    match (&release.terms, self.ends_at(*id, release), shown) {
                        (Some(terms), Some(ends_at), _) => ShelfItem {
                            clip: release.clip,
                            state,
                            not_before: terms.not_before,
                            ends_at,
                            offline_for: terms.offline_for,
                            daily_limit: terms.daily_limit,
                        },
                        (_, _, Some(shown)) => ShelfItem { state, ..shown.clone() },
                        (_, _, None) => continue,
                    }
                }
            };
            shelf.0.insert(*id, item);
        }
        shelf
    }

    fn state(&self, orders: &Orders, (id, release): (ReleaseId, &Release), now: Instant) -> State {
        match self.gate(orders, (id, release), ANY_DEVICE, now) {
            Ok(_) => State::Shown(ShelfState::Live),
            Err(Reason::Held)
                if !orders.unreadable && release.unseen.is_empty() && self.is_consented(id, release, now) =>
            {
                State::Shown(ShelfState::Paused)
            }
            Err(Reason::Ended | Reason::ConsentEnded | Reason::ClipUnavailable | Reason::Inactive) => {
                State::InDoubt(ShelfState::Ended)
            }
            Err(_) => State::InDoubt(ShelfState::Paused),
        }
    }

    /// Leaves denials for every device that may still hold what has ended or rests.
    fn deny(&mut self, orders: &Orders, now: Instant) {
        if self.has(Fault::EndsNotTold) {
            return;
        }
        let mut new = Vec::new();
        for (id, release) in &orders.releases {
            let kind = match self.state(orders, (*id, release), now) {
                State::Shown(ShelfState::Live) => continue,
                state if state.has_ended() => DenialKind::Ended,
                _ => DenialKind::Paused,
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

/// How a release looks to the client: on the shelf as such, or only if it was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Shown(ShelfState),
    InDoubt(ShelfState),
}

impl State {
    fn has_ended(self) -> bool {
        matches!(self, Self::Shown(ShelfState::Ended) | Self::InDoubt(ShelfState::Ended))
    }
}
