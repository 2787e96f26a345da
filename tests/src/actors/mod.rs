//! People and their devices: each acts as its namesake does and in no other way.
pub mod attacker;
pub mod bystander;
pub mod companion;
pub mod device_clock;
pub mod flood;
pub mod laptop;
pub mod neighbourhood;
pub mod siege;
pub mod stock_client;
pub mod stranger;
pub mod therapist;
pub mod vault;
