//! The stable words for where a release stands.

use sync_core::policy::{Reason, Standing};

/// The word for a standing.
#[must_use]
pub const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Live { .. } => "live",
        Standing::Later { .. } => "later",
        Standing::Held { .. } => "held",
        Standing::Unconfirmed => "unconfirmed",
        Standing::Expired => "expired",
        Standing::Revoked => "revoked",
    }
}

/// The word for what keeps a lease from being issued.
#[must_use]
pub const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Ended => "ended",
        Reason::Held => "held",
        Reason::Unconfirmed => "unconfirmed",
        Reason::ConsentMissing => "consent_missing",
        Reason::ConsentEnded => "consent_ended",
        Reason::ClipUnavailable => "clip_unavailable",
        Reason::DeviceUnconfirmed => "device_unconfirmed",
        Reason::Inactive => "inactive",
        Reason::AwaitsRestoreConfirmation => "awaits_restore_confirmation",
    }
}
