//! The two clocks of a page, in milliseconds: `Date.now()` and `performance.now()`.

use sync_core::{
    clock::Reading,
    instant::{Instant, Span},
};

/// Both clocks at one moment.
pub(crate) fn reading(wall: f64, mono: f64) -> Reading {
    Reading { wall: Instant::from_millis(wall as i64), mono: Span::from_millis(mono as u64) }
}
