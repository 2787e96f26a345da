//! Callers, from `Authorization: Bearer …`: a handler says in its signature whom it serves.

pub mod signature;

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
};

use self::signature::{BodyDigest, Head};
use crate::{
    app::App,
    domain::credentials::{
        proofs,
        tokens::{BearerToken, Caller, authenticate},
    },
    http::error::Problem,
    nouns::{
        Refusal,
        callers::{CompanionCaller, ConsoleCaller, DeviceCaller, StaffCaller},
        failed_tries::Try,
    },
};

/// A client's device that is paired still. Removed devices are taken by [`CompanionCaller`] alone, for leases and receipts.
#[derive(Debug, Clone, Copy)]
pub struct ActiveCompanion(pub CompanionCaller);

/// A member of staff with the token that they sent, to end it.
pub struct SignedInStaff {
    /// Who it is.
    pub caller: StaffCaller,
    /// What they sent.
    pub token: BearerToken,
}

/// The token of a request.
///
/// # Errors
/// [`Refusal::Unauthenticated`] when there is none.
pub fn bearer(headers: &HeaderMap) -> Result<BearerToken, Refusal> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = value.and_then(|value| value.split_once(' ')).ok_or(Refusal::Unauthenticated)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Refusal::Unauthenticated);
    }
    Ok(BearerToken::sent(token))
}

/// Who calls, and what came with the call.
pub struct Known {
    /// Who it is.
    pub caller: Caller,
    /// What the body must be, if the request is signed.
    pub digest: Option<BodyDigest>,
    /// What the next request is to be signed over, if this one is signed.
    pub challenge: Option<(HeaderName, HeaderValue)>,
}

/// Finds out who sends a token, and checks the signature that goes with it. What is to be signed again is refused with a
/// challenge.
///
/// # Errors
/// As [`authenticate`].
pub async fn know(app: &App, token: &[u8; 32], head: Head<'_>) -> Result<Known, Problem> {
    let (proof, digest) = signature::read(head)?.unzip();
    let challenge = || signature::challenge_header(&proofs::challenge(&app.ground, token));
    let is_signed = proof.is_some();
    match authenticate(&app.ground, token, proof).await {
        Ok(caller) => {
            // A session is not bound to a key, and signs nothing.
            let challenge = if is_signed && caller.is_device() { challenge() } else { None };
            Ok(Known { caller, digest, challenge })
        }
        Err(refusal @ (Refusal::ChallengeStale | Refusal::SignatureMissing)) => {
            Err(Problem::from(refusal).with_header(challenge()))
        }
        Err(refusal) => {
            if matches!(refusal, Refusal::SignatureInvalid) {
                app.ground.failed_tries.note(Try::Access, None, app.ground.clock.now());
            }
            Err(refusal.into())
        }
    }
}

async fn caller(parts: &Parts, app: &App) -> Result<Caller, Problem> {
    if let Some(caller) = parts.extensions.get::<Caller>() {
        // The door has asked already.
        return Ok(*caller);
    }
    // Sockets have no door, and no body.
    let token = bearer(&parts.headers)?.hash();
    let head = Head { method: &parts.method, uri: &parts.uri, headers: &parts.headers };
    know(app, &token, head).await.map(|known| known.caller)
}

impl FromRequestParts<Arc<App>> for StaffCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match caller(parts, app).await? {
            Caller::Staff(staff) => Ok(staff),
            Caller::Device(_) => Err(Refusal::NotAllowed.into()),
        }
    }
}

impl FromRequestParts<Arc<App>> for SignedInStaff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = StaffCaller::from_request_parts(parts, app).await?;
        Ok(Self { caller, token: bearer(&parts.headers)? })
    }
}

impl FromRequestParts<Arc<App>> for DeviceCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match caller(parts, app).await? {
            Caller::Device(device) => Ok(device),
            Caller::Staff(_) => Err(Refusal::NotAllowed.into()),
        }
    }
}

impl FromRequestParts<Arc<App>> for CompanionCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match DeviceCaller::from_request_parts(parts, app).await? {
            DeviceCaller::Companion(companion) => Ok(companion),
            DeviceCaller::Console(_) => Err(Refusal::NotAllowed.into()),
        }
    }
}

impl FromRequestParts<Arc<App>> for ActiveCompanion {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let companion = CompanionCaller::from_request_parts(parts, app).await?;
        if companion.removed {
            return Err(Refusal::DeviceRemoved.into());
        }
        Ok(Self(companion))
    }
}

impl FromRequestParts<Arc<App>> for ConsoleCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match DeviceCaller::from_request_parts(parts, app).await? {
            DeviceCaller::Console(console) => Ok(console),
            DeviceCaller::Companion(_) => Err(Refusal::NotAllowed.into()),
        }
    }
}
