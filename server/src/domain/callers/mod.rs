//! The ways in: signing in, pairing a device, opening a socket with a ticket, setting up the practice.
pub mod idempotency;
pub mod known_browsers;
pub mod pairing;
pub mod set_up;
pub mod sign_in;
pub mod tickets;
pub mod waits;
