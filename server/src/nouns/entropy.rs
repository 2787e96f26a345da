//! The one place that draws randomness: ids, tokens, nonces and keys.
//!
//! Like the clock, it is passed in, so that a test can have the same ids twice.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use rand::{SeedableRng, rngs::StdRng};
use rand_core::{Rng as _, TryCryptoRng, TryRng};

/// Where random bytes come from.
#[derive(Clone)]
pub enum Entropy {
    /// The operating system's generator.
    System,
    /// A generator that gives the same bytes for the same seed. For tests only: its ids and keys are known to all.
    Seeded(Arc<Mutex<StdRng>>),
}

impl Entropy {
    /// A generator that starts from `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// Draws `N` random bytes: `PracticeId::new(now, entropy.bytes())`, a token, a nonce.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Fills `bytes` with random ones.
    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Self::System => {
                if getrandom::fill(bytes).is_err() {
                    // Without randomness every key and token would be guessable. No caller could do better than stop.
                    std::process::abort();
                }
            }
            Self::Seeded(generator) => {
                generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes)
            }
        }
    }
}

/// What hpke and p256 draw from: `&mut entropy.clone()` is a `CryptoRng`.
impl TryRng for Entropy {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        Self::fill(self, bytes);
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}

#[cfg(test)]
mod tests {
    use rand_core::CryptoRng;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        let first: [u8; 16] = Entropy::seeded(1).bytes();
        assert_eq!(first, Entropy::seeded(1).bytes::<16>());
        assert_ne!(first, Entropy::seeded(2).bytes::<16>());
    }

    #[test]
    fn one_generator_never_gives_the_same_bytes_twice() {
        for entropy in [Entropy::System, Entropy::seeded(1)] {
            assert_ne!(entropy.bytes::<16>(), entropy.clone().bytes::<16>());
        }
    }

    #[test]
    fn it_serves_the_cryptography_crates_as_their_generator() {
        fn draw(generator: &mut impl CryptoRng) -> u64 {
            generator.next_u64()
        }
        assert_ne!(draw(&mut Entropy::System), draw(&mut Entropy::System));
    }
}
