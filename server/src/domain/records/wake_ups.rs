//! Waking devices: the devices that may be woken, their addresses, and the decisions that wake
//! them.
//!
//! A wake-up is left in the transaction of the decision that is its reason, so that none is sent
//! for a decision that was not committed and none is lost for one that was. [`crate::push::sender`]
//! carries it out.

use sync_core::{
    id::{DeviceId, OutboxId},
    instant::{Instant, Span},
};

use crate::store::{self, StoreError, Tx, outbox::NewWork};

/// The word of this work in the outbox.
pub const KIND: &str = "wake_up";

const RELEASE_FOR: Span = Span::from_days(3);

/// Why a device is woken. It decides how urgently and for how long the push service tries, and never what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WakeUp {
    /// Something has ended or is paused: worth telling until the device's last lease has ended by itself.
    Revocation {
        /// The end of the device's longest live lease.
        lease_end: Instant,
    },
    /// Something is there to be fetched.
    Release,
}

impl WakeUp {
    const fn urgency(self) -> &'static str {
        match self {
            Self::Revocation { .. } => "high",
            Self::Release => "normal",
        }
    }

    fn expires_at(self, now: Instant) -> Instant {
        match self {
            Self::Revocation { lease_end } => lease_end,
            Self::Release => now + RELEASE_FOR,
        }
    }
}

/// Leaves a device to be woken. `random` makes the id of the work: `ground.entropy.bytes()`.
///
/// A revocation for a device whose leases have all ended leaves nothing: there is nothing to take away. After the
/// commit, [`crate::ground::Bell::ring_for_wake_ups`] lets it be sent at once.
///
/// # Errors
/// When the database fails.
pub async fn enqueue(
    tx: &mut Tx,
    device: DeviceId,
    wake_up: WakeUp,
    now: Instant,
    random: [u8; 10],
) -> Result<(), StoreError> {
    let expires_at = wake_up.expires_at(now);
    if expires_at <= now {
        return Ok(());
    }
    let work = NewWork {
        id: OutboxId::new(now, random),
        kind: KIND,
        subject: device.as_bytes(),
        urgency: wake_up.urgency(),
        created_at: now,
        expires_at,
    };
    store::outbox::leave(tx, &work).await
}
