//! Refrain from outside: one actor each file, each a type that acts as its namesake does and in no
//! other way.
pub mod api;
pub mod case;
pub mod demo;
pub mod media;
pub mod signer;
pub mod socket;
pub mod world;

mod actors;
mod machines;

pub use actors::{
    attacker, bystander, companion, device_clock, flood, laptop, neighbourhood, siege, stock_client,
    stranger, therapist, vault,
};
pub use machines::{bucket, cluster, database, pooler, portal, process, push_service, relay, server};

pub use case::Case;
pub use companion::Companion;
pub use laptop::Laptop;
pub use process::Process;
pub use server::Server;
pub use stock_client::StockClient;
pub use stranger::Stranger;
pub use therapist::Therapist;
pub use world::World;
