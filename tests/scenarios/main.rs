//! Stories, one file each, told against the real server on every database.

mod durability;
mod therapy;
mod wire;
