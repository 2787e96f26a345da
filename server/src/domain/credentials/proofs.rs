//! Proofs: a device shows with each request that it has the key with which it was paired.
//!
//! Its token says which device calls, and opens nothing by itself: a copied file, an extension or a
//! log that has it cannot ask in the device's name. The signature is over the request and over a
//! challenge that this server has made (`http::wire::signature` reads it), so that a request from
//! yesterday is good for nothing.
//!
//! Devices of the release before do not sign. One that has signed once must sign for ever.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use sync_core::{id::DeviceId, instant::Instant};

use crate::{
    ground::Ground,
    nouns::Refusal,
    store::{self, StoreError, Urgency},
    turns::Payer,
};

/// How much of a challenge's tag is sent: 128 bits.
const TAG: usize = 16;

/// What a request shows.
#[derive(Clone)]
pub struct Proof {
    /// What was signed.
    pub message: Vec<u8>,
    /// `r ‖ s`.
    pub signature: [u8; 64],
    /// The challenge, as it was sent.
    pub challenge: String,
}

/// The key that a device has to show.
pub(super) struct Signer {
    /// Which device.
    pub device: DeviceId,
    /// Its public key, 65 bytes.
    pub key: Vec<u8>,
    /// Since when it signs.
    pub signs_since: Option<Instant>,
}

/// A challenge for a token: to be signed within [`GOOD_FOR`](crate::turns::GOOD_FOR).
#[must_use]
pub fn challenge(ground: &Ground, token: &[u8; 32]) -> String {
    let made_at = ground.clock.now().as_millis().to_be_bytes();
    BASE64.encode([made_at.as_slice(), &tag(ground, token, made_at)].concat())
}

/// Checks what a request of a device shows. Gives the instant after which it was signed; none for one of the release
/// before.
///
/// # Errors
/// [`Refusal::SignatureMissing`] if the device signs and this request is not signed; [`Refusal::ChallengeStale`] if it is
/// to be signed again; [`Refusal::SignatureInvalid`].
pub(super) async fn check(
    ground: &Ground,
    token: &[u8; 32],
    payer: Payer,
    signer: Signer,
    proof: Option<Proof>,
) -> Result<Option<Instant>, Refusal> {
    let Some(proof) = proof else {
        return if signer.signs_since.is_some() { Err(Refusal::SignatureMissing) } else { Ok(None) };
    };
    let now = ground.clock.now();
    let made_at = made_at(ground, token, &proof.challenge).ok_or(Refusal::ChallengeStale)?;
    if !ground.once.is_good(made_at, now) {
        return Err(Refusal::ChallengeStale);
    }
    let digest = Sha256::digest(&proof.message);
    let key = VerifyingKey::from_sec1_bytes(&signer.key).map_err(|_| Refusal::Unavailable)?;
    let signature = Signature::from_slice(&proof.signature).map_err(|_| Refusal::SignatureInvalid)?;
    let check = move || key.verify(&proof.message, &signature).is_ok();
    if !ground.proofs.work(payer, check).await? {
        return Err(Refusal::SignatureInvalid);
    }
    let digest = *digest.first_chunk().ok_or(Refusal::Unavailable)?;
    ground.once.take(signer.device, digest, made_at, now)?;
    if signer.signs_since.is_none() {
        let device = signer.device;
        let noted = ground.committer.commit::<_, StoreError, _>(Urgency::Grant.by(payer), move |tx| {
            Box::pin(async move { store::devices::note_signs(tx, device, now).await })
        });
        noted.await?;
    }
    Ok(Some(made_at))
}

/// When a challenge was made; none for one that was not made here, for this token.
fn made_at(ground: &Ground, token: &[u8; 32], challenge: &str) -> Option<Instant> {
    let bytes: [u8; 8 + TAG] = BASE64.decode(challenge).ok()?.try_into().ok()?;
    let (made_at, shown) = bytes.split_first_chunk::<8>()?;
    let is_ours = bool::from(tag(ground, token, *made_at).as_slice().ct_eq(shown));
    is_ours.then(|| Instant::from_millis(i64::from_be_bytes(*made_at)))
}

fn tag(ground: &Ground, token: &[u8; 32], made_at: [u8; 8]) -> [u8; TAG] {
    let mut tag = [0; TAG];
    tag.iter_mut().zip(ground.keys.challenge_tag(token, &made_at)).for_each(|(to, from)| *to = from);
    tag
}
