//! The limits of one connection.

/// How many connections one device may have at once: the tabs of a browser, and some whose network is gone and whose end
/// nobody has noticed yet. Each may keep some megabytes of what waits, and most of a frame.
pub const MAX_CONNECTIONS: usize = 16;
/// How many documents one connection may sync.
pub(crate) const MAX_DOCUMENTS: usize = 1_024;
/// How many changes of one document may wait for what they depend on.
pub(crate) const MAX_WAITING: usize = 256;
/// How many dependencies the waiting changes of one document may name together: each is looked for with every frame, and
/// asked for in every answer.
pub(crate) const MAX_WAITING_DEPS: usize = 1_024;
/// How many bytes a connection may keep of what its peer has sent: waiting changes, and what was said to be had.
pub(crate) const MAX_KEPT_BYTES: usize = 8 * 1_024 * 1_024;
