//! The actor of an audit entry.

use sync_core::id::{ClientId, DeviceId, StaffId};
use sync_core::policy::Role;

use crate::nouns::callers::{CompanionCaller, ConsoleCaller, StaffCaller};

/// Who did it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A member of staff, in a role, perhaps by a paired device.
    Staff {
        /// The person.
        id: StaffId,
        /// In which role.
        role: Role,
        /// By which device.
        device: Option<DeviceId>,
    },
    /// A client, by a paired device.
    Client {
        /// The person.
        id: ClientId,
        /// By which device.
        device: DeviceId,
    },
    /// The server itself: a date was reached, a ledger was replayed.
    Server,
    /// Whoever runs the server, by its command line.
    Operator,
    /// Nobody known: a sign-in that failed, a code that was wrong.
    Stranger,
}

impl Actor {
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Staff { .. } => "staff",
            Self::Client { .. } => "client",
            Self::Server => "server",
            Self::Operator => "operator",
            Self::Stranger => "stranger",
        }
    }

    pub(super) fn details(self) -> (Option<String>, Option<Role>, Option<DeviceId>) {
        match self {
            Self::Staff { id, role, device } => (Some(id.to_string()), Some(role), device),
            Self::Client { id, device } => (Some(id.to_string()), None, Some(device)),
            Self::Server | Self::Operator | Self::Stranger => (None, None, None),
        }
    }
}

impl From<&StaffCaller> for Actor {
    fn from(caller: &StaffCaller) -> Self {
        Self::Staff { id: caller.staff, role: caller.role, device: None }
    }
}

impl From<&ConsoleCaller> for Actor {
    fn from(caller: &ConsoleCaller) -> Self {
        Self::Staff { id: caller.staff, role: caller.role, device: Some(caller.device) }
    }
}

impl From<&CompanionCaller> for Actor {
    fn from(caller: &CompanionCaller) -> Self {
        Self::Client { id: caller.client, device: caller.device }
    }
}
