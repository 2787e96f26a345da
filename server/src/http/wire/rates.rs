//! How often one address may guess: a bucket of attempts that fills up again.
//!
//! Passwords and pairing codes have limits of their own, per person and per code; this one keeps a single address from
//! trying many of them. It counts by the app's clock, so that a test need not wait.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use sync_core::instant::{Instant, Span};

use super::addresses::Network;
use crate::{app::App, nouns::Refusal};

/// One attempt comes back in this time.
const REFILL: Span = Span::from_secs(6);
/// How many addresses are remembered before those with a full bucket are forgotten.
const REMEMBERED: usize = 10_000;

/// What addresses have tried, for one kind of guess.
pub struct Rates {
    app: Arc<App>,
    /// When each address's bucket is full again.
    full_at: Mutex<HashMap<IpAddr, Instant>>,
}

impl Rates {
    /// Starts with full buckets.
    #[must_use]
    pub fn new(app: Arc<App>) -> Arc<Self> {
        Arc::new(Self { app, full_at: Mutex::default() })
    }

    /// Takes one attempt out of an address's bucket.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] when it is empty.
    pub fn take(&self, Network(network): Network) -> Result<(), Refusal> {
        let now = self.app.ground.clock.now();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= REMEMBERED {
            full_at.retain(|_, full_at| *full_at > now);
        }
        if full_at.len() >= REMEMBERED {
            // A flood from everywhere. Codes and people keep their own limits; memory stays bounded.
            full_at.clear();
        }
        let full = full_at.entry(network).or_insert(now);
        let burst =
            REFILL.as_millis().saturating_mul(u64::from(self.app.ground.settings.attempts_per_address));
        // A clock that was set back leaves nobody waiting for as long as it was ahead.
        let wanted = (*full).max(now).min(now + Span::from_millis(burst)) + REFILL;
        let missing = wanted.since(now).as_millis();
        if missing > burst {
            let after_secs = u32::try_from((missing - burst).div_ceil(1_000)).unwrap_or(u32::MAX);
            return Err(Refusal::TooManyRequests { after_secs });
        }
        *full = wanted;
        Ok(())
    }
}

/// Lets a request through if its address has attempts left.
///
/// # Errors
/// [`Refusal::TooManyRequests`].
pub async fn limit(
    State(rates): State<Arc<Rates>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    rates.take(Network::of(&rates.app, peer, request.headers()))?;
    Ok(next.run(request).await)
}
