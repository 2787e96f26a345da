//! How many requests of one device may wait for the writer.
//!
//! The writer takes work in the order in which it came. One device that asks a thousand times at
//! once would make all other callers wait for all of them; with a few it is one among others,
//! however fast it is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use sync_core::id::DeviceId;

use crate::nouns::Refusal;

/// A companion asks one question at a time. Another may be under way whose connection was lost.
const AT_A_TIME: usize = 4;
/// How long who asks again at once is told to wait, in seconds.
const WAIT_SECS: u32 = 1;

/// Whose requests are being answered.
#[derive(Default)]
pub struct DeviceQueue {
    taken: Mutex<HashMap<DeviceId, usize>>,
}

/// A device's turn, until it is dropped: it goes with the work, which a caller who hangs up does not end.
pub struct Turn {
    turns: Arc<DeviceQueue>,
    device: DeviceId,
}

impl DeviceQueue {
    /// Takes a turn.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] when the device has as many as it may.
    pub fn take(self: &Arc<Self>, device: DeviceId) -> Result<Turn, Refusal> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_device = taken.entry(device).or_default();
        if *of_device >= AT_A_TIME {
            return Err(Refusal::TooManyRequests { after_secs: WAIT_SECS });
        }
        *of_device += 1;
        Ok(Turn { turns: Arc::clone(self), device })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_device) = taken.get_mut(&self.device) {
            *of_device -= 1;
            if *of_device == 0 {
                taken.remove(&self.device);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_few_turns_at_a_time_and_others_have_their_own() {
        let turns = Arc::<DeviceQueue>::default();
        let (one, other) = (DeviceId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        let mut taken: Vec<_> = (0..AT_A_TIME).map(|_| turns.take(one).ok().unwrap()).collect();
        assert!(matches!(turns.take(one).err(), Some(Refusal::TooManyRequests { after_secs: 1 })));
        assert!(turns.take(other).is_ok());
        taken.pop();
        assert!(turns.take(one).is_ok(), "a turn comes back");
        drop(taken);
        assert!(turns.taken.lock().unwrap().is_empty());
    }
}
