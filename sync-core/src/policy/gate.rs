//! The gate before every lease (invariant I3): every reason must allow, and the lease ends with the first of them.

use crate::{
    instant::Instant,
    orders::{Orders, Release},
    policy::{ConsentFact, Standing, standing},
};

/// Everything a lease rests on, read under the locks of one transaction.
#[derive(Debug, Clone)]
pub struct GateFacts<'a> {
    /// The client's orders, folded.
    pub orders: &'a Orders,
    /// The release in question.
    pub release: &'a Release,
    /// Whether its end was recorded before. Over is over: an amendment that comes after the date, or a clock that was set
    /// back, wakes nothing up.
    pub ended: bool,
    /// Whether the practice is open.
    pub practice_active: bool,
    /// Whether a restore holds everything until therapists confirm.
    pub practice_held: bool,
    /// Whether the person is still a client.
    pub client_active: bool,
    /// Whether the device is paired.
    pub device_active: bool,
    /// Whether a therapist has seen the device's name.
    pub device_confirmed: bool,
    /// Whether the clip is there and was neither destroyed nor held back.
    pub clip_available: bool,
    /// One fact for each person heard in the clip, for the purpose of releasing it. Nobody heard is nobody asked.
    pub consents: &'a [ConsentFact],
    /// Further ends: retention, majority, supervision.
    pub ends: &'a [Instant],
}

impl GateFacts<'_> {
    /// Whether everybody heard in the clip has been asked and consents at this instant.
    #[must_use]
    pub fn is_consented(&self, now: Instant) -> bool {
        consents_end(self.consents, now).is_ok()
    }

    /// The first instant of denial, as far as terms, consents and further ends say; none without terms.
    #[must_use]
    pub fn ends_at(&self) -> Option<Instant> {
        let consents = self.consents.iter().filter_map(|consent| match consent {
            ConsentFact::Given { until } => *until,
            ConsentFact::NotAsked | ConsentFact::Withdrawn => None,
        });
        let expires_at = self.release.terms.as_ref()?.expires_at;
        consents.chain(self.ends.iter().copied()).chain([expires_at]).min()
    }
}

/// A lease that may be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Plays from here; the lease may be fetched ahead.
    pub not_before: Option<Instant>,
    /// The first instant of denial of this lease.
    pub valid_until: Instant,
    /// The first instant of denial of the release, as far as is known now.
    pub ends_at: Instant,
}

/// Why no lease is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Taken back, or its date has come.
    Ended,
    /// Paused.
    Held,
    /// Waits for a therapist's confirmation.
    Unconfirmed,
    /// Somebody heard in it has not been asked or has not answered.
    ConsentMissing,
    /// Somebody heard in it has withdrawn, or their consent has run out.
    ConsentEnded,
    /// The clip was destroyed or is held back.
    ClipUnavailable,
    /// A therapist has not yet seen the device's name.
    DeviceUnconfirmed,
    /// The practice, client or device is no longer active.
    Inactive,
    /// A restore waits for therapists to confirm.
    AwaitsRestoreConfirmation,
}

impl Reason {
    /// Whether it ends a release for good, for a device that asks; every other one waits.
    #[must_use]
    pub const fn ends(self) -> bool {
        match self {
            Self::Ended | Self::ConsentEnded | Self::ClipUnavailable | Self::Inactive => true,
            Self::Held
            | Self::Unconfirmed
            | Self::ConsentMissing
            | Self::DeviceUnconfirmed
            | Self::AwaitsRestoreConfirmation => false,
        }
    }
}

/// Decides whether a lease may be issued at this instant, and until when.
///
/// # Errors
/// The first [`Reason`] against it, those that end a clip for good before those that wait.
pub fn gate(facts: &GateFacts<'_>, now: Instant) -> Result<Grant, Reason> {
    if facts.ended {
        return Err(Reason::Ended);
    }
    if !(facts.practice_active && facts.client_active && facts.device_active) {
        return Err(Reason::Inactive);
    }
    let stands = standing(facts.orders, facts.release, now);
    if stands.has_ended() {
        return Err(Reason::Ended);
    }
    if !facts.clip_available {
        return Err(Reason::ClipUnavailable);
    }
    let consents = consents_end(facts.consents, now);
    if consents == Err(Reason::ConsentEnded) {
        return Err(Reason::ConsentEnded);
    }
    let further_end = facts.ends.iter().copied().min().unwrap_or(Instant::NEVER);
    if now >= further_end {
        return Err(Reason::Ended);
    }
    let not_before = match stands {
        Standing::Revoked | Standing::Expired => return Err(Reason::Ended),
        Standing::Held { .. } => return Err(Reason::Held),
        Standing::Unconfirmed => return Err(Reason::Unconfirmed),
        Standing::Later { from } => Some(from),
        Standing::Live { .. } => None,
    };
    let Some(terms) = &facts.release.terms else { return Err(Reason::Unconfirmed) };
    let consents_end = consents?;
    if facts.practice_held {
        return Err(Reason::AwaitsRestoreConfirmation);
    }
    if !facts.device_confirmed {
        return Err(Reason::DeviceUnconfirmed);
    }
    let ends_at = terms.expires_at.min(consents_end).min(further_end);
    let valid_until = ends_at.min(now + terms.offline_for);
    if now >= ends_at {
        return Err(Reason::Ended);
    }
    // Terms that allow no time without contact let nothing play, and end nothing: they may be changed again.
    if now >= valid_until { Err(Reason::Held) } else { Ok(Grant { not_before, valid_until, ends_at }) }
}

/// The first end of the consents, when every person heard has a valid one.
fn consents_end(consents: &[ConsentFact], now: Instant) -> Result<Instant, Reason> {
    if consents.is_empty() {
        return Err(Reason::ConsentMissing);
    }
    let mut end = Instant::NEVER;
    let mut missing = false;
    for consent in consents {
        match consent {
            ConsentFact::Withdrawn => return Err(Reason::ConsentEnded),
            ConsentFact::Given { until: Some(until) } if now >= *until => return Err(Reason::ConsentEnded),
            ConsentFact::Given { until } => end = end.min(until.unwrap_or(Instant::NEVER)),
            ConsentFact::NotAsked => missing = true,
        }
    }
    if missing { Err(Reason::ConsentMissing) } else { Ok(end) }
}
