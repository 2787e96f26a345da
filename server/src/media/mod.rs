//! Media: recognises an upload by its bytes alone, whole or not at all.
pub mod recognise;

mod mp4;
mod mpeg;
mod ogg;
mod wav;
mod webm;

pub use recognise::{MediaType, NotRecognised, Recognised, recognise};

#[cfg(test)]
mod tests;
