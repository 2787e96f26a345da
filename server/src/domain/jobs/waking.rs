//! Wakes devices: takes wake-ups from the outbox, sends them, and notes each outcome.
//!
//! A crash between sending and noting sends a push twice. That wakes a device twice and says no more.
//!
//! A person's devices get so many pushes in an hour and no more: a phone names an address of its choice, and the server must
//! not be the one that floods it. Beyond that, what is new waits for the next hour. A revocation is still sent, once to each
//! device.

use futures_util::{StreamExt, stream};
use sync_core::{
    id::DeviceId,
    instant::{Instant, Span},
};

use crate::{
    domain::{people::push_subscriptions, records::wake_ups},
    ground::Ground,
    nouns::Refusal,
    push::{
        Push, Subscription, TimeToLive,
        sender::{Answer, Message},
    },
    store::{self, StoreError, Tx, Urgency, devices::Person, outbox::Work},
};

/// How long a worker has before another takes its work over: longer than any push takes.
const CLAIM: Span = Span::from_mins(2);

/// How many pushes are under way at once, at most: each push service has few of them at a time, and one that is silent is soon
/// left alone.
pub const AT_ONCE: usize = 2_048;

/// How many pushes the devices of a person get in an hour.
pub const PUSHES_AN_HOUR: i64 = 60;
/// The words under which they are counted: of a person, and of a device beyond its person's.
const PUSHES: &str = "push";
const LATE_PUSHES: &str = "late_push";

const FIRST_WAIT: Span = Span::from_secs(30);

const LONGEST_WAIT: Span = Span::from_hours(1);
/// A revocation is tried again sooner.
const LONGEST_WAIT_OF_URGENT: Span = Span::from_mins(5);

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

/// Sends up to `limit` wake-ups that are due, and waits for the answer to each.
///
/// # Errors
/// When the database fails. What push services do is never an error.
pub async fn run_once(ground: &Ground, push: &Push, limit: u32) -> Result<Sent, Refusal> {
    let Claimed { works, put_off } = claim_due(ground, limit).await?;
    let answers: Vec<Answered> =
        stream::iter(works).map(|work| answer(ground, push, work)).buffer_unordered(AT_ONCE).collect().await;
    let sent = note(ground, answers).await?;
    Ok(Sent { put_off: sent.put_off + put_off, ..sent })
}

/// Wake-ups that were taken up to be sent, and how many have to wait for the next hour.
pub struct Claimed {
    /// To be given to [`answer`], each.
    pub works: Vec<Work>,
    put_off: usize,
}

/// Takes up wake-ups that are due, the most urgent first.
///
/// # Errors
/// When the database fails.
pub async fn claim_due(ground: &Ground, limit: u32) -> Result<Claimed, Refusal> {
    let now = ground.clock.now();
    let claimed: Result<_, StoreError> = ground
        .committer
        .commit(Urgency::Grant, move |tx| Box::pin(async move { claim(tx, now, limit).await }))
        .await;
    let (works, put_off) = claimed?;
    Ok(Claimed { works, put_off })
}

/// Takes what is due and may be sent in this hour; gives how many wait for the next one, too.
async fn claim(tx: &mut Tx, now: Instant, limit: u32) -> Result<(Vec<Work>, usize), StoreError> {
    let mut claimed = Vec::new();
    for work in store::outbox::claim(tx, wake_ups::KIND, now, now + CLAIM, limit).await? {
        claimed.push((payer(tx, &work, now).await?, work));
    }
    // In one order: two servers that count for the same people must not wait for one another.
    claimed.sort_by_key(|(person, work)| (*person, work.subject));
    let (mut works, mut put_off) = (Vec::with_capacity(claimed.len()), 0);
    for (person, work) in claimed {
        let may_go = match person {
            Some(person) => may_send(tx, &person, &work, now).await?,
            None => true,
        };
        if may_go {
            works.push(work);
        } else {
            store::outbox::put_off(tx, work.id, store::hourly::next(now)).await?;
            put_off += 1;
        }
    }
    Ok((works, put_off))
}

/// Whose pushes it counts among; none if nothing will be sent.
async fn payer(tx: &mut Tx, work: &Work, now: Instant) -> Result<Option<[u8; 16]>, StoreError> {
    let device = DeviceId::from_bytes(work.subject);
    if work.expires_at <= now || store::push_subscriptions::of_device(tx, device).await?.is_none() {
        return Ok(None);
    }
    Ok(store::devices::by_id(tx, device).await?.map(|found| match found.person {
        Person::Client(client) => *client.as_bytes(),
        Person::Staff(staff) => *staff.as_bytes(),
    }))
}

/// Whether a push fits what its person gets in an hour.
async fn may_send(tx: &mut Tx, person: &[u8; 16], work: &Work, now: Instant) -> Result<bool, StoreError> {
    if store::hourly::count(tx, person, PUSHES, now).await? <= PUSHES_AN_HOUR {
        return Ok(true);
    }
    Ok(work.is_urgent() && store::hourly::count(tx, &work.subject, LATE_PUSHES, now).await? <= 1)
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
pub struct Answered {
    work: Work,
    outcome: Outcome,
    p256dh: Option<[u8; 65]>,
}

/// Sends a wake-up, and waits for the answer.
pub async fn answer(ground: &Ground, push: &Push, work: Work) -> Answered {
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

/// Writes outcomes in one commit.
///
/// # Errors
/// When the database fails: then they are sent again when their claim has ended.
pub async fn note(ground: &Ground, mut answers: Vec<Answered>) -> Result<Sent, Refusal> {
    if answers.is_empty() {
        return Ok(Sent::default());
    }
    // In the order in which decisions leave them: neither waits for the other with half of them locked.
    answers.sort_by_key(|answered| answered.work.subject);
    ground
        .commit(Urgency::Grant, move |ground, tx| {
            Box::pin(async move {
                let (now, mut sent) = (ground.clock.now(), Sent::default());
                for Answered { work, outcome, p256dh } in answers {
                    if let (Outcome::Answered(answer), Some(key)) = (&outcome, p256dh) {
                        note_subscription(tx, DeviceId::from_bytes(work.subject), *answer, &key, now).await?;
                    }
                    let again_at = match outcome {
                        Outcome::Answered(Answer::Accepted) => {
                            sent.accepted += 1;
                            // A lease may outlast what the push service keeps: then it is told again.
                            let kept_until = TimeToLive::until(work.expires_at, now).ends_at(now);
                            if kept_until < work.expires_at {
                                store::outbox::put_off(tx, work.id, kept_until).await?;
                            } else {
                                store::outbox::finish(tx, work.id).await?;
                            }
                            continue;
                        }
                        Outcome::Answered(Answer::Again(asked) | Answer::Refused(asked)) => {
                            Some(now + wait(&work, ground.entropy.bytes(), asked))
                        }
                        Outcome::Answered(Answer::Gone | Answer::TooLarge)
                        | Outcome::NoSubscription
                        | Outcome::TooLate => None,
                    };
                    match again_at.filter(|at| *at < work.expires_at) {
                        Some(at) => {
                            store::outbox::put_off(tx, work.id, at).await?;
                            sent.put_off += 1;
                        }
                        None => {
                            store::outbox::finish(tx, work.id).await?;
                            sent.dropped += 1;
                        }
                    }
                }
                Ok(sent)
            })
        })
        .await
}

/// What an answer says about the subscription that was used.
async fn note_subscription(
    tx: &mut Tx,
    device: DeviceId,
    answer: Answer,
    key: &[u8; 65],
    now: Instant,
) -> Result<(), StoreError> {
    match answer {
        Answer::Gone => store::push_subscriptions::end_exactly(tx, device, key, now).await,
        Answer::Refused(_) => store::push_subscriptions::note_refused(tx, device, key, true, now).await,
        Answer::Accepted => store::push_subscriptions::note_refused(tx, device, key, false, now).await,
        Answer::TooLarge | Answer::Again(_) => Ok(()),
    }
}

/// Doubles with each attempt up to an hour, or to five minutes for what takes away, less up to a quarter by chance, so that many devices of one push service
/// that failed together do not come back together; never shorter than the push service asked for.
fn wait(work: &Work, random: [u8; 2], asked: Option<Span>) -> Span {
    let doublings = u32::try_from(work.attempts.clamp(1, 16) - 1).unwrap_or(0);
    let longest = if work.is_urgent() { LONGEST_WAIT_OF_URGENT } else { LONGEST_WAIT };
    let longest = FIRST_WAIT.as_millis().saturating_mul(1 << doublings).min(longest.as_millis());
    let jitter = longest / 4 * u64::from(u16::from_be_bytes(random)) / u64::from(u16::MAX);
    Span::from_millis(longest - jitter).max(asked.unwrap_or(Span::ZERO))
}
