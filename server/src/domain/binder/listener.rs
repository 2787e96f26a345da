//! Connections that want to hear of changes, and when they are to end.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex as SyncMutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use sync_core::{
    id::{ClientId, DeviceId},
    sync::MAX_CONNECTIONS,
};
use tokio::sync::Notify;

use super::lock;

/// A connection that wants to hear of changes.
#[derive(Default)]
pub struct Listener {
    woken: Notify,
    changed: SyncMutex<BTreeSet<ClientId>>,
    ended: AtomicBool,
    crowded: AtomicBool,
}

/// What a listener has heard.
pub enum Heard {
    /// These clients' documents have changed.
    Changed(BTreeSet<ClientId>),
    /// The device is no longer paired: the connection ends.
    Ended,
    /// The device has opened too many connections, and this is the oldest: it gives way.
    Crowded,
}

impl Listener {
    /// Waits for what happens next.
    pub async fn hear(&self) -> Heard {
        loop {
            if self.ended.load(Ordering::SeqCst) {
                return Heard::Ended;
            }
            if self.crowded.load(Ordering::SeqCst) {
                return Heard::Crowded;
            }
            let changed = std::mem::take(&mut *lock(&self.changed));
            if !changed.is_empty() {
                return Heard::Changed(changed);
            }
            self.woken.notified().await;
        }
    }

    /// Tells it that a client's documents have changed.
    pub(super) fn tell(&self, client: ClientId) {
        lock(&self.changed).insert(client);
        self.woken.notify_one();
    }

    fn raise(&self, flag: &AtomicBool) {
        flag.store(true, Ordering::SeqCst);
        self.woken.notify_one();
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
                oldest.raise(&oldest.crowded);
            }
        }
        of_device.push(Arc::downgrade(&listener));
        listener
    }

    /// Ends the connections of a device that is no longer paired.
    pub(super) fn end(&self, device: DeviceId) {
        for listener in lock(&self.of_devices).remove(&device).into_iter().flatten() {
            if let Some(listener) = listener.upgrade() {
                listener.raise(&listener.ended);
            }
        }
    }
}
