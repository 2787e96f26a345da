//! How a caller proves who they are: passwords and codes, pairing, tokens and tickets.
pub mod idempotency;
pub mod one_time_code;
pub mod pairing;
pub mod password;
pub mod set_up;
pub mod sign_in;
pub mod tickets;
pub mod tokens;
