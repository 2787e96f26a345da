//! Chunks: the contents of a sync message, taken apart by header before automerge sees a byte.
//!
//! Automerge would inflate a compressed chunk without bound, apply a whole document without a vet,
//! queue a change whose dependencies are missing until they arrive, and keep a change whose
//! checksum is wrong or whose encoding is not the one that it writes itself, which no later load
//! takes. So a writer's chunks are split here by their headers (magic 4, checksum 4, type 1, LEB128
//! length), and only single changes pass: type 1 as it is, type 2 inflated under a limit, both with
//! their columns counted and in their one encoding.

use automerge::{Change, sync::ChunkList};
use thiserror::Error;

use super::scan::is_bounded;

/// How many changes one message may carry: a year of ten plays a day, each its own change, comes at once.
pub const MAX_CHANGES: usize = 4_096;
/// How many bytes one change may have, inflated.
pub(crate) const MAX_CHANGE_BYTES: usize = 256 * 1_024;
/// How many bytes the changes of one message may have together, inflated: a thousand small chunks would otherwise become
/// a thousand great changes.
pub(crate) const MAX_CHANGES_BYTES: usize = 8 * 1_024 * 1_024;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const TYPE_CHANGE: u8 = 1;
const TYPE_COMPRESSED: u8 = 2;

/// Why a message's chunks are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChunkError {
    /// The bytes are no chunk, or no change.
    #[error("a change is malformed")]
    Malformed,
    /// A whole document or a bundle: what it holds cannot be vetted change by change.
    #[error("only single changes are taken")]
    NotAChange,
    /// A change has more bytes than a change may have.
    #[error("a change is longer than {MAX_CHANGE_BYTES} bytes")]
    TooLong,
    /// A message carries more than [`MAX_CHANGES`].
    #[error("more than {MAX_CHANGES} changes in a message")]
    TooMany,
    /// The changes of a message, or those that wait on a connection, have more bytes together than they may.
    #[error("more than {MAX_CHANGES_BYTES} bytes of changes")]
    TooMuch,
}

impl ChunkError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "change_malformed",
            Self::NotAChange => "change_not_single",
            Self::TooLong => "change_too_long",
            Self::TooMany => "changes_too_many",
            Self::TooMuch => "changes_too_long",
        }
    }
}

/// The changes that a message carries, parsed but not applied.
///
/// # Errors
/// [`ChunkError`] for the first chunk that is no single change within the limits.
pub(super) fn changes_of(chunks: &ChunkList) -> Result<Vec<Change>, ChunkError> {
    let mut changes = Vec::new();
    let mut bytes = 0;
    for mut rest in chunks.iter() {
        while !rest.is_empty() {
            if changes.len() == MAX_CHANGES {
                return Err(ChunkError::TooMany);
            }
            let (chunk, after) = split(rest)?;
            let change = parse(&chunk)?;
            bytes += change.raw_bytes().len();
            if bytes > MAX_CHANGES_BYTES {
                return Err(ChunkError::TooMuch);
            }
            changes.push(change);
            rest = after;
        }
    }
    Ok(changes)
}

/// One chunk.
struct Chunk<'a> {
    kind: u8,
    body: &'a [u8],
    whole: &'a [u8],
}

fn split(bytes: &[u8]) -> Result<(Chunk<'_>, &[u8]), ChunkError> {
    let (header, after) = bytes.split_at_checked(9).ok_or(ChunkError::Malformed)?;
    if header[..4] != MAGIC {
        return Err(ChunkError::Malformed);
    }
    let (len, len_bytes) = leb128(after).ok_or(ChunkError::Malformed)?;
    let start = 9 + len_bytes;
    let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len)).ok_or(ChunkError::TooLong)?;
    let whole = bytes.get(..end).ok_or(ChunkError::Malformed)?;
    Ok((Chunk { kind: header[8], body: &whole[start..], whole }, &bytes[end..]))
}

fn leb128(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (i, byte) in bytes.iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, i + 1));
        }
    }
    None
}

fn parse(chunk: &Chunk<'_>) -> Result<Change, ChunkError> {
    let inflated;
    let body = match chunk.kind {
        TYPE_CHANGE => chunk.body,
        TYPE_COMPRESSED => {
            inflated = inflate(chunk.body)?;
            inflated.as_slice()
        }
        _ => return Err(ChunkError::NotAChange),
    };
    if body.len() > MAX_CHANGE_BYTES {
        return Err(ChunkError::TooLong);
    }
    if !is_bounded(body) {
        return Err(ChunkError::Malformed);
    }
    let change = Change::try_from(chunk.whole).map_err(|_| ChunkError::Malformed)?;
    // Automerge takes any checksum here, stores it, and refuses it when the document is loaded.
    if change.hash().0[..4] != chunk.whole[4..8] {
        return Err(ChunkError::Malformed);
    }
    // Automerge keeps operations, not columns, and writes them in its one encoding when it saves a document. A change in
    // another encoding, with rows to spare in one column say, would have another hash then, and nobody could load the
    // document any more.
    if Change::from(change.decode()).hash() != change.hash() {
        return Err(ChunkError::Malformed);
    }
    Ok(change)
}

/// Inflates a raw DEFLATE stream, as far as the limit: what is beyond is never unpacked.
fn inflate(body: &[u8]) -> Result<Vec<u8>, ChunkError> {
    miniz_oxide::inflate::decompress_to_vec_with_limit(body, MAX_CHANGE_BYTES).map_err(|error| {
        if error.status == miniz_oxide::inflate::TINFLStatus::HasMoreOutput {
            ChunkError::TooLong
        } else {
            ChunkError::Malformed
        }
    })
}
