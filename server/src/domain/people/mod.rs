//! The practice and its people: staff, clients, the people on recordings with their consents, and their devices.
pub mod care;
pub mod circle;
pub mod clients;
pub mod consents;
pub mod devices;
pub mod forms;
pub(in crate::domain) mod names;
pub mod participants;
pub mod practice;
pub mod push_subscriptions;
pub mod recordings;
pub mod sessions;
pub mod staff;
