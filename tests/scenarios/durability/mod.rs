//! Servers that fail, restart, are restored, and take each other's place.
mod clocks;
mod failover;
mod faults;
mod full_disk;
mod kill_nine;
mod mistakes;
mod objects;
mod process;
mod restore;
mod rotations;
mod servers;
mod successors;
