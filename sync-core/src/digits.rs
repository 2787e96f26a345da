//! The four digits of a phone: its person reads them aloud, and the therapist who says yes to the phone types them.
//!
//! They are made of the phone's id and of both its public keys. Two phones that have the same name
//! have other digits. The server chooses the id after the keys are fixed, so nobody can try out
//! keys until the digits are those of another phone.
//!
//! ```
//! use sync_core::{digits::Digits, id::DeviceId};
//!
//! let digits = Digits::of(DeviceId::from_bytes([1; 16]), &[4; 65], &[4; 65]);
//! assert_eq!(digits.to_string().len(), 4);
//! assert_eq!(Digits::parse(&digits.to_string()), Some(digits));
//! ```

use std::fmt;

use sha2::{Digest, Sha256};

use crate::id::DeviceId;

const LABEL: &[u8] = b"refrain/digits/v1";
const COUNT: usize = 4;
const BELOW: u64 = 10_000;

/// Four digits, from 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits(u16);

impl Digits {
    /// Makes the digits of a device from its id and its public keys, 65 bytes uncompressed each.
    #[must_use]
    pub fn of(device: DeviceId, exchange_key: &[u8; 65], signing_key: &[u8; 65]) -> Self {
        let parts: [&[u8]; 4] = [LABEL, device.as_bytes(), exchange_key, signing_key];
        let hash = Sha256::digest(parts.concat());
        // The first eight bytes, big-endian: of so many numbers, each rest is as likely as any other.
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Self((number % BELOW) as u16)
    }

    /// The number that they spell.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Reads what a person typed: four digits, and nothing else.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let fits = typed.len() == COUNT && typed.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| typed.parse().ok()).flatten().map(Self)
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 65] = [4; 65];

    fn of(device: u8, exchange: u8, signing: u8) -> Digits {
        let key = |last: u8| {
            let mut key = KEY;
            key[64] = last;
            key
        };
        Digits::of(DeviceId::from_bytes([device; 16]), &key(exchange), &key(signing))
    }

    #[test]
    fn each_part_changes_the_digits_and_neither_key_stands_for_the_other() {
        let digits = of(1, 2, 3);
        for other in [of(2, 2, 3), of(1, 4, 3), of(1, 2, 4), of(1, 3, 2)] {
            assert_ne!(digits, other);
        }
        assert_eq!(digits, of(1, 2, 3));
    }

    #[test]
    fn all_digits_are_as_likely_and_always_four() {
        let mut first = [0_u32; 10];
        for n in 0..=u8::MAX {
            for m in 0..=15 {
                let shown = of(n, m, 0).to_string();
                assert_eq!(shown.len(), 4);
                first[usize::from(shown.as_bytes()[0] - b'0')] += 1;
            }
        }
        // 4,096 in all: some 410 each, zeros as well.
        assert!(first.iter().all(|count| (300..520).contains(count)), "{first:?}");
    }

    #[test]
    fn only_four_digits_are_read() {
        assert_eq!(Digits::parse("0471").unwrap().to_string(), "0471");
        for typed in ["", "471", "04711", "+471", "-471", "04 1", "٠٤٧١", "abcd", "0x47"] {
            assert!(Digits::parse(typed).is_none(), "{typed}");
        }
    }
}
