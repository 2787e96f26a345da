//! Settlement: every consequence of a client's facts, as values.
//!
//! A server loads rows into a [`Situation`], asks it, and writes every difference: the ends that
//! follow ([`Situation::lost`]), the shelf that the client sees, the record of each release, and
//! denials for devices that hold an ended or paused release. Nothing is decided anew by asking
//! again: with nothing new there is no difference. [`everywhere`] has the rules that cross from one
//! client to another.

mod denials;
pub mod everywhere;
mod forgotten;

use std::collections::BTreeMap;

use crate::{
    documents::{Look, Shelf, project},
    id::ReleaseId,
    instant::Instant,
    orders::{Act, Author, Entry, Orders, Release, RevokeOn},
    policy::{DeviceFacts, GateFacts, Reason, Recorded, ReleaseFacts, Standing, gate, standing},
};

pub use denials::{LiveLease, NewDenial, Told};
pub use forgotten::forgotten;

/// A client's orders and the facts of each of their releases, at one instant.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    orders: &'a Orders,
    facts: BTreeMap<ReleaseId, ReleaseFacts>,
    now: Instant,
}

/// What is to be recorded of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// When the server first knew of it, and when it recorded its end: both stay once they are there.
    pub recorded: Recorded,
    /// The first instant of denial, as far as terms, consents and the clip say.
    pub ends_at: Option<Instant>,
    /// When time alone changes something next: the end comes, or a hold passes. Nothing once it has ended.
    pub settle_at: Option<Instant>,
    /// Whether it waits for a therapist's confirmation.
    pub unconfirmed: bool,
}

/// The entry with which a server ends one release: like any therapist's, so that nobody can tell one ending from another.
#[must_use]
pub fn ending(release: ReleaseId, now: Instant) -> Entry {
    let act = Act::Revoke { on: RevokeOn::Release(release), hits: vec![release] };
    Entry { by: Author::Server, at: now, act }
}

impl<'a> Situation<'a> {
    /// Asks for the facts of each release of the orders.
    #[must_use]
    pub fn new(
        orders: &'a Orders,
        facts: impl Fn(ReleaseId, &Release) -> ReleaseFacts,
        now: Instant,
    ) -> Self {
        let facts = orders.releases.iter().map(|(id, release)| (*id, facts(*id, release))).collect();
        Self { orders, facts, now }
    }

    /// Releases that end because somebody heard in them has withdrawn, or because their clip is gone: each is to be ended
    /// by an [`ending`] in the orders, before anything else is asked.
    #[must_use]
    pub fn lost(&self) -> Vec<ReleaseId> {
        let is_lost = |release: &Release, facts: &GateFacts<'_>| {
            !standing(self.orders, release, self.now).has_ended()
                && matches!(gate(facts, self.now), Err(Reason::ConsentEnded | Reason::ClipUnavailable))
        };
        self.releases().filter(|(_, release, facts)| is_lost(release, facts)).map(|(id, ..)| id).collect()
    }

    /// What the client sees from now on; `shown` is what they saw before.
    #[must_use]
    pub fn shelf(&self, shown: &Shelf) -> Shelf {
        let item = |(id, _, facts): (ReleaseId, &Release, GateFacts<'_>)| {
            Some((id, project(&facts, shown.0.get(&id), self.now)?))
        };
        Shelf(self.releases().filter_map(item).collect())
    }

    /// What is to be recorded of each release.
    #[must_use]
    pub fn records(&self) -> BTreeMap<ReleaseId, Record> {
        self.releases().map(|(id, release, facts)| (id, self.record(id, release, &facts))).collect()
    }

    fn record(&self, id: ReleaseId, release: &Release, facts: &GateFacts<'_>) -> Record {
        let before = self.facts.get(&id).and_then(|facts| facts.recorded);
        let has_ended = Look::of(facts, self.now).has_ended();
        let ended_before = before.and_then(|before| before.ended_at);
        let recorded = Recorded {
            made_at: before.map_or(self.now, |before| before.made_at),
            ended_at: ended_before.or_else(|| has_ended.then_some(self.now)),
        };
        let ends_at = facts.ends_at();
        let holds = self.orders.holds_of(release).filter_map(|(_, until)| until);
        let settle_at = holds.chain(ends_at).filter(|at| *at > self.now).min();
        Record {
            recorded,
            ends_at,
            settle_at: settle_at.filter(|_| !has_ended),
            unconfirmed: standing(self.orders, release, self.now) == Standing::Unconfirmed,
        }
    }

    fn releases(&self) -> impl Iterator<Item = (ReleaseId, &Release, GateFacts<'_>)> {
        self.facts.iter().filter_map(|(id, facts)| {
            let release = self.orders.releases.get(id)?;
            Some((*id, release, facts.on(self.orders, release, DeviceFacts::ANY)))
        })
    }
}

#[cfg(test)]
mod tests;
