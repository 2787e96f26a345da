//! Bearer tokens: 256 random bits, of which the server keeps only the SHA-256.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

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
};

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

/// Finds out who sends a token.
///
/// # Errors
/// [`Refusal::Unauthenticated`] when it is unknown, ended or past its time, and for tickets, which open sockets only.
pub async fn authenticate(ground: &Ground, token: &BearerToken) -> Result<Caller, Refusal> {
    let mut tx = ground.db.read().await?;
    let found = store::tokens::find(&mut tx, &token.hash()).await?.ok_or(Refusal::Unauthenticated)?;
    let now = ground.clock.now();
    if found.ended_at.is_some() || found.expires_at.is_some_and(|end| now >= end) {
        return Err(Refusal::Unauthenticated);
    }
    match (found.kind, found.device, found.staff) {
        (TokenKind::Session, None, Some(staff)) if staff.ended_at.is_none() => {
            Ok(Caller::Staff(StaffCaller { staff: staff.id, practice: staff.practice, role: staff.role }))
        }
        (TokenKind::Device, Some(device), staff) => Ok(Caller::Device(device_caller(&device, staff)?)),
        _ => Err(Refusal::Unauthenticated),
    }
}

/// Says who calls from a device, be it removed or not.
pub(in crate::domain) fn device_caller(
    device: &TokenDevice,
    staff: Option<TokenStaff>,
) -> Result<DeviceCaller, Refusal> {
    match (device.client, staff) {
        (Some(client), None) => Ok(DeviceCaller::Companion(CompanionCaller {
            device: device.id,
            client,
            practice: device.practice,
            removed: device.removed_at.is_some(),
        })),
        (None, Some(staff)) => Ok(DeviceCaller::Console(ConsoleCaller {
            device: device.id,
            staff: staff.id,
            practice: staff.practice,
            role: staff.role,
            ended: device.removed_at.is_some() || staff.ended_at.is_some(),
        })),
        _ => Err(StoreError::Inconsistent("device").into()),
    }
}
