//! What a peer says that it has, looked at before automerge counts on it.
//!
//! Each Bloom filter carries its own parameters. Automerge divides by the number of its bits, and makes room for as many
//! probes as it names: a filter of no bits would panic, and one of four thousand million probes would take all memory.

use automerge::sync::Message;

/// How many filters a message may carry; automerge writes one.
const MAX_FILTERS: usize = 4;
/// How many probes a filter may have; automerge writes seven.
const MAX_PROBES: u64 = 32;

/// Whether every filter of a message is one that can be asked.
pub(super) fn are_bounded(message: &Message) -> bool {
    message.have.len() <= MAX_FILTERS && message.have.iter().all(|have| is_bounded(&have.bloom.to_bytes()))
}

/// A filter is its number of entries, bits an entry and probes, as LEB128, and the bits; or nothing at all.
fn is_bounded(filter: &[u8]) -> bool {
    if filter.is_empty() {
        return true;
    }
    let mut rest = filter;
    let mut number = || {
        let len = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
        let (number, after) = rest.split_at_checked(len)?;
        rest = after;
        number
            .iter()
            .rev()
            .try_fold(0_u64, |value, byte| Some(value.checked_mul(128)? | u64::from(byte & 0x7f)))
    };
    let parameters = number().zip(number()).zip(number());
    parameters.is_some_and(|(_, probes)| probes <= MAX_PROBES) && !rest.is_empty()
}
