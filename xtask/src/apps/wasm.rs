//! sync-core for the browser: it must build without anything native.

use std::process::Command;

use anyhow::ensure;

use crate::workspace::{self, Metadata, cargo};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Builds sync-core for wasm32, with its `wasm` feature where it has one.
pub(crate) fn run() -> anyhow::Result<()> {
    ensure_target()?;
    let own = Metadata::own()?;
    let has_feature =
        own.packages.iter().any(|own| own.name == "sync-core" && own.features.contains_key("wasm"));
    let mut build = cargo(["build", "--locked", "--package", "sync-core", "--lib", "--target", TARGET]);
    if has_feature {
        build.args(["--features", "wasm"]);
    }
    workspace::run(&mut build)
}

/// Adds the target where rustup does not have it yet. A toolchain without rustup may have it all the same: cargo tells.
pub(crate) fn ensure_target() -> anyhow::Result<()> {
    let Ok(output) = Command::new("rustup").args(["target", "list", "--installed"]).output() else {
        return Ok(());
    };
    if String::from_utf8_lossy(&output.stdout).lines().any(|line| line.trim() == TARGET) {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status()?;
    ensure!(added.success(), "rustup could not add {TARGET}");
    Ok(())
}
