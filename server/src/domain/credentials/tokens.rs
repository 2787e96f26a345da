//! Bearer tokens: 256 random bits, of which the server keeps only the SHA-256.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use sync_core::{
    id::StaffId,
    instant::{Instant, Span},
    lease::LONGEST,
};
use zeroize::Zeroizing;

use super::proofs::{self, Proof, Signer};
use crate::{
    ground::Ground,
    nouns::{
        Refusal,
        callers::{CompanionCaller, ConsoleCaller, DeviceCaller, StaffCaller},
    },
    store::{
        self, StoreError,
        tokens::{TokenDevice, TokenKind, TokenStaff},
    },
    turns::Payer,
};

/// How long after its last lease a removed phone is still heard.
const GRACE: Span = Span::from_days(7);

/// A token as its holder has it. Has no `Debug`, so that it cannot reach a log.
pub struct BearerToken(Zeroizing<String>);

impl BearerToken {
    /// Makes a token of 32 random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(random)))
    }

    /// Takes what a caller sent; anything may be tried, only a known token is found.
    #[must_use]
    pub fn sent(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// What the holder sends: 43 characters of base64url.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the server keeps. No salt: 256 random bits cannot be guessed ahead.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// Whom a token stands for.
#[derive(Debug, Clone, Copy)]
pub enum Caller {
    /// A signed-in member of staff.
    Staff(StaffCaller),
    /// A paired device.
    Device(DeviceCaller),
}

impl Caller {
    /// Whether it is a device.
    #[must_use]
    pub const fn is_device(self) -> bool {
        matches!(self, Self::Device(_))
    }

    /// Which member of staff it is, if it is one.
    #[must_use]
    pub const fn staff(self) -> Option<StaffId> {
        match self {
            Self::Staff(caller) => Some(caller.staff),
            Self::Device(DeviceCaller::Console(caller)) => Some(caller.staff),
            Self::Device(DeviceCaller::Companion(_)) => None,
        }
    }
}

impl From<Caller> for Payer {
    fn from(caller: Caller) -> Self {
        match caller {
            Caller::Staff(staff) => staff.into(),
            Caller::Device(device) => device.into(),
        }
    }
}

/// Finds out who sends the token with this hash, and checks what a device shows with it.
///
/// # Errors
/// [`Refusal::Unauthenticated`] when it is unknown, ended or past its time, and for tickets, which open sockets only;
/// what the [`Proof`] lacks.
pub async fn authenticate(
    ground: &Ground,
    token: &[u8; 32],
    proof: Option<Proof>,
) -> Result<Caller, Refusal> {
    let mut tx = ground.db.read().await?;
    let found = store::tokens::find(&mut tx, token).await?.ok_or(Refusal::Unauthenticated)?;
    drop(tx);
    let now = ground.clock.now();
    if found.ended_at.is_some() || found.expires_at.is_some_and(|end| now >= end) {
        return Err(Refusal::Unauthenticated);
    }
    match (found.kind, found.device, found.staff) {
        (TokenKind::Session, None, Some(staff)) if staff.ended_at.is_none() => {
            Ok(Caller::Staff(StaffCaller { staff: staff.id, practice: staff.practice, role: staff.role }))
        }
        (TokenKind::Device, Some(device), _) if has_had_its_say(&device, now) => {
            Err(Refusal::Unauthenticated)
        }
        (TokenKind::Device, Some(device), staff) => {
            let mut caller = device_caller(&device, staff, now)?;
            let TokenDevice { id, signing_key, signs_since, .. } = device;
            let signer = Signer { device: id, key: signing_key, signs_since };
            let signed_after = proofs::check(ground, token, caller.into(), signer, proof).await?;
            if let DeviceCaller::Companion(companion) = &mut caller {
                companion.signed_after = signed_after;
            }
            Ok(Caller::Device(caller))
        }
        _ => Err(Refusal::Unauthenticated),
    }
}

/// Whether a client's removed phone can hold nothing any more, and has had time to say so. A console is heard for ever:
/// what it has taken away must not be lost.
fn has_had_its_say(device: &TokenDevice, now: Instant) -> bool {
    let removed_at = device.paired.ended_at(now).filter(|_| device.client.is_some());
    removed_at.is_some_and(|removed_at| now >= removed_at + LONGEST + GRACE)
}

/// Says who calls from a device, be it removed or not. A phone that nobody has said yes to in time is as good as removed.
pub(in crate::domain) fn device_caller(
    device: &TokenDevice,
    staff: Option<TokenStaff>,
    now: Instant,
) -> Result<DeviceCaller, Refusal> {
    match (device.client, staff) {
        (Some(client), None) => Ok(DeviceCaller::Companion(CompanionCaller {
            device: device.id,
            client,
            practice: device.practice,
            removed: device.paired.ended_at(now).is_some(),
            signed_after: None,
        })),
        (None, Some(staff)) => Ok(DeviceCaller::Console(ConsoleCaller {
            device: device.id,
            staff: staff.id,
            practice: staff.practice,
            role: staff.role,
            ended: device.paired.removed_at.is_some() || staff.ended_at.is_some(),
        })),
        _ => Err(StoreError::Inconsistent("device").into()),
    }
}
