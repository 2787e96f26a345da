//! Erasing the objects of clips whose keys are erased already.

use sync_core::{
    id::{ClipId, OutboxId},
    instant::{Instant, Span},
};

use crate::{
    ground::Ground,
    nouns::Refusal,
    store::{
        self, StoreError, Tx, Urgency,
        outbox::{NewWork, Work},
    },
};

/// The word of this work in the outbox.
pub const KIND: &str = "erase_object";

const AT_ONCE: u32 = 32;
/// How long a worker has before another takes its work over.
const CLAIM: Span = Span::from_mins(5);
const LONGEST_WAIT: Span = Span::from_hours(1);

/// What one run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Objects that are gone.
    pub erased: usize,
    /// Objects that will be tried again.
    pub put_off: usize,
}

/// Leaves a clip's object to be erased, however long that takes.
///
/// # Errors
/// When the database fails.
pub async fn enqueue(tx: &mut Tx, clip: ClipId, at: Instant, id: OutboxId) -> Result<(), StoreError> {
    let work = NewWork {
        id,
        kind: KIND,
        subject: clip.as_bytes(),
        urgency: "normal",
        created_at: at,
        expires_at: Instant::NEVER,
    };
    store::outbox::leave(tx, &work).await
}

/// Erases the objects that are due. A failure of the object store puts the work off and is never an error: the key is
/// gone already.
///
/// # Errors
/// When the database fails.
pub async fn run_once(ground: &Ground) -> Result<Erased, Refusal> {
    let now = ground.clock.now();
    let works: Vec<Work> = ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move { store::outbox::claim(tx, KIND, now, now + CLAIM, AT_ONCE).await })
        })
        .await
        .map_err(|error: StoreError| Refusal::from(error))?;
    let mut done = Erased::default();
    for work in works {
        if erase(ground, &work).await? {
            done.erased += 1;
        } else {
            done.put_off += 1;
        }
    }
    Ok(done)
}

async fn erase(ground: &Ground, work: &Work) -> Result<bool, Refusal> {
    let (id, clip) = (work.id, ClipId::from_bytes(work.subject));
    let mut tx = ground.db.read().await?;
    let found = store::clips::by_id(&mut tx, clip).await?;
    drop(tx);
    // Never an object whose key is there: a row that says otherwise is not ours to act on.
    let gone = match found.filter(|clip| clip.destroyed_at.is_some()) {
        Some(clip) => ground.objects.delete(&clip.object).await,
        None => Ok(()),
    };
    let now = ground.clock.now();
    // The key was erased in a commit before this, and is nowhere once the log is empty, too.
    let erased = gone.is_ok() && ground.db.empty_log().await?;
    if let Err(error) = gone {
        tracing::warn!(%error, "a destroyed clip's object could not be erased; it will be tried again");
    }
    let again_at = now + wait(work.attempts);
    ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                if erased {
                    store::clips::note_object_erased(tx, clip, now).await?;
                    store::outbox::finish(tx, id).await
                } else {
                    store::outbox::put_off(tx, id, again_at).await
                }
            })
        })
        .await
        .map_err(|error: StoreError| Refusal::from(error))?;
    Ok(erased)
}

/// Half a minute, doubled with each attempt, up to an hour.
fn wait(attempts: i64) -> Span {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or(0);
    Span::from_secs(30 << doublings).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{for_sqlite, therapy::Therapy};

    #[tokio::test]
    async fn i7_the_key_of_a_destroyed_clip_is_in_no_file_of_the_database() {
        for_sqlite(|database| async move {
            let app = database.app().await;
            let therapy = Therapy::consented(&app).await;
            let mut tx = app.ground.db.read().await.unwrap();
            let stored = store::clips::by_id(&mut tx, therapy.clip).await.unwrap().unwrap();
            drop(tx);
            let key = stored.wrapped_key.unwrap();
            let files_with_it = || {
                let files = std::fs::read_dir(database.dir.path()).unwrap().filter_map(|file| {
                    let path = file.unwrap().path();
                    let bytes = path.is_file().then(|| std::fs::read(&path).unwrap())?;
                    bytes.windows(key.len()).any(|window| window == key).then_some(path)
                });
                files.collect::<Vec<_>>()
            };
            assert!(!files_with_it().is_empty());
            super::super::destroy(&app.ground, therapy.ada, therapy.clip).await.unwrap();
            assert!(!files_with_it().is_empty(), "the log has it still");
            // The object of this clip was never there, so it counts as erased.
            assert_eq!(run_once(&app.ground).await.unwrap().erased, 1);
            assert_eq!(files_with_it(), Vec::<std::path::PathBuf>::new());
        })
        .await;
    }
}
