//! Duties from late restrictions.

use sync_core::{
    id::ReleaseId,
    orders::{Act, Entry, RevokeOn},
};

use super::What;
use crate::store::late_restrictions::LateRestriction;

/// What a late restriction would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// End for good.
    Revoke(RevokeOn),
    /// Tighten the terms of a release, or end it by them.
    Amend(ReleaseId),
}

impl Does {
    /// The one release that it is about.
    #[must_use]
    pub const fn release(self) -> Option<ReleaseId> {
        match self {
            Self::Revoke(RevokeOn::Release(release)) | Self::Amend(release) => Some(release),
            Self::Revoke(RevokeOn::Clip(_) | RevokeOn::Recording(_) | RevokeOn::Shelf) => None,
        }
    }
}

pub(super) fn duty(late: LateRestriction) -> What {
    let does = match Entry::decode(&late.bytes).map(|entry| entry.act) {
        Ok(Act::Revoke { on, .. }) => Some(Does::Revoke(on)),
        Ok(Act::Amend { release, .. }) => Some(Does::Amend(release)),
        _ => None,
    };
    let LateRestriction { client, entry, device, received_at, .. } = late;
    What::DecideRestriction { client, entry, device, does, since: received_at }
}
