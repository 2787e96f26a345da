//! What leases rest on, and the gate that is asked about it.

use sync_core::{
    id::ReleaseId,
    instant::Instant,
    orders::{Orders, Release},
    policy::{ConsentFact, GateFacts, Grant, Reason, gate},
};

use super::{Clinic, Clip, ConsentEvent, Device, Fault};

/// A device on which nothing fails: a settlement asks for none in particular.
pub(super) const ANY_DEVICE: Device = Device { confirmed: true, removed_at: None };

impl Clinic {
    /// Asks the gate for one release.
    pub(super) fn gate(
        &self,
        orders: &Orders,
        (id, release): (ReleaseId, &Release),
        device: Device,
        now: Instant,
    ) -> Result<Grant, Reason> {
        if self.db.releases.get(&id).is_some_and(|known| known.ended_at.is_some()) {
            return Err(Reason::Ended);
        }
        let consents = self.consents(id, release);
        let available = self.db.clips.get(&release.clip).is_some_and(|clip| self.is_available(clip, release));
        let facts = GateFacts {
            orders,
            release,
            practice_active: true,
            practice_held: self.db.awaits_confirmation,
            client_active: true,
            device_active: device.removed_at.is_none(),
            device_confirmed: device.confirmed,
            clip_available: available,
            consents: &consents,
            ends: &[],
        };
        gate(&facts, now)
    }

    fn is_available(&self, clip: &Clip, release: &Release) -> bool {
        let destroyed = clip.destroyed_at.is_some() && !self.has(Fault::KeyKept);
        clip.recording == release.recording && !destroyed && clip.key.is_some()
    }

    /// What everybody heard in a release's clip says to it. Who has withdrawn since it was made has ended it, even if
    /// they have consented again.
    pub(super) fn consents(&self, id: ReleaseId, release: &Release) -> Vec<ConsentFact> {
        let made_at = self.db.releases.get(&id).map(|known| known.created_at);
        let Some(clip) = self.db.clips.get(&release.clip) else { return Vec::new() };
        if self.has(Fault::ConsentNotAsked) {
            return vec![ConsentFact::Given { until: None }];
        }
        let says = |participant: u8| {
            let events = || {
                let about = move |event: &&ConsentEvent| {
                    event.participant == participant && event.recording == clip.recording
                };
                self.db.consents.iter().filter(about)
            };
            let withdrew_at = events().filter(|event| event.withdrawn).map(|event| event.at).max();
            match (withdrew_at, made_at) {
                (Some(withdrew_at), Some(made_at)) if withdrew_at >= made_at => ConsentFact::Withdrawn,
                _ => match events().max_by_key(|event| (event.at, event.withdrawn)) {
                    None => ConsentFact::NotAsked,
                    Some(event) if event.withdrawn => ConsentFact::Withdrawn,
                    Some(event) => ConsentFact::Given { until: event.valid_until },
                },
            }
        };
        clip.heard.iter().map(|participant| says(*participant)).collect()
    }

    /// Whether everybody heard in it consents now.
    pub(super) fn is_consented(&self, id: ReleaseId, release: &Release, now: Instant) -> bool {
        let consents = self.consents(id, release);
        let yes = |consent: &ConsentFact| matches!(consent, ConsentFact::Given { until } if until.is_none_or(|until| now < until));
        !consents.is_empty() && consents.iter().all(yes)
    }

    /// The first instant of denial of a release, as far as terms and consents say.
    pub(super) fn ends_at(&self, id: ReleaseId, release: &Release) -> Option<Instant> {
        let ends = self.consents(id, release).into_iter().filter_map(|consent| match consent {
            ConsentFact::Given { until } => until,
            ConsentFact::NotAsked | ConsentFact::Withdrawn => None,
        });
        ends.chain([release.terms.as_ref()?.expires_at]).min()
    }
}
