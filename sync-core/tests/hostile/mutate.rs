//! Mutations: the first things that a hostile peer would try, drawn from a seed.

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// Bytes that mean something to a decoder: ends of ranges, heads of CBOR items, LEB128 that goes on.
const TELLING: [u8; 16] =
    [0, 1, 2, 0x17, 0x18, 0x1b, 0x3b, 0x40, 0x5b, 0x5f, 0x7f, 0x80, 0x9b, 0xbf, 0xfe, 0xff];

/// Draws mutated inputs, the same for the same seed.
pub struct Mutator(StdRng);

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// One seed, changed in one to four places.
    pub fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds.choose(&mut self.0).cloned().unwrap_or_default();
        for _ in 0..self.0.random_range(1..=4) {
            self.mutate(&mut bytes, seeds);
        }
        bytes
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.0.random_range(0..=bytes.len());
        let len = self.0.random_range(0..=(bytes.len() - at).min(32));
        match self.0.random_range(0..8) {
            0 => self.change(bytes, at, |rng, byte| byte ^ 1 << rng.random_range(0..8)),
            1 => self.change(bytes, at, |rng, _| rng.random()),
            2 => self.change(bytes, at, |rng, _| *TELLING.choose(rng).unwrap_or(&0)),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..at + len)),
            5 => {
                let again = bytes[at..at + len].to_vec();
                bytes.splice(at..at, again);
            }
            6 => {
                let telling: Vec<u8> = (0..self.0.random_range(1..10))
                    .map(|_| *TELLING.choose(&mut self.0).unwrap_or(&0))
                    .collect();
                bytes.splice(at..at, telling);
            }
            _ => {
                let other = seeds.choose(&mut self.0).cloned().unwrap_or_default();
                let from = self.0.random_range(0..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }

    fn change(&mut self, bytes: &mut [u8], at: usize, to: impl Fn(&mut StdRng, u8) -> u8) {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = to(&mut self.0, *byte);
        }
    }
}
