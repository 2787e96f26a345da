//! The proofs of identity: passwords, one-time codes, bearer tokens.
mod common_passwords;
pub mod one_time_code;
pub mod password;
pub mod password_rules;
pub mod proofs;
pub mod tokens;
