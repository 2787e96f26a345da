//! The wire: automerge-repo's WebSocket protocol, version "1", so that its stock JavaScript client
//! is a peer.
//!
//! Both sides speak CBOR frames. The device says `join`, the server answers `peer`; then either
//! side sends `request` or `sync` frames, each with one automerge sync message for one document,
//! until both have the same heads. A server that will not share a document answers
//! `doc-unavailable`; one that refuses a change says so in an `error` frame, whose message is the
//! refusal's code.
//!
//! A [`Peer`] holds one connection's state and does no I/O. A writer's sync message is never handed
//! to automerge whole: [`Peer::take_changes`] takes its changes out, the caller has them vetted by
//! [`crate::authority`] and commits them, and only then [`Peer::absorb`] takes in the rest of the
//! message. So nothing is acknowledged that is not durable.
//!
//! Nothing that a peer sends may cost more than its own length, or make automerge panic: a frame's
//! items are counted before they are read, a change's columns before they are decoded, a Bloom
//! filter's parameters before it is asked. Fuzzing has found these. A server still catches panics
//! around the whole.

pub(crate) mod chunk;
pub(crate) mod frame;
pub(crate) mod limits;
pub(crate) mod message;
pub(crate) mod peer;
mod protocol_error;
pub(crate) mod scan;
mod waiting;

pub use chunk::{ChunkError, MAX_CHANGES};
pub use frame::{Frame, FrameError, MAX_FRAME_BYTES, PeerName};
pub use limits::MAX_CONNECTIONS;
pub use peer::{Access, Heard, Peer, take_changes};
pub use protocol_error::ProtocolError;

#[cfg(test)]
mod tests;
