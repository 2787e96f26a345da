//! A bystander: a therapist who pauses clips, a phone that asks for leases, an operator who asks if
//! the server is ready, while others do their worst. It measures the time that each of them waits.
//!
//! Each request has a connection of its own, for a bystander may come at any time.

use std::time::Duration;

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::id::ClientId;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::{Companion, Therapist, api::Api};

/// Longer than any bound: what takes as long is counted as this.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long a bystander rests between two requests.
const REST: Duration = Duration::from_millis(50);

/// A therapist and a phone whom no attack concerns.
pub struct Bystander {
    therapist: Api,
    phone: Api,
    client: ClientId,
}

/// How long the requests of bystanders took, one kind each.
#[derive(Debug, Default, Clone)]
pub struct Waits {
    /// A therapist's pause.
    pub pause: Vec<Duration>,
    /// A phone's question for leases.
    pub lease: Vec<Duration>,
    /// Whether the server is ready.
    pub ready: Vec<Duration>,
}

impl Bystander {
    /// A therapist with a client of hers, and the client's phone.
    ///
    /// # Errors
    /// When an HTTP client cannot be made.
    pub fn new(therapist: &Therapist, client: ClientId, phone: &Companion) -> anyhow::Result<Self> {
        let alone = |api: &Api| api.with_connections_of_its_own();
        Ok(Self { therapist: alone(therapist.api())?, phone: alone(phone.api())?, client })
    }

    /// The same at another address: after the server has started again.
    #[must_use]
    pub fn toward(&self, server: &Api) -> Self {
        let (therapist, phone) = (self.therapist.toward(server), self.phone.toward(server));
        Self { therapist, phone, client: self.client }
    }

    /// Goes on with all three until the work is done; gives what the work gives, and how long they waited.
    ///
    /// # Errors
    /// When the work fails, or a bystander is refused.
    pub async fn beside<T>(
        &self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<(T, Waits)> {
        let (done, is_done) = watch::channel(false);
        let work = async {
            let worked = work.await;
            done.send_replace(true);
            worked
        };
        let holds = format!("/v1/clients/{}/holds", self.client);
        let question = || {
            // The same step each time, beyond those that its phone has told: as if no answer came.
            let step = json!({ "n": 1_u64 << 40, "after": BASE64.encode([0; 32]) });
            json!({ "nonce": BASE64.encode(rand::random::<[u8; 32]>()), "step": step, "holding": [] })
        };
        let (worked, pause, lease, ready) = tokio::join!(
            work,
            repeat(is_done.clone(), || ask(&self.therapist, Method::POST, &holds, Some(json!({})))),
            repeat(is_done.clone(), || ask(&self.phone, Method::POST, "/v1/device/leases", Some(question()))),
            repeat(is_done.clone(), || ask(&self.phone, Method::GET, "/readyz", None)),
        );
        let waits = Waits {
            pause: pause.context("pause")?,
            lease: lease.context("lease")?,
            ready: ready.context("readyz")?,
        };
        Ok((worked?, waits))
    }
}

/// Does something again and again until the other work is done, once at least.
async fn repeat<F>(
    is_done: watch::Receiver<bool>,
    mut once: impl FnMut() -> F,
) -> anyhow::Result<Vec<Duration>>
where
    F: Future<Output = anyhow::Result<Duration>>,
{
    let mut took = Vec::new();
    while took.is_empty() || !*is_done.borrow() {
        took.push(once().await?);
        sleep(REST).await;
    }
    Ok(took)
}

async fn ask(api: &Api, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let request = api.request(method, path);
    let request = if let Some(body) = body { request.json(&body) } else { request };
    match timeout(PATIENCE, api.ask(request)).await {
        Err(_) => Ok(PATIENCE),
        Ok(answer) => {
            let answer = answer?;
            let status = answer.status();
            let body = answer.bytes().await?;
            ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
            Ok(began.elapsed())
        }
    }
}

/// The middle one, the one that nineteen of twenty are not above, and the longest.
#[must_use]
pub fn quantiles(took: &[Duration]) -> [Duration; 3] {
    let mut took = took.to_vec();
    took.sort_unstable();
    let at = |share: usize| took.get((took.len() * share / 100).min(took.len().saturating_sub(1)));
    [50, 95, 100].map(|share| at(share).copied().unwrap_or_default())
}
