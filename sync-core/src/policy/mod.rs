//! The only yes and no in the product: may this play now, and if not, why not?
//!
//! [`standing()`] judges therapists' entries, [`gate`] the facts that must hold before a lease is
//! issued, [`access`] the use of a lease on a device. The gate asks `release`, and a device can
//! hold no lease that the gate refused.

mod access;
mod consent;
mod facts;
mod gate;
mod paired;
mod purpose;
mod release;
mod roles;
mod strictness;

pub use access::{Access, Holding, access};
pub use consent::{ConsentFact, Said, Word, consent, consent_to, is_narrowed};
pub use facts::{DeviceFacts, Recorded, ReleaseFacts};
pub use gate::{GateFacts, Grant, Reason, gate};
pub use paired::{
    MAX_PHONES, MAX_STAFF_DEVICES, MAX_UNCONFIRMED, Paired, UNCONFIRMED_FOR, has_room_for_phone,
    has_room_for_staff_device,
};
pub use purpose::Purpose;
pub use release::{Standing, standing};
pub use roles::{Role, StaffAct, may};
pub use strictness::{changed, is_stricter_somewhere};

#[cfg(test)]
mod tests;
