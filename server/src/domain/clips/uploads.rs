//! Uploads in pieces, over a line that breaks: a piece that has arrived need not be sent again.
//!
//! Each piece is sealed in memory under the upload's own key before it is written anywhere, so that
//! nothing of an upload is ever on a disk in the clear. A person has four uploads at a time, each
//! no longer than a clip may be and no older than a day. One more ends the oldest, because a person
//! waits for the newest. An end erases the key, then the pieces. So does a withdrawal: once a
//! person who was in the session does not consent to be recorded any more, no further piece is
//! taken and the stored ones go. In the end, the pieces together are checked against the digest
//! that was announced at the beginning: if pieces were lost, changed or put in another order, they
//! make no clip.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sync_core::{
    id::{ParticipantId, RecordingId, UploadId},
    instant::Span,
    media::{ClipKey, RecordSize, open_whole, seal},
};
use zeroize::Zeroizing;

use super::{ClipView, NewClip, upload_budget::Uploaded};
use crate::{
    domain::{
        clips::{self, upload_budget::UploadBudget},
        people::consents,
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    objects::ObjectName,
    store::{self, StoreError, Tx, Urgency, uploads::StoredUpload},
};

/// How long each piece is, but for the last: what a broken line costs at most.
pub const PIECE: u64 = 1024 * 1024;
/// How long an upload is kept that nobody ends.
pub const KEPT_FOR: Span = Span::from_days(1);
/// How many uploads a person has at a time.
const AT_ONCE: usize = 4;
/// How many ended uploads one run erases.
const ERASED_AT_ONCE: u32 = 32;

/// A clip that is to come.
#[derive(Clone)]
pub struct NewUpload {
    /// What is said about it.
    pub clip: NewClip,
    /// How long it is, in bytes.
    pub len: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Come {
    /// How many bytes are here: where the next piece begins.
    pub offset: u64,
    /// How many there will be.
    pub len: u64,
}

/// What was said, as it is sealed: the digest too, by which a recording that somebody has could be recognised.
#[derive(Serialize, Deserialize)]
struct Said {
    recording: RecordingId,
    title: String,
    heard: BTreeSet<ParticipantId>,
    len: u64,
    sha256: [u8; 32],
}

/// An upload of the caller's that has not ended.
struct Open {
    said: Said,
    key: ClipKey,
    pieces: Vec<ObjectName>,
}

/// Begins an upload.
///
/// # Errors
/// What [`clips::check`] refuses; [`Refusal::TooLarge`].
pub async fn begin(ground: &Ground, caller: StaffCaller, new: NewUpload) -> Result<UploadId, Refusal> {
    let NewUpload { clip, len, sha256 } = new;
    clips::check(ground, caller, &clip).await?;
    let limit = ground.settings.clip_bytes;
    if len > limit {
        return Err(Refusal::TooLarge { limit });
    }
    if len == 0 {
        return Err(Refusal::OutOfBounds("len: at least one byte"));
    }
    let NewClip { recording, title, heard } = clip;
    let said = Said { recording, title, heard, len, sha256 };
    let said = Zeroizing::new(serde_json::to_vec(&said).map_err(|_| StoreError::Inconsistent("upload"))?);
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let (now, entropy) = (ground.clock.now(), &ground.entropy);
                let open = store::uploads::open_of_staff(tx, caller.staff).await?;
                for oldest in open.iter().take((open.len() + 1).saturating_sub(AT_ONCE)) {
                    store::uploads::erase_key(tx, *oldest).await?;
                }
                let id = UploadId::new(now, entropy.bytes());
                let practice = ground.keys.practice(tx, caller.practice).await?;
                let key = Zeroizing::new(entropy.bytes::<16>());
                let upload = StoredUpload {
                    id,
                    practice: caller.practice,
                    staff: caller.staff,
                    created_at: now,
                    said_sealed: practice.seal(&said_context(id), &said),
                    wrapped_key: Some(practice.seal(&key_context(id), key.as_slice())),
                };
                store::uploads::insert(tx, &upload).await?;
                Ok::<_, Refusal>(id)
            })
        })
        .await
}

/// How far an upload has come.
///
/// # Errors
/// [`Refusal::NotFound`] for what is not the caller's, or has ended.
pub async fn come(ground: &Ground, caller: StaffCaller, upload: UploadId) -> Result<Come, Refusal> {
    let mut tx = ground.db.read().await?;
    Ok(open(ground, &mut tx, caller, upload).await?.come())
}

/// Whether a piece may come: asked before its first byte is read.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for another piece than the next: ask how far it has come;
/// [`Refusal::RecordMissing`], and then the upload has ended.
pub async fn check(
    ground: &Ground,
    caller: StaffCaller,
    upload: UploadId,
    offset: u64,
) -> Result<(), Refusal> {
    let mut tx = ground.db.read().await?;
    let open = open(ground, &mut tx, caller, upload).await?;
    let consented = consents::check_record(&mut tx, open.said.recording, ground.clock.now()).await;
    drop(tx);
    end_if_hopeless(ground, upload, &consented).await;
    consented?;
    (open.come().offset == offset).then_some(()).ok_or(Refusal::Conflict)
}

/// Takes the next piece; gives how far it has come.
///
/// # Errors
/// What [`check`] refuses; [`Refusal::OutOfBounds`] for a piece of another length.
pub async fn take(
    ground: &Ground,
    caller: StaffCaller,
    upload: UploadId,
    offset: u64,
    piece: Uploaded,
) -> Result<Come, Refusal> {
    let mut tx = ground.db.read().await?;
    let Open { said, key, pieces } = open(ground, &mut tx, caller, upload).await?;
    drop(tx);
    let here = come_with(pieces.len(), said.len);
    if offset != here.offset || here.offset == said.len {
        return Err(Refusal::Conflict);
    }
    if piece.bytes().len() as u64 != PIECE.min(said.len - offset) {
        return Err(Refusal::OutOfBounds("a piece: of the length that was said, the last one what is left"));
    }
    let salt = ground.entropy.bytes();
    let sealing = move || seal(piece.bytes(), &key, salt, RecordSize::DEFAULT);
    let sealed = ground.clips.work(caller.into(), sealing).await?;
    let sealed = sealed.map_err(|_| Refusal::Unavailable)?;
    let object = ObjectName::new(&ground.entropy);
    ground.objects.put(&object, sealed.into()).await?;
    let noted = note(ground, caller, upload, pieces.len(), object.clone()).await;
    end_if_hopeless(ground, upload, &noted).await;
    match noted {
        Ok(()) => Ok(come_with(pieces.len() + 1, said.len)),
        // The row may be there: its object must stay.
        Err(Refusal::Unavailable) => Err(Refusal::Unavailable),
        Err(refusal) => {
            if ground.objects.delete(&object).await.is_err() {
                tracing::warn!("an object that no upload names could not be deleted");
            }
            Err(refusal)
        }
    }
}

async fn note(
    ground: &Ground,
    caller: StaffCaller,
    upload: UploadId,
    n: usize,
    object: ObjectName,
) -> Result<(), Refusal> {
    let n = i64::try_from(n).map_err(|_| Refusal::Conflict)?;
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                // Again: it may have ended while the bytes were coming in, or a person have withdrawn.
                let Open { said, .. } = open(ground, tx, caller, upload).await?;
                store::recordings::share_lock(tx, said.recording).await?;
                consents::check_record(tx, said.recording, ground.clock.now()).await?;
                Ok::<_, Refusal>(store::uploads::insert_piece(tx, upload, n, &object).await?)
            })
        })
        .await
}

/// Makes a clip of an upload whose pieces are all here.
///
/// # Errors
/// [`Refusal::Truncated`] while one is missing; [`Refusal::NotFound`] when it has ended, by another request at once say; what
/// [`clips::add`] refuses. What can never be a clip has ended then.
pub async fn finish(
    ground: &Ground,
    budget: &UploadBudget,
    caller: StaffCaller,
    upload: UploadId,
) -> Result<ClipView, Refusal> {
    let mut tx = ground.db.read().await?;
    let Open { said, key, pieces } = open(ground, &mut tx, caller, upload).await?;
    drop(tx);
    if come_with(pieces.len(), said.len).offset < said.len {
        return Err(Refusal::Truncated);
    }
    let new = NewClip { recording: said.recording, title: said.title, heard: said.heard };
    let checked = clips::check(ground, caller, &new).await;
    end_if_hopeless(ground, upload, &checked).await;
    checked?;
    let mut whole = budget.begin(caller.staff, Some(said.len), Some(said.sha256))?;
    for object in &pieces {
        let len = ground.objects.head(object).await?;
        let (sealed, key) = (ground.objects.get_range(object, 0..len).await?, key.clone());
        let opening = move || {
            whole.push(&open_whole(&sealed, &key).map_err(|_| Refusal::Unavailable)?)?;
            Ok::<_, Refusal>(whole)
        };
        whole = ground.clips.work(caller.into(), opening).await??;
    }
    let made = match whole.finish(ground, caller).await {
        Ok(uploaded) => clips::add_from(ground, caller, new, uploaded, Some(upload)).await,
        Err(refusal) => Err(refusal),
    };
    if made.is_ok() {
        end_now(ground, upload).await;
    }
    end_if_hopeless(ground, upload, &made).await;
    made
}

/// Ends an upload of which no clip can come: its bytes are none, or a person whose voice may be in them does not consent.
async fn end_if_hopeless<T>(ground: &Ground, upload: UploadId, outcome: &Result<T, Refusal>) {
    use Refusal::{DigestMismatch, NotMedia, RecordMissing, Truncated};
    if matches!(outcome, Err(NotMedia | Truncated | DigestMismatch | RecordMissing)) {
        end_now(ground, upload).await;
    }
}

/// What cannot be erased now is erased by the worker, in a day.
async fn end_now(ground: &Ground, upload: UploadId) {
    if let Err(error) = end(ground, upload).await {
        tracing::warn!(%error, "an upload could not be ended");
    }
}

/// Throws an upload away. One that has ended stays so.
///
/// # Errors
/// [`Refusal::NotFound`] for what is not the caller's.
pub async fn discard(ground: &Ground, caller: StaffCaller, upload: UploadId) -> Result<(), Refusal> {
    let mut tx = ground.db.read().await?;
    let found = store::uploads::by_id(&mut tx, upload).await?;
    drop(tx);
    found.filter(|found| found.staff == caller.staff).ok_or(Refusal::NotFound)?;
    end(ground, upload).await
}

/// Erases what has ended, and ends what is a day old. A failure of the object store leaves it for the next run: the key is
/// gone by then.
///
/// # Errors
/// When the database fails.
pub async fn run_once(ground: &Ground) -> Result<usize, Refusal> {
    let mut tx = ground.db.read().await?;
    let over = store::uploads::over(&mut tx, ground.clock.now() - KEPT_FOR, ERASED_AT_ONCE).await?;
    drop(tx);
    let mut ended = 0;
    for upload in over {
        match end(ground, upload).await {
            Ok(()) => ended += 1,
            Err(error) => {
                tracing::warn!(%error, "an ended upload could not be erased; it will be tried again")
            }
        }
    }
    Ok(ended)
}

/// The key first, then the objects, then the rows.
async fn end(ground: &Ground, upload: UploadId) -> Result<(), Refusal> {
    let erased = ground.committer.commit::<_, StoreError, _>(Urgency::Grant, move |tx| {
        Box::pin(async move {
            store::uploads::erase_key(tx, upload).await?;
            store::uploads::pieces(tx, upload).await
        })
    });
    for object in erased.await? {
        ground.objects.delete(&object).await?;
    }
    let forgotten = ground.committer.commit::<_, StoreError, _>(Urgency::Grant, move |tx| {
        Box::pin(async move { store::uploads::forget(tx, upload).await })
    });
    Ok(forgotten.await?)
}

async fn open(ground: &Ground, tx: &mut Tx, caller: StaffCaller, upload: UploadId) -> Result<Open, Refusal> {
    let found = store::uploads::by_id(tx, upload).await?.ok_or(Refusal::NotFound)?;
    let is_old = found.created_at <= ground.clock.now() - KEPT_FOR;
    let Some(wrapped) = found.wrapped_key.filter(|_| found.staff == caller.staff && !is_old) else {
        return Err(Refusal::NotFound);
    };
    let practice = ground.keys.practice(tx, found.practice).await?;
    let said = Zeroizing::new(practice.open(&said_context(upload), &found.said_sealed)?);
    let said = serde_json::from_slice(&said).map_err(|_| StoreError::Inconsistent("upload"))?;
    let key = Zeroizing::new(practice.open(&key_context(upload), &wrapped)?);
    let key = key.as_slice().try_into().map_err(|_| StoreError::Inconsistent("upload"))?;
    let pieces = store::uploads::pieces(tx, upload).await?;
    Ok(Open { said, key: ClipKey::from_bytes(key), pieces })
}

impl Open {
    fn come(&self) -> Come {
        come_with(self.pieces.len(), self.said.len)
    }
}

fn come_with(pieces: usize, len: u64) -> Come {
    Come { offset: (pieces as u64).saturating_mul(PIECE).min(len), len }
}

pub(in crate::domain) fn said_context(upload: UploadId) -> String {
    format!("upload.said_sealed/{upload}")
}

pub(in crate::domain) fn key_context(upload: UploadId) -> String {
    format!("upload.wrapped_key/{upload}")
}

#[cfg(test)]
mod tests;
