//! The proofs of identity: passwords, one-time codes, bearer tokens.
pub mod one_time_code;
pub mod password;
pub mod tokens;
