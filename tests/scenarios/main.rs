//! Stories, one file each, told against the real server on every database.

mod clocks;
mod consent;
mod couple;
mod desk;
mod endings;
mod every_order;
mod failover;
mod faults;
mod hostile;
mod kill_nine;
mod main_story;
mod pairing;
mod process;
mod restore;
mod rotations;
mod servers;
mod silence;
mod sockets;
mod stock_client;
mod stock_tabs;
mod stock_wire;
mod successors;
mod tls;
mod uploads;
