//! Clips: taken in the clear, kept as ciphertext, destroyed by erasing the key first.
//!
//! A clip is sealed in memory under a fresh key. The object is written, read back and only then named by a row: a
//! crash in between leaves ciphertext whose key no longer exists anywhere. Destroying goes the other way round: the
//! key is erased in the decision's transaction, the object afterwards ([`super::clips::destruction`]).

use bytes::Bytes;
use futures_util::stream::BoxStream;
use std::{collections::BTreeSet, ops::Range};
use sync_core::{
    id::{ClientId, ClipId, OutboxId, ParticipantId, RecordingId, StaffId, UploadId},
    instant::{Instant, Span},
    media::{ClipKey, MediaRecord},
    policy::StaffAct,
};

use zeroize::Zeroizing;

use super::{
    people::{consents, recordings},
    records::{
        audit::{self, Action, Actor, AuditEntry},
        outbox::{self, SETTLE_CLIP},
    },
};
use crate::{
    domain::people::care,
    ground::Ground,
    ledger::Restriction,
    nouns::{
        Refusal,
        callers::{CompanionCaller, StaffCaller},
        words,
    },
    objects::{ObjectError, ObjectName, Objects},
    store::{self, StoreError, Tx, Urgency, clips::Clip},
};
use upload_budget::Uploaded;

pub mod destruction;
mod intake;
pub mod upload_budget;
pub mod uploads;
pub mod viewing;

/// The most participants that one clip names.
const HEARD_MAX: usize = 64;

/// What a therapist says about a clip that they upload.
#[derive(Clone)]
pub struct NewClip {
    /// What it was cut from.
    pub recording: RecordingId,
    /// Its title, in the therapist's words.
    pub title: String,
    /// Who of the recording's participants is heard or seen in it.
    pub heard: BTreeSet<ParticipantId>,
}

/// A clip as the care team sees it.
pub struct ClipView {
    /// The clip.
    pub id: ClipId,
    /// What it was cut from.
    pub recording: RecordingId,
    /// In whose therapy.
    pub client: ClientId,
    /// When it was uploaded.
    pub created_at: Instant,
    /// By whom.
    pub created_by: StaffId,
    /// Its title.
    pub title: String,
    /// How long it lasts.
    pub duration: Span,
    /// The facts of its bytes.
    pub media: MediaRecord,
    /// Who is heard or seen in it.
    pub heard: Vec<ParticipantId>,
}

/// A clip's ciphertext, to be handed out in whole or in part.
#[derive(Clone)]
pub struct Ciphertext {
    object: ObjectName,
    objects: Objects,
    /// How long it is, in bytes.
    pub len: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

impl Ciphertext {
    /// Reads a range of its bytes.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub async fn read(
        &self,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, ObjectError>>, Refusal> {
        Ok(self.objects.stream_range(&self.object, range).await?)
    }
}

/// Whether the caller may upload this clip: asked before the first byte is read.
///
/// # Errors
/// [`Refusal::NotAllowed`] for anybody but therapists, [`Refusal::NotFound`] for recordings of clients whom the caller
/// does not treat, [`Refusal::OutOfBounds`] when title or participants are not what they must be,
/// [`Refusal::RecordMissing`] while a person who was in the session does not consent to be recorded.
pub async fn check(ground: &Ground, caller: StaffCaller, new: &NewClip) -> Result<(), Refusal> {
    let mut tx = ground.db.read().await?;
    judge(&mut tx, caller, new, ground.clock.now()).await.map(drop)
}

/// Takes an uploaded clip: recognises it, seals it, stores it.
///
/// Runs to its end even when the caller has gone, so that no object is left half-named.
///
/// # Errors
/// What [`check`] refuses; [`Refusal::NotMedia`] and [`Refusal::Truncated`] for what is no whole clip. Then nothing is
/// kept.
pub async fn add(
    ground: &Ground,
    caller: StaffCaller,
    new: NewClip,
    uploaded: Uploaded,
) -> Result<ClipView, Refusal> {
    add_from(ground, caller, new, uploaded, None).await
}

/// Takes a clip that came in pieces, and ends its upload in the same transaction: of two that finish it at once, one makes
/// a clip.
///
/// # Errors
/// As [`add`]; [`Refusal::NotFound`] when the upload has ended.
pub(super) async fn add_from(
    ground: &Ground,
    caller: StaffCaller,
    new: NewClip,
    uploaded: Uploaded,
    upload: Option<UploadId>,
) -> Result<ClipView, Refusal> {
    let ground = ground.clone();
    let task =
        tokio::spawn(async move { intake::seal_and_store(&ground, caller, new, uploaded, upload).await });
    task.await.unwrap_or(Err(Refusal::Unavailable))
}

/// Reads what the care team may know of a clip.
///
/// # Errors
/// [`Refusal::NotFound`] for clips of clients whom the caller does not treat, [`Refusal::ClipDestroyed`].
pub async fn find(ground: &Ground, caller: StaffCaller, clip: ClipId) -> Result<ClipView, Refusal> {
    let mut tx = ground.db.read().await?;
    let clip = in_care(&mut tx, caller, clip).await?;
    if clip.destroyed_at.is_some() {
        return Err(Refusal::ClipDestroyed);
    }
    let title = title(ground, &mut tx, &clip).await?;
    let heard = store::clips::participants(&mut tx, clip.id).await?;
    Ok(view(clip, title, heard))
}

/// Lists the clips of the sessions that a client was in, newest first; destroyed ones are left out.
///
/// # Errors
/// [`Refusal::NotFound`] for clients whom the caller does not treat.
pub async fn of_client(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<ClipView>, Refusal> {
    caller.check_may(StaffAct::KeepClips)?;
    let mut tx = ground.db.read().await?;
    care::in_care(&mut tx, &caller, client).await?;
    let mut listed = Vec::new();
    for clip in store::clips::of_client(&mut tx, client, caller.staff).await? {
        let title = title(ground, &mut tx, &clip).await?;
        let heard = store::clips::participants(&mut tx, clip.id).await?;
        listed.push(view(clip, title, heard));
    }
    Ok(listed)
}

/// Destroys a clip: erases its key now, and leaves its object to be erased. Doing it again changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`] for clips of clients whom the caller does not treat.
pub async fn destroy(ground: &Ground, caller: StaffCaller, clip: ClipId) -> Result<(), Refusal> {
    ground
        .commit(Urgency::Restriction.by(caller), move |ground, tx| {
            Box::pin(async move {
                let at = ground.clock.now();
                let found = in_care(tx, caller, clip).await?;
                let outbox = OutboxId::new(at, ground.entropy.bytes());
                if !erase_key(tx, clip, at, outbox).await? {
                    return Ok(());
                }
                outbox::enqueue(tx, SETTLE_CLIP, clip.as_bytes(), at, ground.entropy.bytes()).await?;
                tx.restrict(Restriction::Destroy { clip, at });
                let entry = AuditEntry::new(found.practice, at, Actor::from(&caller), Action::DestroyClip);
                audit::append(tx, &entry.client(found.client).about(clip));
                Ok(())
            })
        })
        .await
        .inspect(|()| ground.bell.ring_for_work())
}

/// Erases a clip's key and leaves its object to be erased; whether the key was there until now. For every reason for
/// which a clip ends: destroyed by hand, on schedule, or by the ledger after a restore.
///
/// # Errors
/// When the database fails.
pub async fn erase_key(tx: &mut Tx, clip: ClipId, at: Instant, outbox: OutboxId) -> Result<bool, StoreError> {
    let erased = store::clips::erase_key(tx, clip, at).await?;
    if erased {
        destruction::enqueue(tx, clip, at, outbox).await?;
    }
    Ok(erased)
}

/// Finds the ciphertext of a clip for a device that has a lease of it.
///
/// # Errors
/// [`Refusal::DeviceRemoved`], [`Refusal::NotFound`] for clips of others, [`Refusal::ClipDestroyed`].
pub async fn ciphertext(
    ground: &Ground,
    caller: CompanionCaller,
    clip: ClipId,
) -> Result<Ciphertext, Refusal> {
    if caller.removed {
        return Err(Refusal::DeviceRemoved);
    }
    let mut tx = ground.db.read().await?;
    let found = store::clips::by_id(&mut tx, clip).await?.ok_or(Refusal::NotFound)?;
    if found.destroyed_at.is_some() {
        // Who had a lease of it may know, also after everything that was to be done about its end is done.
        let knew = store::leases::knew_clip(&mut tx, caller.device, clip).await?;
        return Err(if knew { Refusal::ClipDestroyed } else { Refusal::NotFound });
    }
    if !store::leases::covers_clip(&mut tx, caller.device, clip, ground.clock.now()).await? {
        return Err(Refusal::NotFound);
    }
    let (len, sha256) = (found.media.cipher_len, found.media.cipher_sha256);
    Ok(Ciphertext { object: found.object, objects: ground.objects.clone(), len, sha256 })
}

/// Unwraps a clip's key, for a lease that has been decided on.
///
/// # Errors
/// [`Refusal::ClipDestroyed`] when it is gone.
pub async fn key(ground: &Ground, tx: &mut Tx, clip: &Clip) -> Result<ClipKey, Refusal> {
    let wrapped = clip.wrapped_key.as_ref().ok_or(Refusal::ClipDestroyed)?;
    let practice = ground.keys.practice(tx, clip.practice).await?;
    let bytes = Zeroizing::new(practice.open(&key_context(clip.id), wrapped)?);
    let bytes = bytes.as_slice().try_into().map_err(|_| StoreError::Inconsistent("clip"))?;
    Ok(ClipKey::from_bytes(bytes))
}

/// Opens a clip's title.
///
/// # Errors
/// When the practice's key fails.
pub async fn title(ground: &Ground, tx: &mut Tx, clip: &Clip) -> Result<String, Refusal> {
    let key = ground.keys.practice(tx, clip.practice).await?;
    Ok(key.open_text(&title_context(clip.id), &clip.title_sealed)?)
}

/// The title of a clip as it is listed for a client whom the caller treats; nothing for one that is not, destroyed or
/// another's.
///
/// # Errors
/// When the database or the practice's key fails.
pub(super) async fn title_for(
    ground: &Ground,
    tx: &mut Tx,
    caller: StaffCaller,
    client: ClientId,
    clip: ClipId,
) -> Result<Option<String>, Refusal> {
    let found = store::clips::by_id(tx, clip).await?;
    let Some(clip) = found.filter(|clip| clip.destroyed_at.is_none()) else { return Ok(None) };
    let is_theirs = clip.client == client || store::recordings::was_there(tx, clip.recording, client).await?;
    if !is_theirs || care::in_care(tx, &caller, clip.client).await.is_err() {
        return Ok(None);
    }
    title(ground, tx, &clip).await.map(Some)
}

/// A clip whose client the caller treats.
async fn in_care(tx: &mut Tx, caller: StaffCaller, clip: ClipId) -> Result<Clip, Refusal> {
    caller.check_may(StaffAct::SeeClips)?;
    let clip = store::clips::by_id(tx, clip).await?.ok_or(Refusal::NotFound)?;
    care::in_care(tx, &caller, clip.client).await?;
    Ok(clip)
}

/// The client in whose therapy the new clip was cut, when the caller may upload it.
async fn judge(tx: &mut Tx, caller: StaffCaller, new: &NewClip, now: Instant) -> Result<ClientId, Refusal> {
    caller.check_may(StaffAct::KeepClips)?;
    words::name(&new.title, "title: 1 to 200 visible characters")?;
    let recording = recordings::in_care(tx, &caller, new.recording).await?;
    let present = store::participants::on_recording(tx, recording.id).await?;
    let all_present = new.heard.iter().all(|heard| present.iter().any(|one| one.id == *heard));
    if new.heard.is_empty() || new.heard.len() > HEARD_MAX || !all_present {
        return Err(Refusal::OutOfBounds("heard: one or more of the recording's participants"));
    }
    consents::check_record(tx, recording.id, now).await?;
    Ok(recording.client)
}

fn view(clip: Clip, title: String, heard: Vec<ParticipantId>) -> ClipView {
    ClipView {
        id: clip.id,
        recording: clip.recording,
        client: clip.client,
        created_at: clip.created_at,
        created_by: clip.created_by,
        title,
        duration: Span::from_millis(clip.duration_ms),
        media: clip.media,
        heard,
    }
}

pub(in crate::domain) fn title_context(clip: ClipId) -> String {
    format!("clip.title_sealed/{clip}")
}

pub(in crate::domain) fn key_context(clip: ClipId) -> String {
    format!("clip.wrapped_key/{clip}")
}
