//! The one place that reads the machine's clock.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use sync_core::instant::{Instant, Span};

/// What the server takes as now.
#[derive(Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that a test moves by hand.
    Movable(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start` until it is moved.
    #[must_use]
    pub fn movable(start: Instant) -> Self {
        Self::Movable(Arc::new(AtomicI64::new(start.as_millis())))
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Instant {
        match self {
            Self::System => system_now(),
            Self::Movable(millis) => Instant::from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Moves a movable clock ahead; the machine's clock stays as it is.
    pub fn advance(&self, by: Span) {
        if let Self::Movable(millis) = self {
            let to = Instant::from_millis(millis.load(Ordering::SeqCst)) + by;
            millis.store(to.as_millis(), Ordering::SeqCst);
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the sanctioned reading of the machine's clock")]
fn system_now() -> Instant {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
