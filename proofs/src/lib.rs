//! Proofs: the promises of `sync-core`, under every schedule that a machine can think of.
//!
//! Two machines do the thinking, and both run the real rules:
//!
//! - [`model`] is exhaustive and small: two therapists' devices, two of a client's, a server, and
//!   every order in which a handful of things can happen to them. It finds the shortest way to a
//!   broken rule.
//! - [`simulation`] is random and large: practices and devices over weeks, with every failure drawn
//!   from one seed. It finds faults for which a small world has no room.
//!
//! ```text
//!  desk ──entries──► clinic ──batches──► phone       the clinic is thin: maps around sync-core's decisions
//!                      │                   │
//!                      └──────► truth ◄────┘         naive rules over everything that was ever committed
//! ```
//!
//! [`clinic`] is a server without a database, [`phone`] a platform without a screen, and [`truth`]
//! judges both. Nothing of the server's crate is in here. The two share their decisions: offers of
//! leases, denials and consequences of facts are functions of `sync-core` that both call. The clinic keeps maps where the server keeps rows.
//!
//! ```
//! use proofs::{model::{Scope, check}, simulation::{Kind, run}};
//! let checked = check(Scope::phones(0));
//! assert!(checked.is_kept() && checked.states > 1_000, "{checked}");
//! assert!(run(Kind::Schedule, 1).is_ok());
//! ```

pub mod cast;
pub mod clinic;
pub mod desk;
pub mod model;
pub mod phone;
pub mod sealing;
pub mod simulation;
pub mod truth;
