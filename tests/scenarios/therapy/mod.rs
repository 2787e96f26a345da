//! People at work: what a therapist, clients and their phones do with each other.
mod clocks;
mod consent;
mod copies;
mod couple;
mod desk;
mod endings;
mod every_order;
mod main_story;
mod pairing;
mod silence;
