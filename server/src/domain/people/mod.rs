//! The practice and its people: staff and clients, the people on recordings and their consents, and everybody's devices.
pub mod circle;
pub mod clients;
pub mod consents;
pub mod devices;
pub mod forms;
pub mod participants;
pub mod practice;
pub mod readings;
pub mod recordings;
pub mod sessions;
pub mod staff;
