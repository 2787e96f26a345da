//! Callers: one type for each kind of caller, so that a function says in its signature whom it
//! serves.

use sync_core::{
    id::{ClientId, DeviceId, PracticeId, StaffId},
    instant::Instant,
    policy::{Role, StaffAct, may},
};

use super::Refusal;

/// A member of staff, signed in with password and code.
#[derive(Debug, Clone, Copy)]
pub struct StaffCaller {
    /// The person.
    pub staff: StaffId,
    /// Their practice.
    pub practice: PracticeId,
    /// What they may do.
    pub role: Role,
}

impl StaffCaller {
    /// Whether their role may do this.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`].
    pub fn check_may(&self, act: StaffAct) -> Result<(), Refusal> {
        if may(self.role, act) { Ok(()) } else { Err(Refusal::NotAllowed) }
    }
}

/// A paired device of a client.
#[derive(Debug, Clone, Copy)]
pub struct CompanionCaller {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub client: ClientId,
    /// The client's practice.
    pub practice: PracticeId,
    /// Whether it has been removed: then it may only hear denials and hand in receipts.
    pub removed: bool,
    /// The instant after which its request was signed; none for one of the release before, which does not sign.
    pub signed_after: Option<Instant>,
}

/// A paired device of a member of staff.
#[derive(Debug, Clone, Copy)]
pub struct ConsoleCaller {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub staff: StaffId,
    /// Their practice.
    pub practice: PracticeId,
    /// What they may do.
    pub role: Role,
    /// Whether the device or the role has ended: then only restrictions are taken from it.
    pub ended: bool,
}

/// A paired device, of whomever.
#[derive(Debug, Clone, Copy)]
pub enum DeviceCaller {
    /// A client's device.
    Companion(CompanionCaller),
    /// A device of a member of staff.
    Console(ConsoleCaller),
}

impl DeviceCaller {
    /// The device.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        match self {
            Self::Companion(caller) => caller.device,
            Self::Console(caller) => caller.device,
        }
    }

    /// Its practice.
    #[must_use]
    pub const fn practice(&self) -> PracticeId {
        match self {
            Self::Companion(caller) => caller.practice,
            Self::Console(caller) => caller.practice,
        }
    }
}
