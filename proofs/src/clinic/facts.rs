//! The facts that leases rest on, and the gate that reads them.

use sync_core::{
    id::{RecordingId, ReleaseId},
    instant::Instant,
    orders::{Orders, Release},
    policy::{ConsentFact, GateFacts, Grant, Reason, gate},
};

use super::{Clinic, Clip, ConsentEvent, Device, Fault};

/// A device on which nothing fails: a settlement asks for none in particular.
pub(super) const ANY_DEVICE: Device = Device { confirmed: true, removed_at: None };

impl ConsentEvent {
    pub(super) fn says(&self) -> ConsentFact {
        if self.withdrawn { ConsentFact::Withdrawn } else { ConsentFact::Given { until: self.valid_until } }
    }
}

impl Clinic {
    /// Asks the gate for one release.
    pub(super) fn gate(
        &self,
        orders: &Orders,
        release: (ReleaseId, &Release),
        device: Device,
        now: Instant,
    ) -> Result<Grant, Reason> {
        self.about(orders, release, device, |facts| gate(facts, now))
    }

    /// Asks whatever is to be asked about one release.
    pub(super) fn about<T>(
        &self,
        orders: &Orders,
        (id, release): (ReleaseId, &Release),
        device: Device,
        ask: impl FnOnce(&GateFacts<'_>) -> T,
    ) -> T {
        let clip = self.db.clips.get(&release.clip);
        ask(&GateFacts {
            orders,
            release,
            ended: self.db.releases.get(&id).is_some_and(|known| known.ended_at.is_some()),
            practice_active: true,
            practice_held: self.db.awaits_confirmation,
            client_active: true,
            device_active: device.removed_at.is_none(),
            device_confirmed: device.confirmed,
            clip_available: clip.is_some_and(|clip| self.is_available(clip, release)),
            consents: &self.consents(id, release),
            ends: &[],
        })
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
            let words = self.words(participant, clip.recording);
            let withdrew_at = words.filter(|event| event.withdrawn).map(|event| event.at).max();
            match (withdrew_at, made_at) {
                (Some(withdrew_at), Some(made_at)) if withdrew_at >= made_at => ConsentFact::Withdrawn,
                _ => self
                    .newest_word(participant, clip.recording)
                    .map_or(ConsentFact::NotAsked, ConsentEvent::says),
            }
        };
        clip.heard.iter().map(|participant| says(*participant)).collect()
    }

    fn words(&self, participant: u8, recording: RecordingId) -> impl Iterator<Item = &ConsentEvent> {
        let about =
            move |event: &&ConsentEvent| event.participant == participant && event.recording == recording;
        self.db.consents.iter().filter(about)
    }

    /// What one person has said last.
    pub(super) fn newest_word(&self, participant: u8, recording: RecordingId) -> Option<&ConsentEvent> {
        self.words(participant, recording).max_by_key(|event| (event.at, event.withdrawn))
    }
}
