//! A therapist's device in a case.

use std::collections::BTreeMap;

use anyhow::ensure;
use rand::rngs::StdRng;
use sync_core::{
    device::Console,
    documents::{Document, append, entries},
    id::DeviceId,
    instant::Instant,
    orders::Orders,
};

use super::Case;
use crate::{
    cast,
    desk::Wish,
    simulation::{
        binder::fresh_actor,
        talk::{Talk, Wire},
    },
};

/// A therapist's device.
pub struct Desk {
    pub(super) device: DeviceId,
    pub(super) console: Console,
    pub(super) orders: Document,
}

impl Case {
    /// What a therapist's device shows.
    #[must_use]
    pub fn shown(&self, desk: usize) -> Orders {
        let desk = &self.desks[desk];
        let mut all: BTreeMap<_, _> = entries(&desk.orders).into_iter().collect();
        all.extend(desk.console.to_append(&desk.orders));
        Orders::fold_encoded(all.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
    }

    /// A therapist decides something, offline.
    pub fn write(&mut self, desk: usize, wish: &Wish, now: Instant) {
        let orders = self.shown(desk);
        self.entries += 1;
        if matches!(wish, Wish::Release(..)) {
            self.releases += 1;
        }
        let id = cast::entry(self.practice, self.entries);
        wish.write(&mut self.desks[desk].console, &orders, id, now);
    }

    /// A therapist's device comes online.
    ///
    /// # Errors
    /// A violation.
    pub fn sync_desk(
        &mut self,
        n: usize,
        now: Instant,
        wire: Wire,
        rng: &mut StdRng,
    ) -> anyhow::Result<Talk> {
        let desk = &mut self.desks[n];
        let mut talk = Talk::Done;
        for writes in [false, true] {
            if writes {
                let unsent = desk.console.to_append(&desk.orders);
                if unsent.is_empty() {
                    break;
                }
                for new in unsent {
                    append(&mut desk.orders, &[new])?;
                }
            }
            talk =
                self.binder.sync_orders(&mut desk.orders, desk.device, &mut self.clinic, now, wire, rng)?;
            match talk {
                Talk::Done => {}
                Talk::Broken => break,
                Talk::Refused(_) => {
                    desk.orders = Document::new().with_actor(fresh_actor(rng));
                    break;
                }
            }
        }
        if talk == Talk::Done {
            let there: Vec<_> = entries(&desk.orders).into_iter().map(|(id, _)| id).collect();
            desk.console.acknowledged(there.iter().copied());
            for id in there {
                ensure!(
                    self.clinic.db.entries.contains_key(&id),
                    "an entry was acknowledged and is not there"
                );
            }
        }
        self.changed(now)?;
        Ok(talk)
    }
}
