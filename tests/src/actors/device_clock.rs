//! A device's clocks, moved by hand.

use sync_core::{
    clock::Reading,
    instant::{Instant, Span},
};

/// Wall and monotonic clock of one device.
#[derive(Debug, Clone, Copy)]
pub struct DeviceClock {
    wall: Instant,
    mono: Span,
}

impl DeviceClock {
    /// A device whose wall clock is right.
    #[must_use]
    pub const fn at(wall: Instant) -> Self {
        Self { wall, mono: Span::ZERO }
    }

    /// Time passes.
    pub fn advance(&mut self, by: Span) {
        self.wall = self.wall + by;
        self.mono = self.mono.saturating_add(by);
    }

    /// Somebody sets the wall clock back; no time passes.
    pub fn set_back(&mut self, by: Span) {
        self.wall = self.wall - by;
    }

    /// Somebody sets the wall clock ahead; no time passes.
    pub fn set_ahead(&mut self, by: Span) {
        self.wall = self.wall + by;
    }

    /// The device restarts: the monotonic clock begins anew.
    pub const fn restart(&mut self) {
        self.mono = Span::ZERO;
    }

    /// What the clocks say.
    #[must_use]
    pub const fn reading(&self) -> Reading {
        Reading { wall: self.wall, mono: self.mono }
    }
}
