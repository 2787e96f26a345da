//! From an upload to a clip: recognised, sealed, written, read back, named by a row.

use bytes::Bytes;
use refrain_media::{NotRecognised, Recognised, recognise};
use sha2::{Digest, Sha256};
use sync_core::{
    id::{ClipId, UploadId},
    instant::Span,
    media::{ClipKey, MediaRecord, RecordSize, seal},
    vocabulary::Vocabulary,
};
use zeroize::Zeroizing;

use super::{ClipView, NewClip, judge, key_context, title_context, upload_budget::Uploaded, view};
use crate::{
    domain::records::audit::{self, Action, Actor, AuditEntry},
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    objects::ObjectName,
    store::{self, StoreError, Urgency, clips::Clip},
};

/// A clip that was sealed and is not stored yet.
struct Sealed {
    key: ClipKey,
    ciphertext: Bytes,
    media: MediaRecord,
    duration: Span,
}

pub(super) async fn seal_and_store(
    ground: &Ground,
    caller: StaffCaller,
    new: NewClip,
    uploaded: Uploaded,
    upload: Option<UploadId>,
) -> Result<ClipView, Refusal> {
    let (key, salt) = (ClipKey::from_bytes(ground.entropy.bytes()), ground.entropy.bytes());
    let sealing = move || seal_upload(&uploaded, key, salt);
    let sealed = ground.clips.work(caller.into(), sealing).await??;

    let object = ObjectName::new(&ground.entropy);
    let stored = match put(ground, &object, &sealed).await {
        Ok(()) => insert(ground, caller, new, &sealed, object.clone(), upload).await,
        Err(refusal) => Err(NotStored::Refused(refusal)),
    };
    match stored {
        Ok(view) => Ok(view),
        // The row may be there: its object must stay. If it is not, the object's key is nowhere.
        Err(NotStored::InDoubt) => Err(Refusal::Unavailable),
        Err(NotStored::Refused(refusal)) => {
            if ground.objects.delete(&object).await.is_err() {
                tracing::warn!("an object that no clip names could not be deleted");
            }
            Err(refusal)
        }
    }
}

fn seal_upload(uploaded: &Uploaded, key: ClipKey, salt: [u8; 16]) -> Result<Sealed, Refusal> {
    let plain = uploaded.bytes();
    let Recognised { media_type, duration } = recognise(plain)?;
    let record_size = RecordSize::DEFAULT;
    let ciphertext = seal(plain, &key, salt, record_size).map_err(|_| Refusal::Unavailable)?;
    let media = MediaRecord {
        plain_len: plain.len() as u64,
        cipher_len: ciphertext.len() as u64,
        record_size,
        cipher_sha256: Sha256::digest(&ciphertext).into(),
        media_type: media_type.as_str().to_owned(),
    };
    Ok(Sealed { key, ciphertext: ciphertext.into(), media, duration })
}

/// Writes the object and reads both of its ends back: what cannot be read now must not be promised to anybody.
async fn put(ground: &Ground, object: &ObjectName, sealed: &Sealed) -> Result<(), Refusal> {
    let layout = sealed.media.layout().map_err(|_| Refusal::Unavailable)?;
    let (Some(first), Some(last)) = (layout.cipher_range(0), layout.cipher_range(layout.records() - 1))
    else {
        return Err(Refusal::Unavailable);
    };
    ground.objects.put(object, sealed.ciphertext.clone()).await?;
    let stored_len = ground.objects.head(object).await?;
    // The ends are opened where they lie: zeroized, because they are plaintext afterwards.
    let mut head = Zeroizing::new(ground.objects.get_range(object, 0..first.end).await?.to_vec());
    let mut last = Zeroizing::new(ground.objects.get_range(object, last).await?.to_vec());
    let read_back = sealed.media.read_back(&sealed.key, &mut head, &mut last, stored_len);
    read_back.map_err(|error| {
        tracing::error!(%error, "a stored object does not read back");
        Refusal::Unavailable
    })
}

/// Why there is no row, or perhaps one.
enum NotStored {
    Refused(Refusal),
    InDoubt,
}

impl From<Refusal> for NotStored {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for NotStored {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InDoubt => Self::InDoubt,
            error => Self::Refused(error.into()),
        }
    }
}

async fn insert(
    ground: &Ground,
    caller: StaffCaller,
    new: NewClip,
    sealed: &Sealed,
    object: ObjectName,
    upload: Option<UploadId>,
) -> Result<ClipView, NotStored> {
    let (key, media, duration) = (sealed.key.clone(), sealed.media.clone(), sealed.duration);
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let at = ground.clock.now();
                // Whoever takes the upload's key has the upload; nobody makes a second clip of it.
                if let Some(upload) = upload
                    && !store::uploads::erase_key(tx, upload).await?
                {
                    return Err(Refusal::NotFound.into());
                }
                // Again: care may have ended while the bytes were coming in, or a person have withdrawn. Under the
                // recording's lock a withdrawal is either seen here, or finds the clip.
                store::recordings::share_lock(tx, new.recording).await?;
                let client = judge(tx, caller, &new, at).await?;
                let id = ClipId::new(at, ground.entropy.bytes());
                let practice = ground.keys.practice(tx, caller.practice).await.map_err(Refusal::from)?;
                let title = new.title.trim().to_owned();
                let clip = Clip {
                    id,
                    practice: caller.practice,
                    recording: new.recording,
                    client,
                    created_at: at,
                    created_by: caller.staff,
                    duration_ms: duration.as_millis(),
                    media,
                    title_sealed: practice.seal(&title_context(id), title.as_bytes()),
                    wrapped_key: Some(practice.seal(&key_context(id), key.expose())),
                    object,
                    held_back_at: None,
                    destroy_at: None,
                    destroyed_at: None,
                    object_erased_at: None,
                };
                store::clips::insert(tx, &clip).await?;
                for heard in &new.heard {
                    store::clips::insert_participant(tx, id, *heard).await?;
                }
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::UploadClip);
                audit::append(tx, &entry.client(client).about(id).about(new.recording));
                Ok(view(clip, title, new.heard.into_iter().collect()))
            })
        })
        .await
}

impl From<NotRecognised> for Refusal {
    fn from(error: NotRecognised) -> Self {
        match error {
            NotRecognised::NotMedia => Self::NotMedia,
            NotRecognised::Truncated => Self::Truncated,
        }
    }
}
