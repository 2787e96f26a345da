//! Wakes devices: takes wake-ups from the outbox, sends them, and notes each outcome.
//!
//! A crash between sending and noting sends a push twice. That wakes a device twice and says no more.

use futures_util::{StreamExt, stream};
use sync_core::{id::DeviceId, instant::Span};

use crate::{
    domain::{people::push_subscriptions, records::wake_ups},
    ground::Ground,
    nouns::Refusal,
    push::{
        Push, Subscription, TimeToLive,
        sender::{Answer, Message},
    },
    store::{self, StoreError, Urgency, outbox::Work},
};

/// How long a worker has before another takes its work over: longer than any push takes.
const CLAIM: Span = Span::from_mins(2);

/// How many pushes are under way at once.
const AT_ONCE: usize = 16;

const FIRST_WAIT: Span = Span::from_secs(30);

const LONGEST_WAIT: Span = Span::from_hours(1);

/// What one run did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Taken by the push service, which proves nothing about the device.
    pub accepted: usize,
    /// Not to be sent any more: no subscription, too late, or refused for good.
    pub dropped: usize,
    /// To be sent again.
    pub put_off: usize,
}

/// Sends up to `limit` wake-ups that are due.
///
/// # Errors
/// When the database fails. What push services do is never an error.
pub async fn run_once(ground: &Ground, push: &Push, limit: u32) -> Result<Sent, Refusal> {
    let now = ground.clock.now();
    let works: Vec<Work> = ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move { store::outbox::claim(tx, wake_ups::KIND, now, now + CLAIM, limit).await })
        })
        .await
        .map_err(|error: StoreError| Refusal::from(error))?;
    let answers: Vec<Answered> =
        stream::iter(works).map(|work| answer(ground, push, work)).buffer_unordered(AT_ONCE).collect().await;
    note(ground, answers).await
}

/// The outcome of one wake-up.
enum Outcome {
    /// The push service has answered.
    Answered(Answer),
    /// The device has no subscription.
    NoSubscription,
    /// Nothing is left that the device could hold.
    TooLate,
}

/// A piece of work, its outcome, and by which of the device's keys.
struct Answered {
    work: Work,
    outcome: Outcome,
    p256dh: Option<[u8; 65]>,
}

async fn answer(ground: &Ground, push: &Push, work: Work) -> Answered {
    if work.expires_at <= ground.clock.now() {
        return Answered { work, outcome: Outcome::TooLate, p256dh: None };
    }
    match find(ground, &work).await {
        Ok(Some(subscription)) => {
            let message = Message { urgency: &work.urgency, expires_at: work.expires_at };
            let answer = push.deliver(ground.keys.vapid(), &subscription, &message, ground.clock.now()).await;
            Answered { work, outcome: Outcome::Answered(answer), p256dh: Some(*subscription.p256dh()) }
        }
        Ok(None) => Answered { work, outcome: Outcome::NoSubscription, p256dh: None },
        Err(_) => Answered { work, outcome: Outcome::Answered(Answer::Again(None)), p256dh: None },
    }
}

async fn find(ground: &Ground, work: &Work) -> Result<Option<Subscription>, Refusal> {
    let mut tx = ground.db.read().await?;
    push_subscriptions::subscription(ground, &mut tx, DeviceId::from_bytes(work.subject)).await
}

/// Writes all outcomes in one commit.
async fn note(ground: &Ground, answers: Vec<Answered>) -> Result<Sent, Refusal> {
    if answers.is_empty() {
        return Ok(Sent::default());
    }
    ground
        .commit(Urgency::Grant, move |ground, tx| {
            Box::pin(async move {
                let (now, mut sent) = (ground.clock.now(), Sent::default());
                for Answered { work, outcome, p256dh } in answers {
                    if let (Outcome::Answered(Answer::Gone), Some(key)) = (&outcome, p256dh) {
                        let device = DeviceId::from_bytes(work.subject);
                        store::push_subscriptions::end_exactly(tx, device, &key, now).await?;
                    }
                    let word = match outcome {
                        Outcome::Answered(Answer::Accepted) => {
                            sent.accepted += 1;
                            // A lease may outlast what the push service keeps: then it is told again.
                            let kept_until = TimeToLive::until(work.expires_at, now).ends_at(now);
                            if kept_until < work.expires_at {
                                store::outbox::put_off(tx, work.id, kept_until).await?;
                                continue;
                            }
                            "accepted"
                        }
                        Outcome::NoSubscription => "no_subscription",
                        Outcome::Answered(Answer::Gone) => "gone",
                        Outcome::Answered(Answer::TooLarge) => "too_large",
                        Outcome::TooLate => "too_late",
                        Outcome::Answered(Answer::Again(asked)) => {
                            let again_at = now + wait(work.attempts, ground.entropy.bytes(), asked);
                            if again_at < work.expires_at {
                                store::outbox::put_off(tx, work.id, again_at).await?;
                                sent.put_off += 1;
                                continue;
                            }
                            "too_late"
                        }
                    };
                    store::outbox::finish(tx, work.id, now, word).await?;
                    sent.dropped += usize::from(word != "accepted");
                }
                Ok(sent)
            })
        })
        .await
}

/// Doubles with each attempt up to an hour, less up to a quarter by chance, so that many devices of one push service
/// that failed together do not come back together; never shorter than the push service asked for.
fn wait(attempts: i64, random: [u8; 2], asked: Option<Span>) -> Span {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    let longest = FIRST_WAIT.as_millis().saturating_mul(1 << doublings).min(LONGEST_WAIT.as_millis());
    let jitter = longest / 4 * u64::from(u16::from_be_bytes(random)) / u64::from(u16::MAX);
    Span::from_millis(longest - jitter).max(asked.unwrap_or(Span::ZERO))
}
