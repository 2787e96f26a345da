//! Idempotency: a POST that is sent twice under one Idempotency-Key is done once.
//!
//! A key belongs to a person or device, not to a session, and lives a day. The claim is committed
//! before the work, so that of two requests at once one works and the other waits. The work's own
//! transactions note how far it has come ([`crate::store::progress`]). A server that dies between
//! work and answer leaves a claim that is given up after a minute: the same request, sent again, goes
//! on where it ended, and is answered the same.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use sync_core::{
    id::PracticeId,
    instant::{Instant, Span},
};

use crate::{
    domain::credentials::tokens::Caller,
    ground::Ground,
    nouns::{Refusal, callers::DeviceCaller},
    store::{self, StoreError, Urgency, idempotency::OwnedClaim, progress::Progress},
    turns::Payer,
};

/// How long an answer is kept.
pub const KEPT_FOR: Span = Span::from_hours(24);
/// After which time a request without an answer is given up.
pub const ABANDONED_AFTER: Span = Span::from_mins(1);
/// How long who asks again at once is told to wait, in seconds.
const WAIT_SECS: u32 = 1;

/// Which request of whom.
#[derive(Clone)]
pub struct Key {
    practice: PracticeId,
    payer: Payer,
    caller: [u8; 16],
    hash: [u8; 32],
    request: [u8; 32],
}

/// A request that is being answered, from an instant on. A claim that took too long is given up, and may be another's then.
#[derive(Clone)]
pub struct Claimed {
    key: Key,
    at: Instant,
    progress: Arc<Progress>,
}

impl Claimed {
    fn new(key: Key, at: Instant, progress: &[u8]) -> Result<Self, StoreError> {
        let Key { caller, hash: key_hash, request: request_hash, .. } = key;
        let claim = OwnedClaim { caller, key_hash, request_hash, at };
        Ok(Self { key, at, progress: Progress::of(claim, progress)? })
    }

    /// Does the work of the request, from where it has come to.
    pub async fn carry<F: Future>(&self, work: F) -> F::Output {
        self.progress.carry(work).await
    }
}

/// An answer as it was given.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// What is to be done with a request.
pub enum Asked {
    /// It is new: work, then [`keep`] or [`give_up`] what was claimed.
    First(Claimed),
    /// It was answered: answer the same.
    Again(Answer),
}

impl Key {
    /// Names a request: who asks, under which key, and all that makes it this request.
    #[must_use]
    pub fn new(caller: &Caller, key: &str, request: &[&[u8]]) -> Self {
        let payer = Payer::from(*caller);
        let (practice, caller) = match caller {
            Caller::Staff(staff) => (staff.practice, *staff.staff.as_bytes()),
            Caller::Device(DeviceCaller::Companion(device)) => (device.practice, *device.device.as_bytes()),
            Caller::Device(DeviceCaller::Console(device)) => (device.practice, *device.device.as_bytes()),
        };
        let mut digest = Sha256::new();
        for part in request {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let hash = Sha256::digest(key.as_bytes()).into();
        Self { practice, payer, caller, hash, request: digest.finalize().into() }
    }

    fn claim(&self, at: Instant) -> store::idempotency::Claim<'_> {
        let Self { caller, hash, request, .. } = self;
        store::idempotency::Claim { caller, key_hash: hash, request_hash: request, at }
    }

    fn context(&self) -> String {
        context(&self.caller, &self.hash)
    }
}

pub(in crate::domain) fn context(caller: &[u8], key_hash: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    format!("idempotency.body_sealed/{}", BASE64_URL_SAFE_NO_PAD.encode([caller, key_hash].concat()))
}

/// Looks a request up, and claims its key when it is new.
///
/// # Errors
/// [`Refusal::IdempotencyMismatch`] for another request under the same key; [`Refusal::TooManyRequests`] while the same
/// one is being answered.
pub async fn ask(ground: &Ground, key: &Key) -> Result<Asked, Refusal> {
    let key = key.clone();
    ground
        .commit(Urgency::Grant.by(key.payer), move |ground, tx| {
            Box::pin(async move {
                let now = ground.clock.now();
                store::idempotency::forget(tx, now - KEPT_FOR).await?;
                if store::idempotency::claim(tx, &key.claim(now)).await? {
                    return Ok(Asked::First(Claimed::new(key, now, &[])?));
                }
                let found = store::idempotency::find(tx, &key.caller, &key.hash).await?;
                let found = found.ok_or(Refusal::TooManyRequests { after_secs: WAIT_SECS })?;
                if found.request_hash != key.request {
                    return Err(Refusal::IdempotencyMismatch);
                }
                if found.status == store::idempotency::UNANSWERED {
                    let is_given_up = found.created_at < now - ABANDONED_AFTER;
                    if is_given_up
                        && store::idempotency::take_up(tx, &key.claim(now), found.created_at).await?
                    {
                        let progress = found.progress.unwrap_or_default();
                        return Ok(Asked::First(Claimed::new(key, now, &progress)?));
                    }
                    return Err(Refusal::TooManyRequests { after_secs: WAIT_SECS });
                }
                let practice = ground.keys.practice(tx, key.practice).await?;
                let body = practice.open(&key.context(), &found.body_sealed)?;
                let status =
                    u16::try_from(found.status).map_err(|_| StoreError::Inconsistent("idempotency"))?;
                Ok(Asked::Again(Answer { status, body }))
            })
        })
        .await
}

/// Keeps the answer, sealed: it may hold a token.
///
/// # Errors
/// When it could not be committed.
pub async fn keep(ground: &Ground, claimed: &Claimed, answer: Answer) -> Result<(), Refusal> {
    let Claimed { key, at, .. } = claimed.clone();
    ground
        .commit(Urgency::Grant.by(key.payer), move |ground, tx| {
            Box::pin(async move {
                let practice = ground.keys.practice(tx, key.practice).await?;
                let sealed = practice.seal(&key.context(), &answer.body);
                let status = i64::from(answer.status);
                Ok(store::idempotency::answer(tx, &key.claim(at), status, &sealed).await?)
            })
        })
        .await
}

/// Frees the key: the request was refused, and may be sent again. What it has done all the same is not done again.
///
/// # Errors
/// When it could not be committed.
pub async fn give_up(ground: &Ground, claimed: &Claimed) -> Result<(), Refusal> {
    let Claimed { key, at, .. } = claimed.clone();
    ground
        .committer
        .commit(Urgency::Grant.by(key.payer), move |tx| {
            Box::pin(async move {
                let given_up = at - ABANDONED_AFTER - Span::from_millis(1);
                Ok(store::idempotency::release(tx, &key.claim(at), given_up).await?)
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nouns::callers::StaffCaller,
        testing::{for_each_database, therapy::Therapy},
    };

    /// The first one was slow: its claim was given up, and the same request is at work again.
    #[tokio::test]
    async fn a_claim_that_took_too_long_neither_answers_nor_frees_the_one_after_it() {
        for_each_database(|database| async move {
            let app = database.app().await;
            let ada: StaffCaller = Therapy::begin(&app).await.ada;
            let key = Key::new(&Caller::Staff(ada), "k1", &[b"the same"]);
            let first = async || match ask(&app.ground, &key).await {
                Ok(Asked::First(claimed)) => claimed,
                Ok(Asked::Again(_)) => panic!("answered"),
                Err(refusal) => panic!("{refusal}"),
            };
            let answer = |status| Answer { status, body: Vec::new() };
            let slow = first().await;
            app.ground.clock.advance(Span::from_secs(61));
            let second = first().await;
            give_up(&app.ground, &slow).await.unwrap();
            keep(&app.ground, &slow, answer(201)).await.unwrap();
            assert!(
                matches!(ask(&app.ground, &key).await, Err(Refusal::TooManyRequests { .. })),
                "it is at work"
            );
            keep(&app.ground, &second, answer(204)).await.unwrap();
            give_up(&app.ground, &second).await.unwrap();
            let again = ask(&app.ground, &key).await;
            assert!(matches!(again, Ok(Asked::Again(Answer { status: 204, .. }))), "an answer stays");
        })
        .await;
    }
}
