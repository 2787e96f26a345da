//! How many files the process may open: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use thiserror::Error;

/// What the process needs beside its connections: the database's files, its connections to PostgreSQL, the ledger, clips that
/// are sent.
const ASIDE: u64 = 512;
/// For how many connections there must be room at least.
const LEAST: u64 = 512;

/// The system lets the process open too few files.
#[derive(Debug, Clone, Copy, Error)]
#[error("files: the system lets this process open {may}, and it needs {}; raise the limit of open files (ulimit -n, LimitNOFILE=)", ASIDE + LEAST)]
pub struct TooFew {
    may: u64,
}

/// Raises the limit of open files as far as the system lets it, and says for how many connections there is room.
///
/// # Errors
/// [`TooFew`]: connections would fail in ways that no caller understands.
pub(super) fn room_for_connections() -> Result<usize, TooFew> {
    let limit = getrlimit(Resource::Nofile);
    // It may fail in a container; then what there is counts.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let may = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if may < ASIDE + LEAST {
        return Err(TooFew { may });
    }
    Ok(usize::try_from(may - ASIDE).unwrap_or(usize::MAX))
}
