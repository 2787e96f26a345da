//! The facts that leases rest on, read from the database under the locks of one transaction
//! (invariant I3).
//!
//! Locks first, in one order everywhere: practice, recordings, clips, client; facts in later
//! statements. Nothing here is remembered from one transaction to the next.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    id::{ClientId, ClipId, PracticeId, RecordingId, ReleaseId},
    instant::Instant,
    orders::{Orders, Release, RevokeOn},
    policy::{DeviceFacts, Grant, Purpose, Reason, Recorded, ReleaseFacts, Said, consent_to, gate},
    settlement::everywhere::taken_back,
};

use super::everywhere;
use crate::{
    domain::people::consents,
    nouns::{Refusal, consents::ConsentEvent},
    store::{self, Tx, clips::Clip, releases::StoredRelease},
};

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
    /// Clips that were taken back on another shelf, and by nothing in these orders yet.
    taken_back: BTreeSet<ClipId>,
    /// What was recorded of the releases before.
    releases: BTreeMap<ReleaseId, StoredRelease>,
}

struct ClipFacts {
    clip: Clip,
    /// What each person heard in it has said to releasing it.
    heard: Vec<Vec<Said>>,
}

/// Takes the locks, and gives the client's version. What is taken back everywhere is locked against every other client's
/// gate: a lease is decided on before it or after it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such client or practice.
pub async fn lock(
    tx: &mut Tx,
    practice: PracticeId,
    client: ClientId,
    clips: &BTreeSet<(RecordingId, ClipId)>,
    taken_back: &BTreeSet<RevokeOn>,
) -> Result<i64, Refusal> {
    lock_parents(tx, practice, clips, taken_back).await?;
    store::clients::update_lock(tx, client).await?.ok_or(Refusal::NotFound)
}

async fn lock_parents(
    tx: &mut Tx,
    practice: PracticeId,
    clips: &BTreeSet<(RecordingId, ClipId)>,
    taken_back: &BTreeSet<RevokeOn>,
) -> Result<(), Refusal> {
    store::practices::share_lock(tx, practice).await?.ok_or(Refusal::NotFound)?;
    let mut recordings: BTreeMap<RecordingId, bool> =
        clips.iter().map(|(recording, _)| (*recording, false)).collect();
    let mut clips: BTreeMap<ClipId, bool> = clips.iter().map(|(_, clip)| (*clip, false)).collect();
    for on in taken_back {
        match on {
            RevokeOn::Recording(recording) => drop(recordings.insert(*recording, true)),
            RevokeOn::Clip(clip) => drop(clips.insert(*clip, true)),
            RevokeOn::Release(_) | RevokeOn::Shelf => {}
        }
    }
    for (recording, is_taken_back) in recordings {
        if is_taken_back {
            store::recordings::bump(tx, recording).await?;
        } else {
            store::recordings::share_lock(tx, recording).await?;
        }
    }
    for (clip, is_taken_back) in clips {
        if is_taken_back {
            store::clips::bump(tx, clip).await?;
        } else {
            store::clips::share_lock(tx, clip).await?;
        }
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
    lock_parents(tx, practice, clips, &BTreeSet::new()).await?;
    Ok(store::clients::share_lock(tx, client).await?)
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
        let spoken_of = orders.clips();
        let missing = everywhere::missing(tx, orders, &spoken_of).await?;
        let taken_back = taken_back(&spoken_of, &missing);
        for (recording, id) in spoken_of {
            let Some(clip) = store::clips::by_id(tx, id).await? else { continue };
            let is_theirs =
                clip.client == client || store::recordings::was_there(tx, recording, client).await?;
            if clip.recording != recording || !is_theirs {
                continue;
            }
            if let std::collections::btree_map::Entry::Vacant(vacant) = events.entry(recording) {
                vacant.insert(store::consents::of_recording(tx, recording).await?);
            }
            let events = events.get(&recording).map_or(&[][..], Vec::as_slice);
            let heard = store::clips::participants(tx, id).await?;
            let heard = heard.into_iter().map(|participant| {
                consents::said_by(events, participant, Purpose::ReleaseToClient).collect()
            });
            clips.insert(id, ClipFacts { clip, heard: heard.collect() });
        }
        let releases = store::releases::of_client(tx, client).await?;
        Ok(Self {
            practice_active: practice.closed_at.is_none(),
            practice_held: practice.held_at.is_some(),
            client_active: stored.ended_at.is_none(),
            clips,
            taken_back,
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
        gate(&self.of(id, release).on(orders, release, device), now)
    }

    /// Everything that one release rests on.
    #[must_use]
    pub fn of(&self, id: ReleaseId, release: &Release) -> ReleaseFacts {
        let clip = self.clips.get(&release.clip);
        let recorded =
            self.recorded(id).map(|known| Recorded { made_at: known.created_at, ended_at: known.ended_at });
        let made_at = recorded.map(|recorded| recorded.made_at);
        let says = |said: &Vec<Said>| consent_to(said.iter().copied(), made_at);
        ReleaseFacts {
            recorded,
            taken_back: self.taken_back.contains(&release.clip),
            practice_active: self.practice_active,
            practice_held: self.practice_held,
            client_active: self.client_active,
            clip_available: clip.is_some_and(|facts| is_available(&facts.clip)),
            consents: clip.map_or_else(Vec::new, |facts| facts.heard.iter().map(says).collect()),
            ends: clip.and_then(|facts| facts.clip.destroy_at).into_iter().collect(),
        }
    }

    /// The first instant of denial of a release, as far as terms, consents and the clip say; none without terms.
    #[must_use]
    pub fn ends_at(&self, orders: &Orders, (id, release): (ReleaseId, &Release)) -> Option<Instant> {
        self.of(id, release).on(orders, release, DeviceFacts::ANY).ends_at()
    }

    /// What was recorded of a release before.
    #[must_use]
    pub fn recorded(&self, id: ReleaseId) -> Option<&StoredRelease> {
        self.releases.get(&id)
    }

    /// A clip's row, if the client was in its session.
    #[must_use]
    pub fn clip(&self, clip: ClipId) -> Option<&Clip> {
        self.clips.get(&clip).map(|facts| &facts.clip)
    }
}

const fn is_available(clip: &Clip) -> bool {
    clip.destroyed_at.is_none() && clip.held_back_at.is_none() && clip.wrapped_key.is_some()
}
