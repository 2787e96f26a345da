//! The stable words for the standing of a release, and for its known state on a device.

use serde::Serialize;
use sync_core::policy::{Reason, Standing};
use utoipa::ToSchema;

/// Where a release stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Standing)]
pub enum StandingWord {
    /// It plays.
    Live,
    /// It plays from a later instant on.
    Later,
    /// It is paused.
    Held,
    /// A therapist has to confirm it first.
    Unconfirmed,
    /// Its date has come.
    Expired,
    /// It was taken back.
    Revoked,
}

/// What else keeps a release from playing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Reason)]
pub enum ReasonWord {
    /// It has ended.
    Ended,
    /// It is paused.
    Held,
    /// A therapist has to confirm it first.
    Unconfirmed,
    /// A person who is heard in the clip has not been asked.
    ConsentMissing,
    /// A person who is heard in the clip does not consent any more.
    ConsentEnded,
    /// The clip cannot be had.
    ClipUnavailable,
    /// A therapist has to say yes to the device first.
    DeviceUnconfirmed,
    /// Client or practice are not active.
    Inactive,
    /// A therapist has to look first, after a restore.
    AwaitsRestoreConfirmation,
}

/// What is known of a release on a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Known)]
pub enum KnownWord {
    /// No therapist has said yes to the device.
    NotConfirmed,
    /// The device has had no lease of it.
    Nothing,
    /// The device was given a lease.
    Leased,
    /// The device has said that it can play.
    Ready,
    /// The device is to stop, and has not said that the clip is gone.
    Pending,
    /// The device has said that the clip is gone.
    Wiped,
    /// The device was removed and has said nothing since.
    Lost,
}

impl From<Standing> for StandingWord {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Live { .. } => Self::Live,
            Standing::Later { .. } => Self::Later,
            Standing::Held { .. } => Self::Held,
            Standing::Unconfirmed => Self::Unconfirmed,
            Standing::Expired => Self::Expired,
            Standing::Revoked => Self::Revoked,
        }
    }
}

impl From<Reason> for ReasonWord {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Ended => Self::Ended,
            Reason::Held => Self::Held,
            Reason::Unconfirmed => Self::Unconfirmed,
            Reason::ConsentMissing => Self::ConsentMissing,
            Reason::ConsentEnded => Self::ConsentEnded,
            Reason::ClipUnavailable => Self::ClipUnavailable,
            Reason::DeviceUnconfirmed => Self::DeviceUnconfirmed,
            Reason::Inactive => Self::Inactive,
            Reason::AwaitsRestoreConfirmation => Self::AwaitsRestoreConfirmation,
        }
    }
}
