//! The public half of a practice's signing key.

/// The public half of the key that signs a practice's leases and denials, which devices pin when they are paired.
#[derive(Clone, PartialEq, Eq)]
pub struct Authority {
    /// How many rotations have led to it: 0 for a practice's first key.
    pub rotations: u64,
    /// Names the key.
    pub kid: String,
    /// 65 bytes, uncompressed P-256.
    pub public_key: Vec<u8>,
}
