//! The demo: the main story, told against the real server over the network, as a timeline with real durations.
//!
//! Only devices' clocks are moved by hand: the server's is the machine's.

mod cast;
mod story;
mod timeline;

pub use cast::Cast;
pub use story::tell;
pub use timeline::Timeline;
