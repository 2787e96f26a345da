//! What leases rest on, read from the database under the locks of one transaction (invariant I3).
//!
//! Locks first, in one order everywhere: practice, recordings, clips, client; facts in later statements. Nothing here
//! is remembered from one transaction to the next.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    id::{ClientId, ClipId, ParticipantId, PracticeId, RecordingId, ReleaseId},
    instant::Instant,
    orders::{Orders, Release},
    policy::{ConsentFact, GateFacts, Grant, Purpose, Reason, gate},
};

use super::Refusal;
use super::consents::ConsentKind;
use crate::store::{self, Tx, clips::Clip, consents::ConsentEvent, releases::StoredRelease};

/// What is known of a client and of every clip that was ever released to them.
pub struct Facts {
    /// Whether the practice is open.
    practice_active: bool,
    /// Whether a restore holds the practice.
    practice_held: bool,
    /// Whether the person is still a client.
    client_active: bool,
    /// The clips.
    clips: BTreeMap<ClipId, ClipFacts>,
    /// What was recorded of the releases before.
    releases: BTreeMap<ReleaseId, StoredRelease>,
}

struct ClipFacts {
    clip: Clip,
    heard: Vec<Heard>,
}

/// What one person heard in a clip has said to releasing it.
struct Heard {
    says: ConsentFact,
    /// When they last withdrew, whatever they have said since.
    withdrew_at: Option<Instant>,
}

/// What is known of the device that asks; a settlement asks for none in particular.
#[derive(Debug, Clone, Copy)]
pub struct DeviceFacts {
    /// Whether it is paired.
    pub active: bool,
    /// Whether a therapist has seen its name.
    pub confirmed: bool,
}

impl DeviceFacts {
    /// Any device on which nothing fails.
    pub const ANY: Self = Self { active: true, confirmed: true };
}

/// Takes the locks, and gives the client's version.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such client or practice.
pub async fn lock(
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
    clips: &BTreeSet<(RecordingId, ClipId)>,
) -> Result<i64, Refusal> {
    lock_parents(tx, practice, clips).await?;
    store::clients::update_lock(tx, client).await?.ok_or(Refusal::NotFound)
}

async fn lock_parents(
    tx: &mut Tx,
    practice: PracticeId,
    clips: &BTreeSet<(RecordingId, ClipId)>,
) -> Result<(), Refusal> {
    store::practices::share_lock(tx, practice).await?.ok_or(Refusal::NotFound)?;
    let recordings: BTreeSet<RecordingId> = clips.iter().map(|(recording, _)| *recording).collect();
    for recording in recordings {
        store::recordings::share_lock(tx, recording).await?;
    }
    let clips: BTreeSet<ClipId> = clips.iter().map(|(_, clip)| *clip).collect();
    for clip in clips {
        store::clips::share_lock(tx, clip).await?;
    }
    Ok(())
}

/// Takes the same locks to read by: nothing that a lease rests on changes until the transaction ends.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such practice.
pub async fn share_lock(
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
    clips: &BTreeSet<(RecordingId, ClipId)>,
) -> Result<(), Refusal> {
    lock_parents(tx, practice, clips).await?;
    Ok(store::clients::share_lock(tx, client).await?)
}

/// The clips that orders speak of, with what they were cut from: what [`lock`] wants to know.
#[must_use]
pub fn clips_of(orders: &Orders) -> BTreeSet<(RecordingId, ClipId)> {
    orders.releases.values().map(|release| (release.recording, release.clip)).collect()
}

impl Facts {
    /// Reads everything that the releases of these orders rest on.
    ///
    /// # Errors
    /// When the database fails. A clip that is not there simply has no facts, and denies.
    pub async fn read(
        tx: &mut Tx,
        practice: PracticeId,
        client: ClientId,
        orders: &Orders,
    ) -> Result<Self, Refusal> {
        let practice = store::practices::find(tx, practice).await?.ok_or(Refusal::NotFound)?;
        let stored = store::clients::by_id(tx, client).await?.ok_or(Refusal::NotFound)?;
        let mut clips = BTreeMap::new();
        let mut events: BTreeMap<RecordingId, Vec<ConsentEvent>> = BTreeMap::new();
        for (recording, id) in clips_of(orders) {
            let Some(clip) = store::clips::by_id(tx, id).await? else { continue };
            if clip.client != client || clip.recording != recording {
                continue;
            }
            if let std::collections::btree_map::Entry::Vacant(vacant) = events.entry(recording) {
                vacant.insert(store::consents::of_recording(tx, recording).await?);
            }
            let events = events.get(&recording).map_or(&[][..], Vec::as_slice);
            let heard = store::clips::participants(tx, id).await?;
            let heard = heard.into_iter().map(|participant| Heard {
                says: consent(events, participant, Purpose::ReleaseToClient),
                withdrew_at: withdrew_at(events, participant, Purpose::ReleaseToClient),
            });
            clips.insert(id, ClipFacts { clip, heard: heard.collect() });
        }
        let releases = store::releases::of_client(tx, client).await?;
        Ok(Self {
            practice_active: practice.closed_at.is_none(),
            practice_held: practice.held_at.is_some(),
            client_active: stored.ended_at.is_none(),
            clips,
            releases: releases.into_iter().map(|release| (release.id, release)).collect(),
        })
    }

    /// Asks the gate for one release.
    ///
    /// # Errors
    /// The first reason against a lease.
    pub fn gate(
        &self,
        orders: &Orders,
        (id, release): (ReleaseId, &Release),
        device: DeviceFacts,
        now: Instant,
    ) -> Result<Grant, Reason> {
        if self.recorded(id).is_some_and(|known| known.ended_at.is_some()) {
            // Over is over: an amendment that comes after the date, or a clock that was set back, wakes nothing up.
            return Err(Reason::Ended);
        }
        let clip = self.clips.get(&release.clip);
        let ends = clip.and_then(|facts| facts.clip.destroy_at);
        let facts = GateFacts {
            orders,
            release,
            practice_active: self.practice_active,
            practice_held: self.practice_held,
            client_active: self.client_active,
            device_active: device.active,
            device_confirmed: device.confirmed,
            clip_available: clip.is_some_and(|facts| is_available(&facts.clip)),
            consents: &self.consents(id, release),
            ends: ends.as_slice(),
        };
        gate(&facts, now)
    }

    /// What everybody heard in a release's clip says to it. Who has withdrawn since it was made has ended it, even if
    /// they have consented again before anybody came to settle it: a new consent is for new releases.
    fn consents(&self, id: ReleaseId, release: &Release) -> Vec<ConsentFact> {
        let made_at = self.recorded(id).map(|known| known.created_at);
        let says = |heard: &Heard| match (heard.withdrew_at, made_at) {
            (Some(withdrew_at), Some(made_at)) if withdrew_at >= made_at => ConsentFact::Withdrawn,
            _ => heard.says,
        };
        self.clips.get(&release.clip).map_or_else(Vec::new, |facts| facts.heard.iter().map(says).collect())
    }

    /// Whether everybody heard in a release's clip has been asked and consents at this instant.
    #[must_use]
    pub fn is_consented(&self, id: ReleaseId, release: &Release, now: Instant) -> bool {
        let consents = self.consents(id, release);
        let consents_now = |consent: &ConsentFact| match consent {
            ConsentFact::Given { until } => until.is_none_or(|until| now < until),
            ConsentFact::NotAsked | ConsentFact::Withdrawn => false,
        };
        !consents.is_empty() && consents.iter().all(consents_now)
    }

    /// The first instant of denial of a release, as far as terms, consents and the clip say; none without terms.
    #[must_use]
    pub fn ends_at(&self, id: ReleaseId, release: &Release) -> Option<Instant> {
        let consents = self.consents(id, release).into_iter().filter_map(|consent| match consent {
            ConsentFact::Given { until } => until,
            ConsentFact::NotAsked | ConsentFact::Withdrawn => None,
        });
        let destroy_at = self.clips.get(&release.clip).and_then(|facts| facts.clip.destroy_at);
        let expires_at = release.terms.as_ref()?.expires_at;
        consents.chain(destroy_at).chain([expires_at]).min()
    }

    /// What was recorded of a release before.
    #[must_use]
    pub fn recorded(&self, id: ReleaseId) -> Option<&StoredRelease> {
        self.releases.get(&id)
    }

    /// A clip's row, if it is this client's.
    #[must_use]
    pub fn clip(&self, clip: ClipId) -> Option<&Clip> {
        self.clips.get(&clip).map(|facts| &facts.clip)
    }
}

const fn is_available(clip: &Clip) -> bool {
    clip.destroyed_at.is_none() && clip.held_back_at.is_none() && clip.wrapped_key.is_some()
}

/// What one person has said for one purpose: the newest event counts, and a withdrawal of the same instant wins.
#[must_use]
pub fn consent(events: &[ConsentEvent], participant: ParticipantId, purpose: Purpose) -> ConsentFact {
    let about = events.iter().filter(|event| event.participant == participant && event.purpose == purpose);
    let newest = about.max_by_key(|event| (event.at, event.kind == ConsentKind::Withdrawn, event.id));
    match newest {
        None => ConsentFact::NotAsked,
        Some(event) => match event.kind {
            ConsentKind::Given => ConsentFact::Given { until: event.valid_until },
            ConsentKind::Withdrawn => ConsentFact::Withdrawn,
        },
    }
}

fn withdrew_at(events: &[ConsentEvent], participant: ParticipantId, purpose: Purpose) -> Option<Instant> {
    let withdrawals = events.iter().filter(|event| {
        event.participant == participant && event.purpose == purpose && event.kind == ConsentKind::Withdrawn
    });
    withdrawals.map(|event| event.at).max()
}
