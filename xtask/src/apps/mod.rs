//! The web apps: built, and tested in Node and in browsers.
pub(crate) mod browser;
pub(crate) mod javascript;
pub(crate) mod wasm;
pub(crate) mod web;
