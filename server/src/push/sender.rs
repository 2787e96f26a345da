//! Delivers one message to a push service, and reads its answer. Nothing of a subscription is ever logged.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use jiff::fmt::rfc2822;
use reqwest::{
    Client, StatusCode,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect::Policy,
};
use sha2::Sha256;
use sync_core::instant::{Instant, Span};
use thiserror::Error;

use super::{
    Subscription, TimeToLive, address::PublicResolver, message::WakeUpText, origins::Origins, vapid::Tokens,
};
use crate::{keys::VapidKey, nouns::settings::Settings};

const TIMEOUT: Duration = Duration::from_secs(15);
/// Topics change every day (RFC 8030 section 5.4 lets a newer message replace one of the same topic).
const TOPIC_FOR: Span = Span::from_hours(24);

/// What sending needs, opened once.
pub struct Push {
    client: Client,
    text: WakeUpText,
    contact: String,
    tokens: Tokens,
    origins: Origins,
}

/// The client for push services cannot be made.
#[derive(Debug, Error)]
#[error("the client for push services cannot be made")]
pub struct NoClient;

/// A message to a device. All of them say the same.
pub struct Message<'a> {
    /// The `Urgency` header (RFC 8030 section 5.3).
    pub urgency: &'a str,
    /// When it is worth nothing any more.
    pub expires_at: Instant,
}

/// The answer of a push service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Taken, which proves nothing about the device.
    Accepted,
    /// The push service knows the subscription no longer.
    Gone,
    /// Our own mistake: it would be refused again.
    TooLarge,
    /// Refused for a reason that lies in the subscription or in the push key (400, 401, 403). It may pass, and mostly does not.
    Refused(Option<Span>),
    /// Try again, not before this long if the push service says so.
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
            text: WakeUpText::new(&settings.public_url, settings.language),
            contact: settings.push_contact.clone(),
            tokens: Tokens::default(),
            origins: Origins::default(),
        })
    }

    /// Sends one message.
    pub async fn deliver(
        &self,
        key: &VapidKey,
        subscription: &Subscription,
        message: &Message<'_>,
        now: Instant,
    ) -> Answer {
        let Ok(body) = self.text.encrypt_for(subscription) else { return Answer::Gone };
        let origin = subscription.endpoint.origin();
        let service = self.origins.of(&origin);
        let _place = match service.enter().await {
            Ok(place) => place,
            Err(left) => return Answer::Again(Some(Span::from_secs(left.as_secs()))),
        };
        let request = self
            .client
            .post(subscription.endpoint.expose().clone())
            .header(AUTHORIZATION, self.tokens.authorization(key, &origin, &self.contact, now))
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("TTL", TimeToLive::until(message.expires_at, now).as_secs())
            .header("Urgency", message.urgency)
            .header("Topic", topic(subscription, message.urgency, now))
            .body(body);
        let sent = request.send().await;
        service.note(sent.is_ok());
        match sent {
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
            let after = retry_after(headers, now);
            match status {
                StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    Answer::Refused(after)
                }
                _ => Answer::Again(after),
            }
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
