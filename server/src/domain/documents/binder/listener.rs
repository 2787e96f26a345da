//! Connections that want to hear of changes, and when they are to end.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex as SyncMutex, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use sync_core::{
    id::{ClientId, DeviceId},
    sync::MAX_CONNECTIONS,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::lock;

/// What a connection counts for besides what it keeps: a frame that is still coming in is seen by nobody.
const CONNECTION: usize = 512 * 1_024;

/// What the connections of an honest device count for together, at most: a few tabs, and a change that waits.
const HONEST: usize = 4 * 1_024 * 1_024;

/// A connection that wants to hear of changes.
#[derive(Default)]
pub struct Listener {
    woken: Notify,
    changed: SyncMutex<BTreeSet<ClientId>>,
    /// Apart from `woken`, which wakes one who waits: the end is for everybody who does.
    end: CancellationToken,
    unpaired: AtomicBool,
    relieves: AtomicBool,
    /// How many bytes the connection keeps.
    kept: AtomicUsize,
}

/// What a listener has heard.
pub enum Heard {
    /// These clients' documents have changed.
    Changed(BTreeSet<ClientId>),
    /// The connection ends.
    Ended(Ending),
}

/// Why a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The device is no longer paired.
    Unpaired,
    /// The device has opened too many connections, and this is the oldest: it gives way.
    Crowded,
    /// The server has little memory left, and no device keeps more of it.
    Relieves,
}

impl Listener {
    /// Waits for what happens next.
    pub async fn hear(&self) -> Heard {
        while !self.end.is_cancelled() {
            let changed = std::mem::take(&mut *lock(&self.changed));
            if !changed.is_empty() {
                return Heard::Changed(changed);
            }
            tokio::select! {
                () = self.end.cancelled() => {}
                () = self.woken.notified() => {}
            }
        }
        Heard::Ended(self.ended().await)
    }

    /// Waits until the connection is to end, whatever it is at: a peer that takes nothing must not outlast that.
    pub async fn ended(&self) -> Ending {
        self.end.cancelled().await;
        if self.unpaired.load(Ordering::SeqCst) {
            Ending::Unpaired
        } else if self.relieves.load(Ordering::SeqCst) {
            Ending::Relieves
        } else {
            Ending::Crowded
        }
    }

    /// Says how many bytes the connection keeps from now on.
    pub(crate) fn keeps(&self, bytes: usize) {
        self.kept.store(bytes, Ordering::Relaxed);
    }

    fn weight(&self) -> usize {
        self.kept.load(Ordering::Relaxed) + CONNECTION
    }

    /// Tells it that a client's documents have changed.
    pub(super) fn tell(&self, client: ClientId) {
        lock(&self.changed).insert(client);
        self.woken.notify_one();
    }

    /// Tells it that the connection is to end.
    pub(crate) fn end(&self, why: Ending) {
        match why {
            Ending::Unpaired => self.unpaired.store(true, Ordering::SeqCst),
            Ending::Relieves => self.relieves.store(true, Ordering::SeqCst),
            Ending::Crowded => {}
        }
        self.end.cancel();
    }
}

/// The listeners of every device that is connected.
#[derive(Default)]
pub(super) struct Listeners {
    of_devices: SyncMutex<HashMap<DeviceId, Vec<Weak<Listener>>>>,
}

impl Listeners {
    /// A listener for a connection of this device. Beyond [`MAX_CONNECTIONS`] its oldest is told to end.
    pub(super) fn add(&self, device: DeviceId) -> Arc<Listener> {
        let listener = Arc::new(Listener::default());
        let mut of_devices = lock(&self.of_devices);
        if of_devices.len() == of_devices.capacity() {
            // Before the map grows, and not at each connection: then all would pay for all.
            of_devices.retain(|_, of_device| of_device.iter().any(|listener| listener.strong_count() > 0));
        }
        let of_device = of_devices.entry(device).or_default();
        of_device.retain(|listener| listener.strong_count() > 0);
        while of_device.len() >= MAX_CONNECTIONS {
            if let Some(oldest) = of_device.remove(0).upgrade() {
                oldest.end(Ending::Crowded);
            }
        }
        of_device.push(Arc::downgrade(&listener));
        listener
    }

    /// Ends the connections of the device that keeps the most, if that is more than an honest one does: ending those
    /// would shut people out and win nothing.
    pub(super) fn end_heaviest(&self) {
        let mut of_devices = lock(&self.of_devices);
        let weight = |listeners: &Vec<Weak<Listener>>| -> usize {
            listeners.iter().filter_map(Weak::upgrade).map(|listener| listener.weight()).sum()
        };
        let weights = of_devices.iter().map(|(device, listeners)| (weight(listeners), *device));
        let Some((_, device)) = weights.filter(|(weight, _)| *weight > HONEST).max() else { return };
        for listener in of_devices.remove(&device).into_iter().flatten().filter_map(|weak| weak.upgrade()) {
            listener.end(Ending::Relieves);
        }
    }

    /// Ends the connections of a device that is no longer paired.
    pub(super) fn end(&self, device: DeviceId) {
        for listener in lock(&self.of_devices).remove(&device).into_iter().flatten() {
            if let Some(listener) = listener.upgrade() {
                listener.end(Ending::Unpaired);
            }
        }
    }
}
