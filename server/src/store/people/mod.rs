//! Rows of the practice, its people and their devices.
pub mod clients;
pub mod consents;
pub mod devices;
pub mod idempotency;
pub mod invitations;
pub mod known_browsers;
pub mod participants;
pub mod practices;
pub mod push_subscriptions;
pub mod recordings;
pub mod staff;
pub mod tokens;
