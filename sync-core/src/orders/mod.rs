//! Orders: therapists' decisions as immutable entries, and the pure fold over them.
//!
//! An entry is written once under a random id and never touched again. Devices merge sets of
//! entries in any order, and [`Orders::fold`] reads the same from every order. There is no last
//! writer: of two concurrent amendments the stricter value counts, and a revocation is never
//! undone.

mod entry;
mod fold;
mod parts;
mod strictest;
mod written;

pub use entry::{Act, Author, Entry, EntryError, HoldOn, MAX_ENTRY_BYTES, MAX_IDS, RevokeOn};
pub use fold::{Orders, Release, covers};
pub use written::Written;

#[cfg(test)]
mod tests;
