//! The key of one clip.

use zeroize::Zeroizing;

/// The sixteen bytes of input keying material that one clip is sealed under; erased when dropped, never shown.
///
/// It has no `Debug` and no comparison: a key is used or wrapped, never printed or searched for.
#[derive(Clone)]
pub struct ClipKey(Zeroizing<[u8; Self::LEN]>);

impl ClipKey {
    /// How many bytes a key has.
    pub const LEN: usize = 16;

    /// Takes sixteen random bytes, or those that were unwrapped.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Lends the bytes, for wrapping under a practice's key or sealing into a lease.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}
