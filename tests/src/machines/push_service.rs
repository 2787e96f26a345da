//! A push service (RFC 8030) on loopback, as strict as those of the browsers, that answers as it is
//! told.
//!
//! It checks every message: VAPID token (RFC 8292), TTL, Urgency, Topic, encoding and size. If it
//! would not take a message, that is a fault of the server under test and is kept. A test ends with
//! [`PushService::assert_clean`], which also fails on a message that no test looked at.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use refrain::nouns::clock::Clock;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};
use web_push_native::{
    Auth, decrypt,
    p256::{SecretKey, elliptic_curve::sec1::ToEncodedPoint},
};

/// The longest TTL that push services of browsers take: four weeks. They answer more with 400.
const LONGEST_TTL_SECS: u64 = 2_419_200;

/// How the service answers the pushes of one subscriber.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Answer {
    /// 201: taken.
    #[default]
    Created,
    /// 400: the message or its sender is not as it should be.
    BadRequest,
    /// 403: the sender's key is not the one that the subscription was made for.
    Forbidden,
    /// 404: no such subscription.
    NotFound,
    /// 410: the subscription has ended.
    Gone,
    /// 413: the message is too large.
    TooLarge,
    /// 429: not before so many seconds.
    TooMany {
        /// For `Retry-After`.
        after_secs: u64,
    },
    /// 500.
    Failing,
    /// 307 to another subscription of this service: a trap for whoever follows.
    Redirect,
    /// No answer at all.
    Silence,
}

/// A message that the service has taken, or was told to refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How long it is worth delivering, in seconds.
    pub ttl_secs: u64,
    /// `very-low`, `low`, `normal` or `high`.
    pub urgency: String,
    /// What a newer message of the same topic replaces.
    pub topic: String,
    /// The token that came with it.
    pub token: String,
    /// Encrypted for the subscriber.
    pub body: Vec<u8>,
}

/// One browser's subscription and its keys.
#[derive(Clone)]
pub struct Subscriber {
    id: usize,
    endpoint: String,
    secret: SecretKey,
    auth: [u8; 16],
}

/// The service; stops when it is dropped.
pub struct PushService {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    clock: Clock,
    origin: String,
    sender_key: Vec<u8>,
    arrived: Notify,
    state: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    subscribers: usize,
    answers: HashMap<usize, Answer>,
    messages: HashMap<usize, VecDeque<Message>>,
    faults: Vec<String>,
}

impl PushService {
    /// Starts a service on a port of its own that takes pushes signed with `sender_key` only.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(clock: Clock, sender_key: &[u8]) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            clock,
            origin: format!("http://{address}"),
            sender_key: sender_key.to_vec(),
            arrived: Notify::new(),
            state: Mutex::default(),
        });
        let routes = Router::new().route("/push/{id}", post(take)).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, shared, serving })
    }

    /// A new browser subscribes.
    ///
    /// # Panics
    /// Never: every scalar that is drawn here is a key.
    #[allow(clippy::expect_used, reason = "an actor of tests")]
    pub fn subscribe(&self) -> Subscriber {
        let id = {
            let mut book = self.shared.book();
            book.subscribers += 1;
            book.subscribers
        };
        // The first bytes differ from the order of the curve, so that any digits make a key.
        let mut scalar = [1; 32];
        scalar[1..17].copy_from_slice(&rand::random::<[u8; 16]>());
        let secret = SecretKey::from_slice(&scalar).expect("below the order of the curve");
        let endpoint = format!("http://{}/push/{id}", self.address);
        Subscriber { id, endpoint, secret, auth: rand::random() }
    }

    /// Answers this subscriber's pushes so from now on.
    pub fn answer(&self, subscriber: &Subscriber, answer: Answer) {
        self.shared.book().answers.insert(subscriber.id, answer);
    }

    /// Waits for the next message for a subscriber.
    pub async fn next(&self, subscriber: &Subscriber) -> Message {
        loop {
            let arrived = self.shared.arrived.notified();
            if let Some(message) = self.try_next(subscriber) {
                return message;
            }
            arrived.await;
        }
    }

    /// The next message for a subscriber that is here already.
    pub fn try_next(&self, subscriber: &Subscriber) -> Option<Message> {
        self.shared.book().messages.get_mut(&subscriber.id)?.pop_front()
    }

    /// What the server did that no push service would take.
    pub fn faults(&self) -> Vec<String> {
        self.shared.book().faults.clone()
    }

    /// Ends a test.
    ///
    /// # Panics
    /// When there were faults, or a message was left that nobody looked at.
    pub fn assert_clean(&self) {
        let book = self.shared.book();
        assert!(book.faults.is_empty(), "{:?}", book.faults);
        let left: usize = book.messages.values().map(VecDeque::len).sum();
        assert_eq!(left, 0, "pushes that nobody looked at");
    }
}

impl Drop for PushService {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Subscriber {
    /// `PushSubscription.toJSON()`.
    pub fn to_json(&self) -> Value {
        let keys = json!({ "p256dh": BASE64.encode(self.p256dh()), "auth": BASE64.encode(self.auth) });
        json!({ "endpoint": self.endpoint, "expirationTime": null, "keys": keys })
    }

    /// The URL that pushes go to.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The public key: 65 bytes.
    pub fn p256dh(&self) -> Vec<u8> {
        self.secret.public_key().to_encoded_point(false).as_bytes().to_vec()
    }

    /// The shared secret.
    pub const fn auth(&self) -> &[u8; 16] {
        &self.auth
    }

    /// The private key: 32 bytes, for another implementation to read with.
    pub fn private_key(&self) -> Vec<u8> {
        self.secret.to_bytes().to_vec()
    }

    /// Reads a message as the browser does.
    ///
    /// # Errors
    /// When it was not encrypted for this subscriber.
    pub fn decrypt(&self, message: &Message) -> anyhow::Result<Vec<u8>> {
        decrypt(message.body.clone(), &self.secret, &Auth::from(self.auth))
            .map_err(|_| anyhow::anyhow!("not encrypted for this subscriber"))
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every push service asks of a push.
    fn check(&self, headers: &HeaderMap, body: &[u8]) -> anyhow::Result<Message> {
        let text = |name: &str| {
            let value = headers.get(name).with_context(|| format!("no {name}"))?;
            value.to_str().with_context(|| format!("{name} is no text"))
        };
        let token = text("authorization")?;
        self.check_token(token)?;
        let ttl_secs = text("ttl")?.parse().context("TTL is no number of seconds")?;
        ensure!(ttl_secs <= LONGEST_TTL_SECS, "TTL: {ttl_secs}");
        let urgency = text("urgency")?;
        ensure!(["very-low", "low", "normal", "high"].contains(&urgency), "Urgency: {urgency}");
        let topic = text("topic")?;
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        ensure!((1..=32).contains(&topic.len()) && topic.bytes().all(known), "Topic: {topic}");
        ensure!(text("content-encoding")? == "aes128gcm", "Content-Encoding");
        ensure!(body.len() <= 4_096, "the message has {} bytes", body.len());
        Ok(Message {
            ttl_secs,
            urgency: urgency.to_owned(),
            topic: topic.to_owned(),
            token: token.to_owned(),
            body: body.to_vec(),
        })
    }

    /// RFC 8292 sections 2 and 3.
    fn check_token(&self, header: &str) -> anyhow::Result<()> {
        let parameters = header.strip_prefix("vapid ").context("no VAPID token")?;
        let parameter = |name: &str| parameters.split(',').find_map(|part| part.trim().strip_prefix(name));
        let (token, key) = (parameter("t=").context("no t")?, parameter("k=").context("no k")?);
        let key = BASE64.decode(key)?;
        ensure!(key == self.sender_key, "the token is signed by another than subscribers named");
        let (signed, signature) = token.rsplit_once('.').context("the token has no signature")?;
        let signature = Signature::from_slice(&BASE64.decode(signature)?)?;
        VerifyingKey::from_sec1_bytes(&key)?.verify(signed.as_bytes(), &signature)?;
        let (head, claims) = signed.split_once('.').context("the token has no claims")?;
        let head: Value = serde_json::from_slice(&BASE64.decode(head)?)?;
        ensure!(head["alg"] == "ES256", "alg: {head}");
        let claims: Value = serde_json::from_slice(&BASE64.decode(claims)?)?;
        ensure!(claims["aud"] == self.origin.as_str(), "aud: {claims}");
        let left = claims["exp"].as_i64().context("no exp")? - self.clock.now().as_millis() / 1_000;
        ensure!((1..=24 * 3_600).contains(&left), "exp is {left} s away");
        let contact = claims["sub"].as_str().context("no sub")?;
        ensure!(contact.starts_with("mailto:") || contact.starts_with("https:"), "sub: {contact}");
        Ok(())
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<usize>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let checked = shared.check(&headers, &body);
    let answer = {
        let mut book = shared.book();
        match checked {
            Ok(message) => book.messages.entry(id).or_default().push_back(message),
            Err(fault) => {
                book.faults.push(format!("{fault:#}"));
                return StatusCode::BAD_REQUEST.into_response();
            }
        }
        book.answers.get(&id).copied().unwrap_or_default()
    };
    shared.arrived.notify_waiters();
    match answer {
        Answer::Created => StatusCode::CREATED.into_response(),
        Answer::BadRequest => StatusCode::BAD_REQUEST.into_response(),
        Answer::Forbidden => StatusCode::FORBIDDEN.into_response(),
        Answer::NotFound => StatusCode::NOT_FOUND.into_response(),
        Answer::Gone => StatusCode::GONE.into_response(),
        Answer::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Answer::TooMany { after_secs } => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, after_secs.to_string())]).into_response()
        }
        Answer::Failing => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Answer::Redirect => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/push/0".to_owned())]).into_response()
        }
        Answer::Silence => std::future::pending().await,
    }
}
