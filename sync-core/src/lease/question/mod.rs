//! A device's question for leases: which one it is in the row of its questions, and how many are
//! answered with leases.

mod bound;
mod step;

pub use bound::{BATCHES, BATCHES_FOR_A_DECISION, BATCHES_WITHIN, may_have_more};
pub use step::{Heard, Progress, Step};
