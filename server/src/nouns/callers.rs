//! Who is calling: one type for each kind of caller, so that a function says in its signature whom it serves.

use sync_core::id::{ClientId, DeviceId, PracticeId, StaffId};

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Treats clients.
    Therapist,
    /// Reviews with consent; releases nothing.
    Supervisor,
    /// Runs the practice; sees no clips and no notes.
    PracticeAdmin,
}

impl Role {
    /// The word in storage and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Therapist => "therapist",
            Self::Supervisor => "supervisor",
            Self::PracticeAdmin => "practice_admin",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Therapist, Self::Supervisor, Self::PracticeAdmin]
            .into_iter()
            .find(|role| role.as_str() == word)
    }
}

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
