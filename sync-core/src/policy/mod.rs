//! The only yes and no in the product: may this play now, and if not, why not?
//!
//! [`standing()`] judges therapists' entries, [`gate`] the facts that must hold before a lease is
//! issued, [`access`] the use of a lease on a device. The gate asks `release`, and a device can
//! hold no lease that the gate refused.

mod access;
mod gate;
mod may;
mod release;

pub use access::{Access, Holding, access};
pub use gate::{ConsentFact, GateFacts, Grant, Purpose, Reason, gate};
pub use may::{Role, StaffAct, may};
pub use release::{Standing, standing};

#[cfg(test)]
mod tests;
