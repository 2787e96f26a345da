//! Web Push: wakes devices, says nothing (RFC 8030, 8291, 8292).
//!
//! Every push is the same contentless text of the same length, for every reason. That a push
//! service took one proves nothing about the device; only receipts and leases count.
pub mod address;
pub mod message;
mod origins;
pub mod sender;
pub mod subscription;
pub mod time_to_live;
pub mod vapid;

pub use sender::Push;
pub use subscription::{Endpoint, EndpointNotAllowed, Subscription};
pub use time_to_live::TimeToLive;
