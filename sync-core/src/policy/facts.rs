//! The facts that a release rests on, apart from the rows that hold them.

use crate::{
    instant::Instant,
    orders::{Orders, Release},
    policy::{ConsentFact, GateFacts},
};

/// What is known of one release and of everything it rests on, but for the orders and the device that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFacts {
    /// What was recorded of it before; none where it is seen for the first time.
    pub recorded: Option<Recorded>,
    /// Whether its clip was taken back on another shelf, and by nothing in these orders yet.
    pub taken_back: bool,
    /// Whether the practice is open.
    pub practice_active: bool,
    /// Whether a restore holds the practice.
    pub practice_held: bool,
    /// Whether the person is still a client.
    pub client_active: bool,
    /// Whether the clip is there and was neither destroyed nor held back.
    pub clip_available: bool,
    /// One fact for each person heard in the clip: see [`consent_to`](super::consent_to).
    pub consents: Vec<ConsentFact>,
    /// Further ends: retention, majority, supervision.
    pub ends: Vec<Instant>,
}

/// What a server has recorded of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// When it first knew of it.
    pub made_at: Instant,
    /// When it recorded its end, whatever ended it.
    pub ended_at: Option<Instant>,
}

/// What is known of the device that asks; a settlement asks for none in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceFacts {
    /// Whether it is paired.
    pub active: bool,
    /// Whether a therapist has seen its name.
    pub confirmed: bool,
}

impl DeviceFacts {
    /// Any device on which nothing fails.
    pub const ANY: Self = Self { active: true, confirmed: true };
}

impl ReleaseFacts {
    /// What the gate reads, for one device.
    #[must_use]
    pub fn on<'a>(&'a self, orders: &'a Orders, release: &'a Release, device: DeviceFacts) -> GateFacts<'a> {
        GateFacts {
            orders,
            release,
            ended: self.taken_back || self.ended_on_record(),
            practice_active: self.practice_active,
            practice_held: self.practice_held,
            client_active: self.client_active,
            device_active: device.active,
            device_confirmed: device.confirmed,
            clip_available: self.clip_available,
            consents: &self.consents,
            ends: &self.ends,
        }
    }

    fn ended_on_record(&self) -> bool {
        self.recorded.is_some_and(|recorded| recorded.ended_at.is_some())
    }
}
