//! Checks of the repository itself, which need no test.
pub(crate) mod api;
pub(crate) mod dependencies;
pub(crate) mod invariants;
pub(crate) mod openapi;
pub(crate) mod prose;
pub(crate) mod rooms;
