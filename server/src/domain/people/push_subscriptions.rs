//! Where a client's device can be woken.

use sha2::{Digest, Sha256};
use sync_core::id::{DeviceId, PracticeId};
use zeroize::Zeroizing;

use crate::{
    domain::records::hourly::{self, Counted},
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller},
    push::{Endpoint, EndpointNotAllowed, Subscription},
    store::{self, StoreError, Tx, Urgency, push_subscriptions::PushSubscription},
};

/// What a browser's `PushSubscription` has, as it was sent.
pub struct NewSubscription {
    /// The push service's URL for this device.
    pub endpoint: Zeroizing<String>,
    /// Its public key.
    pub p256dh: Vec<u8>,
    /// Its secret.
    pub auth: Zeroizing<Vec<u8>>,
}

/// The key that push services know the server by (RFC 8292): 65 bytes, uncompressed P-256.
#[must_use]
pub fn public_key(ground: &Ground) -> Vec<u8> {
    ground.keys.vapid().public_key().to_vec()
}

/// Which push key the server has: what a subscription is kept with.
fn key_hash(ground: &Ground) -> [u8; 32] {
    Sha256::digest(ground.keys.vapid().public_key()).into()
}

/// Finds at a start which devices cannot be woken because they subscribed under another push key; `is_new` where the
/// server's was made just now.
///
/// # Errors
/// When the database fails.
pub async fn note_push_key(ground: &Ground, is_new: bool) -> Result<(), StoreError> {
    ground
        .commit(Urgency::Grant, move |ground, tx| {
            Box::pin(async move {
                let now = ground.clock.now();
                store::push_subscriptions::note_push_key(tx, &key_hash(ground), is_new, now).await
            })
        })
        .await
}

/// Takes where a device can be woken; it replaces what was taken before.
///
/// # Errors
/// [`Refusal::DeviceRemoved`]; [`Refusal::EndpointNotAllowed`] for endpoints in private networks and keys that are none;
/// [`Refusal::TooManyRequests`].
pub async fn subscribe(
    ground: &Ground,
    caller: CompanionCaller,
    new: NewSubscription,
) -> Result<(), Refusal> {
    if caller.removed {
        return Err(Refusal::DeviceRemoved);
    }
    let endpoint = Endpoint::parse(&new.endpoint, ground.settings.allow_private_endpoints)?;
    Subscription::new(endpoint, &new.p256dh, &new.auth)?;
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let now = ground.clock.now();
                hourly::count(tx, caller.device.as_bytes(), Counted::Subscription, now).await?;
                let key = ground.keys.practice(tx, caller.practice).await?;
                let sealed = PushSubscription {
                    endpoint_sealed: key.seal(&endpoint_context(caller.device), new.endpoint.as_bytes()),
                    p256dh: new.p256dh,
                    auth_sealed: key.seal(&auth_context(caller.device), &new.auth),
                };
                Ok(store::push_subscriptions::put(tx, caller.device, &sealed, &key_hash(ground), now).await?)
            })
        })
        .await
}

/// Forgets where a device can be woken. Nothing happens when that is not known.
///
/// # Errors
/// When the database fails.
pub async fn unsubscribe(ground: &Ground, caller: CompanionCaller) -> Result<(), Refusal> {
    let now = ground.clock.now();
    ground
        .committer
        .commit(Urgency::Restriction.by(caller), move |tx| {
            Box::pin(async move { Ok(store::push_subscriptions::end(tx, caller.device, now).await?) })
        })
        .await
}

/// Opens a device's subscription; `None` when there is none that can be used.
///
/// # Errors
/// When the database or the practice's key fails.
pub async fn subscription(
    ground: &Ground,
    tx: &mut Tx,
    device: DeviceId,
) -> Result<Option<Subscription>, Refusal> {
    let Some(sealed) = store::push_subscriptions::of_device(tx, device).await? else { return Ok(None) };
    let Some(practice) = practice_of(tx, device).await? else { return Ok(None) };
    let key = ground.keys.practice(tx, practice).await?;
    let endpoint = Zeroizing::new(key.open(&endpoint_context(device), &sealed.endpoint_sealed)?);
    let auth = Zeroizing::new(key.open(&auth_context(device), &sealed.auth_sealed)?);
    // Judged again: what was allowed when it was taken may be configured otherwise now.
    let endpoint = std::str::from_utf8(&endpoint)
        .ok()
        .and_then(|text| Endpoint::parse(text, ground.settings.allow_private_endpoints).ok());
    Ok(endpoint.and_then(|endpoint| Subscription::new(endpoint, &sealed.p256dh, &auth).ok()))
}

async fn practice_of(tx: &mut Tx, device: DeviceId) -> Result<Option<PracticeId>, StoreError> {
    Ok(store::devices::by_id(tx, device).await?.map(|device| device.practice))
}

pub(in crate::domain) fn endpoint_context(device: DeviceId) -> String {
    format!("push_subscription.endpoint_sealed/{device}")
}

pub(in crate::domain) fn auth_context(device: DeviceId) -> String {
    format!("push_subscription.auth_sealed/{device}")
}

impl From<EndpointNotAllowed> for Refusal {
    fn from(_: EndpointNotAllowed) -> Self {
        Self::EndpointNotAllowed
    }
}
