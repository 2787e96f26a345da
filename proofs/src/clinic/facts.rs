//! The facts that leases rest on, as the rows say them.

use std::collections::BTreeSet;

use sync_core::{
    id::{ClipId, RecordingId, ReleaseId},
    instant::Instant,
    orders::{Orders, Release},
    policy::{ConsentFact, DeviceFacts, Grant, Reason, Recorded, ReleaseFacts, Said, Word, consent_to, gate},
    settlement::Situation,
};

use super::{Clinic, Clip, ConsentEvent, Device, Fault};

impl ConsentEvent {
    fn said(&self) -> Said {
        let word = if self.withdrawn {
            Word::Withdrawn { in_person: false }
        } else {
            Word::Given { until: self.valid_until }
        };
        Said { at: self.at, word }
    }
}

impl Device {
    pub(super) const fn facts(&self) -> DeviceFacts {
        DeviceFacts { active: self.removed_at.is_none(), confirmed: self.confirmed }
    }
}

impl Clinic {
    pub(super) fn situation<'o>(&self, orders: &'o Orders, now: Instant) -> Situation<'o> {
        let taken_back = self.taken_back(orders);
        Situation::new(orders, |id, release| self.facts(id, release, &taken_back), now)
    }

    /// Asks the gate for one release.
    pub(super) fn gate(
        &self,
        orders: &Orders,
        (id, release): (ReleaseId, &Release),
        device: DeviceFacts,
        now: Instant,
    ) -> Result<Grant, Reason> {
        gate(&self.facts(id, release, &self.taken_back(orders)).on(orders, release, device), now)
    }

    fn facts(&self, id: ReleaseId, release: &Release, taken_back: &BTreeSet<ClipId>) -> ReleaseFacts {
        let clip = self.db.clips.get(&release.clip);
        let recorded = self.db.releases.get(&id).copied();
        ReleaseFacts {
            recorded,
            taken_back: taken_back.contains(&release.clip),
            practice_active: true,
            practice_held: self.db.awaits_confirmation,
            client_active: true,
            clip_available: clip.is_some_and(|clip| self.is_available(clip, release)),
            consents: clip.map_or_else(Vec::new, |clip| self.consents(clip, recorded)),
            ends: Vec::new(),
        }
    }

    pub(super) fn is_ended_on_record(&self, id: ReleaseId) -> bool {
        self.db.releases.get(&id).is_some_and(|known| known.ended_at.is_some())
    }

    fn is_available(&self, clip: &Clip, release: &Release) -> bool {
        let destroyed = clip.destroyed_at.is_some() && !self.has(Fault::KeyKept);
        clip.recording == release.recording && !destroyed && clip.key.is_some()
    }

    fn consents(&self, clip: &Clip, recorded: Option<Recorded>) -> Vec<ConsentFact> {
        if self.has(Fault::ConsentNotAsked) {
            return vec![ConsentFact::Given { until: None }];
        }
        let made_at = recorded.map(|recorded| recorded.made_at);
        let says = |participant: &u8| consent_to(self.said_by(*participant, clip.recording), made_at);
        clip.heard.iter().map(says).collect()
    }

    /// What one person has said, in the order in which they said it.
    pub(super) fn said_by(
        &self,
        participant: u8,
        recording: RecordingId,
    ) -> impl Iterator<Item = Said> + Clone {
        let about =
            move |event: &&ConsentEvent| event.participant == participant && event.recording == recording;
        self.db.consents.iter().filter(about).map(ConsentEvent::said)
    }
}
