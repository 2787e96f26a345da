//! Machines: servers and databases that run, and services beside them.
pub mod bucket;
pub mod cluster;
pub mod database;
pub mod pooler;
pub mod portal;
pub mod process;
pub mod push_service;
pub mod relay;
pub mod server;
