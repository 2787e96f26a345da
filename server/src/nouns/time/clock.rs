//! The one place that reads the machine's clocks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use sync_core::instant::{Instant, Span};

use super::timekeeper::{Reading, Timekeeper};

/// What the server takes as now.
#[derive(Clone)]
pub enum Clock {
    /// The machine's clock, for commands that end soon.
    System,
    /// A trusted instant beside the machine's clock, for a server.
    Kept(Arc<Timekeeper>),
    /// A clock that a test moves by hand.
    Movable(Arc<AtomicI64>),
}

impl Clock {
    /// Keeps the time of a server.
    #[must_use]
    pub fn kept() -> Self {
        Self::Kept(Arc::new(Timekeeper::new(read(None))))
    }

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
            Self::Kept(keeper) => keeper.now(counter()),
            Self::Movable(millis) => Instant::from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Judges the clocks at a server's start, by the newest instant on record; gives whether they are in doubt.
    #[must_use]
    pub fn begin(&self, database: Option<Instant>, newest: Instant, is_right: bool) -> bool {
        let Self::Kept(keeper) = self else { return false };
        keeper.begin(read(database), newest, is_right);
        keeper.is_in_doubt()
    }

    /// Compares the clocks with the time that is kept; gives whether they are in doubt.
    #[must_use]
    pub fn observe(&self, database: Option<Instant>) -> bool {
        let Self::Kept(keeper) = self else { return false };
        keeper.observe(read(database));
        keeper.is_in_doubt()
    }

    /// Moves a movable clock ahead; the machine's clock stays as it is.
    pub fn advance(&self, by: Span) {
        if let Self::Movable(millis) = self {
            let to = Instant::from_millis(millis.load(Ordering::SeqCst)) + by;
            millis.store(to.as_millis(), Ordering::SeqCst);
        }
    }
}

fn read(database: Option<Instant>) -> Reading {
    Reading { counter: counter(), machine: system_now(), database }
}

/// The time since the computer was started, its sleep included.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn counter() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let read = clock_gettime(ClockId::Boottime);
    let part = |value: i64| u64::try_from(value).unwrap_or_default();
    Duration::from_secs(part(read.tv_sec)) + Duration::from_nanos(part(read.tv_nsec))
}

/// Elsewhere the time since this was asked first. A computer that sleeps is asked to be set right.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[allow(clippy::disallowed_methods, reason = "the sanctioned reading of the machine's counter")]
fn counter() -> Duration {
    use std::{sync::OnceLock, time};
    static FIRST: OnceLock<time::Instant> = OnceLock::new();
    FIRST.get_or_init(time::Instant::now).elapsed()
}

#[allow(clippy::disallowed_methods, reason = "the sanctioned reading of the machine's clock")]
fn system_now() -> Instant {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
