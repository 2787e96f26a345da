//! The cast: ids and keys that follow from small numbers, so that a seed alone repeats a schedule.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use anyhow::{Context, anyhow};
use hpke::{Kem, Serializable, kem::DhP256HkdfSha256};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use sha2::{Digest, Sha256};
use sync_core::{
    device::Identity,
    id::{ClipId, DeviceId, EntryId, PracticeId, RecordingId, ReleaseId},
    instant::Instant,
    lease::{VerifyingKey, kid_of},
};

/// When every story begins: a midnight.
pub const DAWN: Instant = Instant::from_millis(1_799_971_200_000);

/// Sixteen bytes that follow from a noun and what it is about.
#[must_use]
pub fn sixteen(noun: &str, about: &[&[u8]]) -> [u8; 16] {
    let mut digest = Sha256::new().chain_update(noun).chain_update([0]);
    for part in about {
        digest.update(part);
        digest.update([0xff]);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    bytes
}

macro_rules! cast {
    ($($(#[$doc:meta])* $name:ident $id:ident $noun:literal;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(practice: u16, n: u16) -> $id {
            $id::from_bytes(sixteen($noun, &[&practice.to_be_bytes(), &n.to_be_bytes()]))
        }
    )*};
}

cast! {
    /// A clip of a practice.
    clip ClipId "clip";
    /// What a clip was cut from.
    recording RecordingId "recording";
    /// A release.
    release ReleaseId "release";
    /// An entry.
    entry EntryId "entry";
    /// A client's device.
    phone DeviceId "phone";
    /// A therapist's device.
    desk DeviceId "desk";
}

/// A practice.
#[must_use]
pub fn practice(n: u16) -> PracticeId {
    PracticeId::from_bytes(sixteen("practice", &[&n.to_be_bytes()]))
}

/// What a practice signs with.
pub struct Authority {
    /// Its key.
    pub signing: SigningKey,
    /// The key's other half, which devices pin.
    pub verifying: VerifyingKey,
    /// Its name.
    pub kid: String,
}

/// What a client's device signs with and is sealed to.
pub struct DeviceKeys {
    /// Signs receipts.
    signing: SigningKey,
    /// The key that receipts are checked with.
    pub verifying: VerifyingKey,
    /// Opens batches.
    pub exchange: <DhP256HkdfSha256 as Kem>::PrivateKey,
    /// 65 bytes, an uncompressed point.
    pub exchange_public: [u8; 65],
    signed: Mutex<BTreeMap<[u8; 32], [u8; 64]>>,
}

/// How many signatures a device remembers.
const MAX_SIGNED: usize = 4_096;

impl DeviceKeys {
    /// Signs. The same message has the same signature (RFC 6979), so one that was made is given again.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut digest = [0; 32];
        digest.copy_from_slice(&Sha256::digest(message));
        let known = |signed: &Mutex<BTreeMap<_, _>>| {
            signed.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).copied()
        };
        if let Some(signature) = known(&self.signed) {
            return signature;
        }
        let signature: Signature = self.signing.sign(message);
        let signature = signature.to_bytes().into();
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if signed.len() == MAX_SIGNED {
            signed.clear();
        }
        signed.insert(digest, signature);
        signature
    }
}

/// Keys are made once for a process: ten thousand schedules share their people.
static AUTHORITIES: OnceLock<Mutex<BTreeMap<u16, Arc<Authority>>>> = OnceLock::new();
static DEVICES: OnceLock<Mutex<BTreeMap<DeviceId, Arc<DeviceKeys>>>> = OnceLock::new();

fn kept<K: Ord + Copy, V>(
    all: &OnceLock<Mutex<BTreeMap<K, Arc<V>>>>,
    key: K,
    make: impl FnOnce() -> anyhow::Result<V>,
) -> anyhow::Result<Arc<V>> {
    let mut all = all.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(&key) {
        return Ok(Arc::clone(known));
    }
    let made = Arc::new(make()?);
    all.insert(key, Arc::clone(&made));
    Ok(made)
}

fn signing_key(noun: &str, about: &[u8]) -> anyhow::Result<SigningKey> {
    let scalar = Sha256::new().chain_update(noun).chain_update(about).finalize();
    SigningKey::from_slice(&scalar).map_err(|_| anyhow!("a digest that is no scalar"))
}

/// The key of a practice.
///
/// # Errors
/// Never in practice: when a digest is no scalar.
pub fn authority(practice: u16) -> anyhow::Result<Arc<Authority>> {
    kept(&AUTHORITIES, practice, || {
        let signing = signing_key("authority", &practice.to_be_bytes())?;
        let verifying = *signing.verifying_key();
        let kid = kid_of(verifying.to_sec1_point(false).as_bytes());
        Ok(Authority { signing, verifying, kid })
    })
}

/// The keys of a client's device.
///
/// # Errors
/// Never in practice: when a digest is no scalar.
pub fn device_keys(device: DeviceId) -> anyhow::Result<Arc<DeviceKeys>> {
    kept(&DEVICES, device, || {
        let signing = signing_key("device", device.as_bytes())?;
        let verifying = *signing.verifying_key();
        let (exchange, public) = DhP256HkdfSha256::derive_keypair(device.as_bytes());
        let exchange_public = public.to_bytes().as_slice().try_into().context("a point has 65 bytes")?;
        Ok(DeviceKeys { signing, verifying, exchange, exchange_public, signed: Mutex::default() })
    })
}

/// Who a client's device is.
///
/// # Errors
/// Never in practice: when a digest is no scalar.
pub fn identity(practice: u16, device: DeviceId) -> anyhow::Result<Identity> {
    Ok(Identity {
        device,
        practice: self::practice(practice),
        exchange_key: device_keys(device)?.exchange_public,
        authority: authority(practice)?.verifying,
        rotations: 0,
    })
}
