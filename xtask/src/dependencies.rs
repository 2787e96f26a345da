//! Our dependencies: licences, banned crates and sources, as deny.toml says.
//!
//! The bans also show that nothing brings OpenSSL or aws-lc: cargo-deny reads the same graph as
//! `cargo tree -i`.

use std::path::PathBuf;

use crate::workspace::{self, Metadata, cargo, has_cargo};

/// Kept at one version, so that a new release of the tool cannot fail a build that was good yesterday.
const CARGO_DENY: &str = "0.20.2";

/// Runs cargo-deny. It is built into `target/tools` where it is not installed: a minute on two cores, once.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut deny = cargo(["deny", "--locked", "--all-features", "check", "licenses", "bans", "sources"]);
    if !has_cargo("deny") {
        let tools = install()?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(tools).chain(std::env::split_paths(&path));
        deny.env("PATH", std::env::join_paths(paths)?);
    }
    workspace::run(&mut deny)
}

/// Builds the tool unless an earlier run has done so, and returns its folder.
fn install() -> anyhow::Result<PathBuf> {
    let tools = Metadata::own()?.target_directory.join("tools");
    let folder = tools.join("bin");
    let binary = folder.join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        println!("cargo-deny is not installed: building {CARGO_DENY} into {}", tools.display());
        // Unoptimised: it is built for longer than it runs.
        let mut install =
            cargo(["install", "--debug", "--locked", "--quiet", "cargo-deny", "--version", CARGO_DENY]);
        let build = tools.join("build");
        workspace::run(install.arg("--root").arg(&tools).arg("--target-dir").arg(&build))?;
        // Four hundred megabytes that nobody needs again.
        std::fs::remove_dir_all(&build)?;
    }
    Ok(folder)
}
