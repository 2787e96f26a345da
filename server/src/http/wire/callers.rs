//! Callers, from `Authorization: Bearer …`: a handler says in its signature whom it serves.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use crate::{
    app::App,
    domain::credentials::tokens::{BearerToken, Caller, authenticate},
    http::error::Problem,
    nouns::{
        Refusal,
        callers::{CompanionCaller, ConsoleCaller, DeviceCaller, StaffCaller},
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

async fn caller(parts: &Parts, app: &App) -> Result<Caller, Refusal> {
    authenticate(&app.ground, &bearer(&parts.headers)?).await
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
