//! Signing in, pairing, tickets, set-up.
pub mod pairing;
pub mod set_up;
pub mod sign_in;
pub mod tickets;
