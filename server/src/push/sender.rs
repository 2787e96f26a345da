//! Carries wake-ups from the outbox to push services.
//!
//! A run claims what is due, sends it, and notes what came of it. A crash in between sends a push twice, which wakes a
//! device twice and says no more. Nothing of a subscription is ever logged.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::{StreamExt, stream};
use hkdf::Hkdf;
use jiff::fmt::rfc2822;
use reqwest::{
    Client, StatusCode,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect::Policy,
};
use sha2::Sha256;
use sync_core::{
    id::DeviceId,
    instant::{Instant, Span},
};
use thiserror::Error;
use tokio::sync::Notify;

use super::{Subscription, TimeToLive, address::PublicResolver, message::WakeUpText, vapid::Tokens};
use crate::{app::App, domain::decisions::wakeups, nouns::{Refusal, settings::Settings}, store::{self, StoreError, Urgency, outbox::Work}};

/// How long a worker has before another takes its work over: longer than any push takes.
const CLAIM: Span = Span::from_mins(2);
const TIMEOUT: Duration = Duration::from_secs(15);
/// How many pushes are under way at once.
const AT_ONCE: usize = 16;
const FIRST_WAIT: Span = Span::from_secs(30);
const LONGEST_WAIT: Span = Span::from_hours(1);
/// Topics change every day (RFC 8030 section 5.4 lets a newer message replace one of the same topic).
const TOPIC_FOR: Span = Span::from_hours(24);

/// What sending needs, opened once.
pub struct Push {
    client: Client,
    text: WakeUpText,
    contact: String,
    tokens: Tokens,
    nudged: Notify,
}

/// The client for push services cannot be made.
#[derive(Debug, Error)]
#[error("the client for push services cannot be made")]
pub struct NoClient;

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

/// What came of one push.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accepted,
    /// The device has no subscription, or its push service knows it no longer.
    NoSubscription,
    Gone,
    /// Our own mistake: it would be refused again.
    TooLarge,
    TooLate,
    /// Try again, not before this long where the push service says so.
    Again(Option<Span>),
}

impl Push {
    /// Makes the client: it follows no redirect, uses no proxy, and connects to public addresses only.
    ///
    /// # Errors
    /// [`NoClient`] when TLS cannot be set up.
    pub fn new(settings: &Settings) -> Result<Self, NoClient> {
        // Already installed in a server; a test may be the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(TIMEOUT)
            .https_only(!settings.allow_private_endpoints);
        let client =
            if settings.allow_private_endpoints { client } else { client.dns_resolver(PublicResolver) };
        Ok(Self {
            client: client.build().map_err(|_| NoClient)?,
            text: WakeUpText::new(&settings.public_url),
            contact: settings.push_contact.clone(),
            tokens: Tokens::default(),
            nudged: Notify::new(),
        })
    }

    /// Lets what has just been committed be sent at once; without it, it is sent within seconds.
    pub fn nudge(&self) {
        self.nudged.notify_one();
    }

    /// Waits for a nudge.
    pub async fn nudged(&self) {
        self.nudged.notified().await;
    }

    async fn deliver(&self, app: &App, subscription: &Subscription, work: &Work) -> Answer {
        let now = app.clock.now();
        let Ok(body) = self.text.encrypt_for(subscription) else { return Answer::Gone };
        let origin = subscription.endpoint.origin();
        let request = self
            .client
            .post(subscription.endpoint.expose().clone())
            .header(AUTHORIZATION, self.tokens.authorization(app.keys.vapid(), &origin, &self.contact, now))
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("TTL", TimeToLive::until(work.expires_at, now).as_secs())
            .header("Urgency", work.urgency.as_str())
            .header("Topic", topic(subscription, &work.urgency, now))
            .body(body);
        match request.send().await {
            // The body is not read: it says nothing that the status does not.
            Ok(response) => judge(response.status(), response.headers(), now),
            Err(error) => {
                // Its text would name the endpoint.
                tracing::warn!(
                    connect = error.is_connect(),
                    timeout = error.is_timeout(),
                    "a push was not sent"
                );
                Answer::Again(None)
            }
        }
    }
}

/// Sends up to `limit` wake-ups that are due.
///
/// # Errors
/// When the database fails. What push services do is never an error.
pub async fn run_once(app: &Arc<App>, limit: u32) -> Result<Sent, Refusal> {
    let now = app.clock.now();
    let works: Vec<Work> = app
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move { store::outbox::claim(tx, wakeups::KIND, now, now + CLAIM, limit).await })
        })
        .await
        .map_err(|error: StoreError| Refusal::from(error))?;
    let answers: Vec<Answered> =
        stream::iter(works).map(|work| answer(app, work)).buffer_unordered(AT_ONCE).collect().await;
    note(app, answers).await
}

/// A piece of work, what came of it, and by which of the device's keys.
struct Answered {
    work: Work,
    answer: Answer,
    p256dh: Option<[u8; 65]>,
}

async fn answer(app: &App, work: Work) -> Answered {
    if work.expires_at <= app.clock.now() {
        return Answered { work, answer: Answer::TooLate, p256dh: None };
    }
    match find(app, &work).await {
        Ok(Some(subscription)) => {
            let answer = app.push.deliver(app, &subscription, &work).await;
            Answered { work, answer, p256dh: Some(*subscription.p256dh()) }
        }
        Ok(None) => Answered { work, answer: Answer::NoSubscription, p256dh: None },
        Err(_) => Answered { work, answer: Answer::Again(None), p256dh: None },
    }
}

async fn find(app: &App, work: &Work) -> Result<Option<Subscription>, Refusal> {
    let mut tx = app.db.read().await?;
    wakeups::subscription(app, &mut tx, DeviceId::from_bytes(work.subject)).await
}

/// Writes all outcomes in one commit.
async fn note(app: &Arc<App>, answers: Vec<Answered>) -> Result<Sent, Refusal> {
    if answers.is_empty() {
        return Ok(Sent::default());
    }
    let work_app = Arc::clone(app);
    app.committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                let (now, mut sent) = (work_app.clock.now(), Sent::default());
                for Answered { work, answer, p256dh } in answers {
                    if let (Answer::Gone, Some(key)) = (answer, p256dh) {
                        let device = DeviceId::from_bytes(work.subject);
                        store::push_subscriptions::end_exactly(tx, device, &key, now).await?;
                    }
                    let outcome = match answer {
                        Answer::Accepted => {
                            sent.accepted += 1;
                            // A lease may outlast what the push service keeps: then it is told again.
                            let kept_until = TimeToLive::until(work.expires_at, now).ends_at(now);
                            if kept_until < work.expires_at {
                                store::outbox::put_off(tx, work.id, kept_until).await?;
                                continue;
                            }
                            "accepted"
                        }
                        Answer::NoSubscription => "no_subscription",
                        Answer::Gone => "gone",
                        Answer::TooLarge => "too_large",
                        Answer::TooLate => "too_late",
                        Answer::Again(asked) => {
                            let again_at = now + wait(work.attempts, work_app.entropy.bytes(), asked);
                            if again_at < work.expires_at {
                                store::outbox::put_off(tx, work.id, again_at).await?;
                                sent.put_off += 1;
                                continue;
                            }
                            "too_late"
                        }
                    };
                    store::outbox::finish(tx, work.id, now, outcome).await?;
                    sent.dropped += usize::from(answer != Answer::Accepted);
                }
                Ok(sent)
            })
        })
        .await
}

fn judge(status: StatusCode, headers: &HeaderMap, now: Instant) -> Answer {
    match status {
        status if status.is_success() => Answer::Accepted,
        StatusCode::NOT_FOUND | StatusCode::GONE => Answer::Gone,
        StatusCode::PAYLOAD_TOO_LARGE => {
            tracing::error!("a push service found our wake-up too large");
            Answer::TooLarge
        }
        status => {
            tracing::warn!(status = status.as_u16(), "a push service did not take a push");
            Answer::Again(retry_after(headers, now))
        }
    }
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Instant) -> Option<Span> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Span::from_secs(seconds));
    }
    let at = rfc2822::parse(text).ok()?.timestamp().as_millisecond();
    Some(Instant::from_millis(at).since(now))
}

/// Doubles with each attempt up to an hour, less up to a quarter by chance, so that many devices of one push service
/// that failed together do not come back together; never shorter than the push service asked for.
fn wait(attempts: i64, random: [u8; 2], asked: Option<Span>) -> Span {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    let longest = FIRST_WAIT.as_millis().saturating_mul(1 << doublings).min(LONGEST_WAIT.as_millis());
    let jitter = longest / 4 * u64::from(u16::from_be_bytes(random)) / u64::from(u16::MAX);
    Span::from_millis(longest - jitter).max(asked.unwrap_or(Span::ZERO))
}

/// Names the message at the push service, where a newer one replaces an older one of the same urgency that the device
/// has not fetched yet. Made from the secret that the device shares with us: it tells nothing, and changes every day.
///
/// One for each urgency: a reminder must not replace a revocation, whose time to live is longer.
fn topic(subscription: &Subscription, urgency: &str, now: Instant) -> String {
    let day = now.as_millis().div_euclid(i64::try_from(TOPIC_FOR.as_millis()).unwrap_or(i64::MAX));
    let derivation = Hkdf::<Sha256>::new(Some(b"refrain/push topic/v1"), subscription.auth());
    let mut topic = [0; 24];
    let info = [urgency.as_bytes(), &day.to_be_bytes()];
    // 24 bytes are far below what the derivation can give.
    let _ = derivation.expand_multi_info(&info, &mut topic);
    BASE64_URL_SAFE_NO_PAD.encode(topic)
}
