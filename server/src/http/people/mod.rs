//! The practice, its people and their devices.
pub mod circle;
pub mod clients;
pub mod consents;
pub mod devices;
pub mod participants;
pub mod practice;
pub mod push_subscriptions;
pub mod recordings;
pub mod sessions;
