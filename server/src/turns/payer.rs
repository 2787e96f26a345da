//! Payers: callers who pay for work, with a place in a queue and with the time that the work takes.

use std::net::IpAddr;

use sync_core::id::{ClientId, DeviceId, StaffId};

use crate::nouns::callers::{CompanionCaller, ConsoleCaller, DeviceCaller, StaffCaller};

/// Who pays for a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payer {
    /// The server itself: its workers, which have few pieces under way at a time.
    Server,
    /// A member of staff, with all their sessions and devices.
    Staff(StaffId),
    /// A client, with all their phones.
    Client(ClientId),
    /// A phone that was removed: its client's other phones do not pay for it.
    Removed(DeviceId),
    /// A network whose callers have no token yet.
    Network(IpAddr),
}

impl From<StaffCaller> for Payer {
    fn from(caller: StaffCaller) -> Self {
        Self::Staff(caller.staff)
    }
}

impl From<ConsoleCaller> for Payer {
    fn from(caller: ConsoleCaller) -> Self {
        Self::Staff(caller.staff)
    }
}

impl From<CompanionCaller> for Payer {
    fn from(caller: CompanionCaller) -> Self {
        if caller.removed { Self::Removed(caller.device) } else { Self::Client(caller.client) }
    }
}

impl From<DeviceCaller> for Payer {
    fn from(caller: DeviceCaller) -> Self {
        match caller {
            DeviceCaller::Companion(companion) => companion.into(),
            DeviceCaller::Console(console) => console.into(),
        }
    }
}
