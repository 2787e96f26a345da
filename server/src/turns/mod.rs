//! Turns: no caller makes another one wait.
//!
//! Work that all callers share a place for goes through a [`Lane`]: the writer's queue has three of
//! them, and the [`Workbench`] has one for heavy work. A caller with a token passes the [`Door`]
//! before any work is done, and [`Connections`] says which connection gives way. Who pays, and for how much, is a [`Payer`]'s clock.
//! [`Once`] sees to it that a signed request is taken once.

mod connections;
mod door;
mod lane;
mod once;
mod payer;
mod workbench;

pub use connections::{Connection, Connections};
pub use door::{Door, Turn};
pub use lane::Lane;
pub use once::{GOOD_FOR, Once};
pub use payer::Payer;
pub use workbench::{Seat, Workbench};
