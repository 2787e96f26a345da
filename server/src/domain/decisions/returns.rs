//! "This doesn't help me": a client's letter that stops a clip on all of their devices.
//!
//! The phone on which it was said has removed the clip by itself. The others hear of it as of any pause: the server writes a
//! hold, under the letter's own id and instant, so that the same letter, brought again after a restore, holds nothing anew
//! that a therapist has lifted since. Ending it is the therapist's to decide.

use sync_core::{
    documents::Letter,
    id::EntryId,
    instant::Instant,
    orders::{Act, Author, Entry, HoldOn, Orders},
    policy::standing,
};

/// The holds that letters ask for, of what is released here and has not ended.
#[must_use]
pub fn holds(letters: &[(EntryId, Vec<u8>)], orders: &Orders, now: Instant) -> Vec<(EntryId, Vec<u8>)> {
    let hold = |(id, bytes): &(EntryId, Vec<u8>)| {
        let Ok(Letter::Return { release, at }) = Letter::decode(bytes) else { return None };
        let is_open = |found| !standing(orders, found, now).has_ended();
        orders.releases.get(&release).filter(|found| is_open(found))?;
        let act = Act::Hold { on: HoldOn::Release(release), until: None, hits: Vec::new() };
        Some((*id, Entry { by: Author::Server, at, act }.encode()))
    };
    letters.iter().filter_map(hold).collect()
}

#[cfg(test)]
mod tests;
