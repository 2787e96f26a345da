//! The device state machines: a companion fetches, renews, plays, wipes and signs; a console
//! writes.
//!
//! Neither does I/O, holds a key, knows a clock or draws randomness. The platform hands in each
//! event and carries out the effects that come back, in their order. If an effect needs a private
//! key, the platform's key store carries it out.

mod companion;
mod console;
mod documents;
mod effect;
mod holding;
mod save;

pub use companion::{Companion, Identity};
pub use companion::{
    MAX_HANDED_BACK, MAX_NAMED, MAX_RECEIPTS, MAX_RENEW_GAP, NEWS_A_MINUTE, NEWS_GAP, RENEW_GAP,
};
pub use console::{Console, Form, MAX_RESTRICTIONS, ShelfForm};
pub use documents::{Connection, Documents, Told};
pub use effect::{Effect, Invalid, Opened, ToOpen};
pub use holding::{Counted, Held, Phase, PlaysByDay};

pub use crate::lease::DEBIT_STEP;

#[cfg(test)]
mod tests;
