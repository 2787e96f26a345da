//! How many devices a person has, and how long a phone waits for a therapist's yes.
//!
//! A phone that a stranger has added must not add others for ever, and each phone costs the
//! person's therapist a look. So a person has few phones, and few that wait. A phone that nobody
//! says yes to ends by itself, as if it had been removed.

use crate::instant::{Instant, Span};

/// How many phones a client has, those that wait for a yes among them.
pub const MAX_PHONES: usize = 5;
/// How many of them wait for a yes.
pub const MAX_UNCONFIRMED: usize = 2;
/// How many devices a member of staff has.
pub const MAX_STAFF_DEVICES: usize = 10;
/// How long a phone waits for a yes.
pub const UNCONFIRMED_FOR: Span = Span::from_days(1);

/// The facts of a device's pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paired {
    /// When it was paired.
    pub at: Instant,
    /// When a therapist said yes to it. Devices of staff have a yes from the beginning.
    pub confirmed_at: Option<Instant>,
    /// When it was removed.
    pub removed_at: Option<Instant>,
}

impl Paired {
    /// Since when the device is no longer paired; none while it is.
    #[must_use]
    pub fn ended_at(&self, now: Instant) -> Option<Instant> {
        let alone_at = self.at + UNCONFIRMED_FOR;
        let is_alone = self.confirmed_at.is_none() && now >= alone_at;
        self.removed_at.or_else(|| is_alone.then_some(alone_at))
    }
}

/// Whether a client may have one more phone than these.
#[must_use]
pub fn has_room_for_phone(phones: &[Paired], now: Instant) -> bool {
    let live = || phones.iter().filter(|phone| phone.ended_at(now).is_none());
    let waiting = live().filter(|phone| phone.confirmed_at.is_none()).count();
    live().count() < MAX_PHONES && waiting < MAX_UNCONFIRMED
}

/// Whether a member of staff may have one more device than these.
#[must_use]
pub fn has_room_for_staff_device(devices: &[Paired], now: Instant) -> bool {
    devices.iter().filter(|device| device.ended_at(now).is_none()).count() < MAX_STAFF_DEVICES
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRED: Instant = Instant::from_millis(1_900_000_000_000);
    const WAITING: Paired = Paired { at: PAIRED, confirmed_at: None, removed_at: None };
    const CONFIRMED: Paired = Paired { confirmed_at: Some(PAIRED), ..WAITING };

    #[test]
    fn a_phone_without_a_yes_ends_after_a_day_and_one_with_a_yes_does_not() {
        let day_later = PAIRED + UNCONFIRMED_FOR;
        assert_eq!(WAITING.ended_at(day_later - Span::from_millis(1)), None);
        assert_eq!(WAITING.ended_at(day_later + Span::from_days(9)), Some(day_later));
        assert_eq!(CONFIRMED.ended_at(PAIRED + Span::from_days(999)), None);
        let removed = Paired { removed_at: Some(PAIRED), ..CONFIRMED };
        assert_eq!(removed.ended_at(day_later), Some(PAIRED));
    }

    #[test]
    fn a_client_has_five_phones_and_two_of_them_wait() {
        assert!(has_room_for_phone(&[CONFIRMED; 4], PAIRED));
        assert!(!has_room_for_phone(&[CONFIRMED; 5], PAIRED));
        assert!(has_room_for_phone(&[CONFIRMED, WAITING], PAIRED));
        assert!(!has_room_for_phone(&[WAITING, CONFIRMED, WAITING], PAIRED));
        assert!(has_room_for_phone(&[WAITING, CONFIRMED, WAITING], PAIRED + UNCONFIRMED_FOR));
        let removed = Paired { removed_at: Some(PAIRED), ..CONFIRMED };
        assert!(has_room_for_phone(&[removed; 99], PAIRED));
    }

    #[test]
    fn a_member_of_staff_has_ten_devices() {
        assert!(has_room_for_staff_device(&[CONFIRMED; 9], PAIRED));
        assert!(!has_room_for_staff_device(&[CONFIRMED; 10], PAIRED));
    }
}
