//! Time: the clocks that are believed, and the local days of people.
pub mod clock;
pub mod local_days;
pub mod offsets;
pub mod timekeeper;
