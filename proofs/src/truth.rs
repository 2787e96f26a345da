//! The truth: everything that was ever committed, even if a server has forgotten it since, judged
//! by naive rules.
//!
//! The rules are written a second time here, over lists, as docs/protocol.md states them: slow,
//! plain, and without a line of the code under test. If the two disagree, one of them is wrong.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    id::{ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    orders::{Act, Author, Entry, HoldOn, RevokeOn},
    terms::Terms,
};

use crate::{
    clinic::{Clinic, ConsentEvent, Decided},
    phone::Question,
};

/// Everything that was ever committed by one practice.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// Every entry.
    pub entries: BTreeMap<EntryId, Entry>,
    /// Everything that was said about consent.
    pub consents: Vec<ConsentEvent>,
    /// Who is heard in which clip.
    pub heard: BTreeMap<ClipId, Vec<u8>>,
    /// Clips that were destroyed.
    pub destroyed: BTreeSet<ClipId>,
    /// Devices that were removed.
    pub removed: BTreeSet<DeviceId>,
    /// What was taken back on other clients' shelves, with the releases that were here then.
    pub elsewhere: BTreeMap<EntryId, (RevokeOn, BTreeSet<ReleaseId>)>,
    /// Every batch with leases that was given: to whom, and when.
    pub given: Vec<(DeviceId, Instant)>,
    /// How many of them there were when a therapist last decided something.
    pub decided_after: Option<usize>,
    /// Devices that were refused a batch although a lease was due, and those that were given one later.
    pub bounded: BTreeMap<DeviceId, bool>,
    /// When each release was committed.
    pub created: BTreeMap<ReleaseId, Instant>,
    /// Until when a device may play a release at the latest, of all leases that were ever issued to it.
    pub bounds: BTreeMap<(DeviceId, ReleaseId), Instant>,
    /// The first rule that was seen broken.
    pub broken: Option<String>,
}

struct Made<'a> {
    id: EntryId,
    clip: ClipId,
    recording: RecordingId,
    terms: &'a Terms,
    seen: &'a [EntryId],
}

impl Truth {
    /// Takes note of what a clinic has committed.
    pub fn learn(&mut self, clinic: &Clinic, now: Instant) {
        for (id, bytes) in &clinic.db.entries {
            if self.entries.contains_key(id) {
                continue;
            }
            let Ok(entry) = Entry::decode(bytes) else { continue };
            if let Act::Release { release, .. } = &entry.act {
                self.created.entry(*release).or_insert(now);
            }
            if entry.by != Author::Server {
                self.decided_after = Some(self.given.len());
            }
            self.entries.insert(*id, entry);
        }
        for (id, on) in &clinic.db.taken_back {
            if !self.entries.contains_key(id) && !self.elsewhere.contains_key(id) {
                let hits = self.created.keys().filter(|release| self.is_of(**release, *on));
                self.elsewhere.insert(*id, (*on, hits.copied().collect()));
            }
        }
        for event in &clinic.db.consents {
            if !self.consents.contains(event) {
                self.consents.push(*event);
            }
        }
        for (id, clip) in &clinic.db.clips {
            self.heard.entry(*id).or_insert_with(|| clip.heard.clone());
            if clip.destroyed_at.is_some() {
                self.destroyed.insert(*id);
            }
        }
        let removed = clinic.db.devices.iter().filter(|(_, device)| device.removed_at.is_some());
        self.removed.extend(removed.map(|(id, _)| *id));
    }

    /// Takes note of what a device was answered, and asks whether it may have been (invariant I3).
    pub fn answered(&mut self, clinic: &Clinic, question: &Question, decided: &Decided, now: Instant) {
        self.count(decided, now);
        for lease in &decided.leases {
            if let Some(reason) = self.denies(lease.release, decided.device, now) {
                self.broken(format!("I3: a lease of {:?} was issued although {reason}", lease.release));
            }
            if question.removed.contains(&lease.release) {
                self.broken(format!(
                    "I3: a lease of {:?} was issued, and its person had removed it",
                    lease.release
                ));
            }
            if clinic.db.awaits_confirmation {
                self.broken("I7: a lease was issued while a restore waits to be confirmed".to_owned());
            }
            let end = self.end(lease.release).unwrap_or(now);
            let offline_for = self.offline_for(lease.release).unwrap_or(Span::ZERO);
            if lease.valid_until > end.min(now + offline_for) || lease.ends_at > end {
                self.broken(format!("I3: a lease of {:?} ends later than its reasons", lease.release));
            }
            let bound = self.bounds.entry((decided.device, lease.release)).or_insert(lease.valid_until);
            *bound = (*bound).max(lease.valid_until);
        }
    }

    /// 64 batches with leases in an hour, and four more since the newest decision.
    fn count(&mut self, decided: &Decided, now: Instant) {
        let mine = |given: &&(DeviceId, Instant)| given.0 == decided.device;
        let lately = self.given.iter().filter(mine).filter(|(_, at)| now < *at + Span::from_hours(1)).count();
        let since = self.decided_after.and_then(|decided| self.given.get(decided..));
        let is_free = since.is_some_and(|since| since.iter().filter(mine).count() < 4);
        let is_beyond = lately >= 64 && !is_free;
        if decided.leases.is_empty() {
            if is_beyond {
                self.bounded.entry(decided.device).or_default();
            }
            return;
        }
        if is_beyond {
            self.broken("I3: a device was given more batches than any may have".to_owned());
        }
        self.given.push((decided.device, now));
        if let Some(later) = self.bounded.get_mut(&decided.device) {
            *later = true;
        }
    }

    /// Whether a release has been taken back, here or on another client's shelf.
    #[must_use]
    pub fn is_revoked(&self, release: ReleaseId) -> bool {
        self.is_revoked_here(release) || self.elsewhere.values().any(|(_, hits)| hits.contains(&release))
    }

    fn is_of(&self, release: ReleaseId, on: RevokeOn) -> bool {
        self.made(release).is_some_and(|made| match on {
            RevokeOn::Clip(clip) => clip == made.clip,
            RevokeOn::Recording(recording) => recording == made.recording,
            RevokeOn::Release(_) | RevokeOn::Shelf => false,
        })
    }

    /// Whether an entry of this client's orders has taken a release back.
    #[must_use]
    pub fn is_revoked_here(&self, release: ReleaseId) -> bool {
        self.entries.values().any(|entry| match &entry.act {
            Act::Revoke { on, hits } => *on == RevokeOn::Release(release) || hits.contains(&release),
            _ => false,
        })
    }

    /// Whether a release is over for good by somebody's decision.
    #[must_use]
    pub fn is_over(&self, release: ReleaseId) -> bool {
        let clip = self.made(release).map(|made| made.clip);
        self.is_revoked(release)
            || clip.is_some_and(|clip| self.destroyed.contains(&clip))
            || self.has_withdrawn(release)
    }

    /// Every release that was ever made.
    pub fn releases(&self) -> impl Iterator<Item = ReleaseId> + '_ {
        self.created.keys().copied()
    }

    /// Why nobody may be given a lease of this release for this device at this instant.
    #[must_use]
    pub fn denies(&self, release: ReleaseId, device: DeviceId, now: Instant) -> Option<&'static str> {
        let Some(made) = self.made(release) else { return Some("it was never made") };
        if self.is_revoked(release) {
            return Some("it was revoked");
        }
        if self.end(release).is_none_or(|end| now >= end) {
            return Some("its date has come");
        }
        if self.is_unconfirmed(release, &made) {
            return Some("nobody has confirmed it");
        }
        if self.is_held(release, now) {
            return Some("it is held");
        }
        if self.destroyed.contains(&made.clip) {
            return Some("its clip was destroyed");
        }
        if self.has_withdrawn(release) {
            return Some("somebody has withdrawn");
        }
        if !self.is_consented(&made, now) {
            return Some("somebody has not consented");
        }
        self.removed.contains(&device).then_some("the device was removed")
    }

    fn made(&self, release: ReleaseId) -> Option<Made<'_>> {
        self.entries.iter().find_map(|(id, entry)| match &entry.act {
            Act::Release { release: made, clip, recording, terms, seen } if *made == release => {
                Some(Made { id: *id, clip: *clip, recording: *recording, terms, seen })
            }
            _ => None,
        })
    }

    fn is_unconfirmed(&self, release: ReleaseId, made: &Made<'_>) -> bool {
        let confirmed = |id: &EntryId| {
            self.entries.values().any(|entry| {
                matches!(&entry.act, Act::Confirm { release: of, seen } if *of == release && seen.contains(id))
            })
        };
        let doubted = self.elsewhere.iter().any(|(id, (on, hits))| {
            let covers = self.is_of(release, *on) && !hits.contains(&release);
            covers && !made.seen.contains(id) && !confirmed(id)
        });
        doubted
            || self.entries.iter().any(|(id, entry)| {
                let doubts = match &entry.act {
                    Act::Revoke { on, hits } if !hits.contains(&release) => match on {
                        RevokeOn::Release(_) => false,
                        RevokeOn::Clip(clip) => *clip == made.clip,
                        RevokeOn::Recording(recording) => *recording == made.recording,
                        RevokeOn::Shelf => true,
                    },
                    Act::Hold { on: HoldOn::Shelf, hits, .. } => !hits.contains(&release),
                    _ => false,
                };
                doubts && !made.seen.contains(id) && !confirmed(id)
            })
    }

    fn is_held(&self, release: ReleaseId, now: Instant) -> bool {
        let is_lifted = |id: &EntryId| {
            self.entries.values().any(|entry| matches!(&entry.act, Act::Lift { holds } if holds.contains(id)))
        };
        self.entries.iter().any(|(id, entry)| match &entry.act {
            Act::Hold { on, until, .. } => {
                let on_it = *on == HoldOn::Shelf || *on == HoldOn::Release(release);
                on_it && until.is_none_or(|until| now < until) && !is_lifted(id)
            }
            _ => false,
        })
    }

    /// Whether a consent that a release rests on has run out.
    #[must_use]
    pub fn has_consent_ended(&self, release: ReleaseId, now: Instant) -> bool {
        let Some(made) = self.made(release) else { return false };
        let heard = self.heard.get(&made.clip).map_or(&[][..], Vec::as_slice);
        heard.iter().any(|participant| {
            self.says(*participant, made.recording)
                .any(|event| event.withdrawn || event.valid_until.is_some_and(|until| now >= until))
        })
    }

    fn says(&self, participant: u8, recording: RecordingId) -> impl Iterator<Item = &ConsentEvent> {
        let about =
            move |event: &&ConsentEvent| event.participant == participant && event.recording == recording;
        self.consents.iter().filter(about)
    }

    fn has_withdrawn(&self, release: ReleaseId) -> bool {
        let Some(made) = self.made(release) else { return false };
        let made_at = self.created.get(&release).copied().unwrap_or(Instant::NEVER);
        let heard = self.heard.get(&made.clip).map_or(&[][..], Vec::as_slice);
        heard.iter().any(|participant| {
            self.says(*participant, made.recording).any(|event| event.withdrawn && event.at >= made_at)
        })
    }

    fn is_consented(&self, made: &Made<'_>, now: Instant) -> bool {
        let heard = self.heard.get(&made.clip).map_or(&[][..], Vec::as_slice);
        !heard.is_empty()
            && heard.iter().all(|participant| {
                let newest =
                    self.says(*participant, made.recording).max_by_key(|event| (event.at, event.withdrawn));
                newest.is_some_and(|event| {
                    !event.withdrawn && event.valid_until.is_none_or(|until| now < until)
                })
            })
    }

    /// The first instant of denial of a release, by its terms: the strictest value that no amendment names as seen.
    #[must_use]
    pub fn end(&self, release: ReleaseId) -> Option<Instant> {
        self.strictest(release, |terms| terms.expires_at, |set| set.expires_at)
    }

    /// Whether the date has come that somebody has ever set for a release, though it may have been moved since.
    #[must_use]
    pub fn had_date(&self, release: ReleaseId, now: Instant) -> bool {
        self.entries.values().any(|entry| match &entry.act {
            Act::Release { release: of, terms, .. } => *of == release && now >= terms.expires_at,
            Act::Amend { release: of, set, .. } => {
                *of == release && set.expires_at.is_some_and(|end| now >= end)
            }
            _ => false,
        })
    }

    fn offline_for(&self, release: ReleaseId) -> Option<Span> {
        self.strictest(release, |terms| terms.offline_for, |set| set.offline_for)
    }

    fn strictest<T: Ord + Copy>(
        &self,
        release: ReleaseId,
        own: impl Fn(&Terms) -> T,
        set: impl Fn(&sync_core::terms::TermsChange) -> Option<T>,
    ) -> Option<T> {
        let made = self.made(release)?;
        let mut values = vec![(made.id, own(made.terms))];
        let mut named = BTreeSet::new();
        for (id, entry) in &self.entries {
            if let Act::Amend { release: of, set: change, over } = &entry.act
                && *of == release
                && let Some(value) = set(change)
            {
                values.push((*id, value));
                named.extend(over.iter().copied());
            }
        }
        values.into_iter().filter(|(id, _)| !named.contains(id)).map(|(_, value)| value).min()
    }

    /// Notes a rule that was seen broken.
    pub fn broken(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }
}

impl Truth {
    /// Asks whether a clinic that serves has forgotten anything that was taken back or destroyed (invariants I1, I7).
    pub fn check(&mut self, clinic: &Clinic) {
        if clinic.db.awaits_confirmation {
            return;
        }
        let orders = clinic.orders();
        for release in self.created.keys().copied().collect::<Vec<_>>() {
            let lives = orders.releases.get(&release).is_some_and(|known| !known.revoked);
            if lives && self.is_revoked_here(release) {
                self.broken(format!("I1: {release:?} was taken back and is there again"));
            }
        }
        if let Some(id) = self.elsewhere.keys().find(|id| !clinic.db.taken_back.contains_key(id)).copied() {
            self.broken(format!("I1: what {id:?} has taken back elsewhere is forgotten"));
        }
        let back = |clip: &&ClipId| clinic.db.clips.get(*clip).is_some_and(|clip| clip.key.is_some());
        if let Some(clip) = self.destroyed.iter().find(back).copied() {
            self.broken(format!("I7: {clip:?} was destroyed and has its key again"));
        }
    }
}
