//! Recognises audio and video by content: its type, its length, and whether it is whole.
//!
//! An upload is judged by its bytes alone, before it is sealed: a clip that was cut off on its way would otherwise be found out
//! by a client, offline.

mod found;
mod mp4;
mod mpeg;
mod ogg;
mod recognise;
mod wav;
mod webm;

pub use found::{LONGEST, MediaType, NotRecognised, Recognised};
pub use recognise::recognise;

#[cfg(test)]
mod tests;
