//! Denials that follow, and the devices that hear at once.

use std::collections::BTreeMap;

use super::Situation;
use crate::{
    documents::{Look, ShelfState},
    id::{DeviceId, ReleaseId},
    instant::Instant,
    lease::DenialKind,
    orders::Orders,
    policy::is_stricter_somewhere,
    terms::Terms,
};

/// A lease that was issued, and that its device may still hold: no receipt and no newer lease has put an end to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveLease {
    /// To whom.
    pub device: DeviceId,
    /// For what.
    pub release: ReleaseId,
    /// Of all leases of the device and release.
    pub generation: u64,
    /// The first instant of denial.
    pub valid_until: Instant,
}

/// A denial that a device is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDenial {
    /// Whom it denies.
    pub device: DeviceId,
    /// What.
    pub release: ReleaseId,
    /// The newest lease it covers.
    pub upto_generation: u64,
    /// What has happened.
    pub kind: DenialKind,
    /// The last instant at which the device could still play the release.
    pub until: Instant,
}

/// Devices that are to hear at once, and the last instant at which each could still play what it loses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told(BTreeMap<DeviceId, Instant>);

impl Situation<'_> {
    /// Denials for every device that may still hold what has ended or rests. Those that a server has left before are among
    /// them: see [`NewDenial::is_left_by`].
    #[must_use]
    pub fn denials(&self, leases: &[LiveLease]) -> Vec<NewDenial> {
        let mut denials = BTreeMap::new();
        for lease in leases.iter().filter(|lease| lease.valid_until > self.now) {
            let LiveLease { device, release, generation, valid_until } = *lease;
            let Some(kind) = self.denied(release) else { continue };
            let new = NewDenial { device, release, upto_generation: generation, kind, until: valid_until };
            let denial = denials.entry((release, device)).or_insert(new);
            denial.upto_generation = denial.upto_generation.max(generation);
            denial.until = denial.until.max(valid_until);
        }
        denials.into_values().collect()
    }

    fn denied(&self, id: ReleaseId) -> Option<DenialKind> {
        let release = self.orders.releases.get(&id)?;
        let facts = self.facts.get(&id)?.on(self.orders, release, crate::policy::DeviceFacts::ANY);
        match Look::of(&facts, self.now).state() {
            ShelfState::Live => None,
            ShelfState::Ended => Some(DenialKind::Ended),
            ShelfState::Paused => Some(DenialKind::Paused),
        }
    }
}

impl NewDenial {
    /// Whether a denial of the same release that was left before, by its device, its kind and the newest generation that it
    /// covers, says the same.
    #[must_use]
    pub fn is_left_by(&self, device: DeviceId, kind: DenialKind, upto_generation: u64) -> bool {
        device == self.device && kind == self.kind && upto_generation >= self.upto_generation
    }
}

impl Told {
    /// A denial was left for a device.
    pub fn denied(&mut self, denial: &NewDenial) {
        self.tell(denial.device, denial.until);
    }

    /// A device that holds a lease under laxer terms hears of stricter ones as urgently as of an end. Some terms, quiet
    /// hours among them, are not on the shelf at all: to be told is all that lets a device ask. `before` holds the terms as
    /// they were of releases that were amended.
    pub fn tightened(&mut self, orders: &Orders, before: &BTreeMap<ReleaseId, Terms>, leases: &[LiveLease]) {
        for (id, before) in before {
            let after = orders.releases.get(id).and_then(|release| release.terms.as_ref());
            if after.is_some_and(|after| is_stricter_somewhere(after, before)) {
                for lease in leases.iter().filter(|lease| lease.release == *id) {
                    self.tell(lease.device, lease.valid_until);
                }
            }
        }
    }

    /// Until when a device could still play what it loses; none where it need not hear at once.
    #[must_use]
    pub fn until(&self, device: DeviceId) -> Option<Instant> {
        self.0.get(&device).copied()
    }

    /// Whether no device is to hear at once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn tell(&mut self, device: DeviceId, until: Instant) {
        let latest = self.0.entry(device).or_insert(until);
        *latest = (*latest).max(until);
    }
}
