//! Rows of clips, and of everything that a device may hold of one.
pub mod clips;
pub mod denials;
pub mod leases;
pub mod receipts;
pub mod releases;
pub mod taken_back;
pub mod uploads;
