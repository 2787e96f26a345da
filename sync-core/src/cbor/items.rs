//! Items counted before any is made.

/// Whether well-formed bytes hold at most `max` items: strings, numbers, containers, each counted once.
///
/// An item of one byte becomes a value of thirty-two, so items are counted before any is made. Bytes that are not
/// well-formed are left to the decoder, which stops where this stops.
pub(crate) fn has_few_items(bytes: &[u8], max: usize) -> bool {
    let mut rest = bytes;
    let mut items = 0;
    while let Some((&head, after)) = rest.split_first() {
        items += 1;
        if items > max {
            return false;
        }
        let (major, info) = (head >> 5, head & 0x1f);
        let argument_len = match info {
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => 0,
        };
        let Some((argument, after)) = after.split_at_checked(argument_len) else { return true };
        rest = after;
        // Strings of indefinite length go on with definite ones, which are counted themselves.
        if matches!(major, 2 | 3) && info < 28 {
            let len = if argument_len == 0 {
                u64::from(info)
            } else {
                argument.iter().fold(0, |len, byte| len << 8 | u64::from(*byte))
            };
            let Some(after) = usize::try_from(len).ok().and_then(|len| rest.get(len..)) else { return true };
            rest = after;
        }
    }
    true
}
