//! The JavaScript packages that read our output: `tests/interop/*`.
//!
//! Each is installed before the Rust tests, because those that need a server are started by a Rust
//! test, which has one. A package that has a `test` script of its own needs no server, and is run
//! here.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};

use crate::workspace::{self, root};

const OLDEST_NODE: u32 = 20;

/// Every folder of `tests/interop` that has a package.json, by name.
pub(crate) fn packages() -> anyhow::Result<Vec<PathBuf>> {
    let folder = root().join("tests/interop");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.join("package.json").is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Checks that there is a Node that can run them.
///
/// # Errors
/// Why there is none.
pub(crate) fn find_node() -> anyhow::Result<()> {
    let output = Command::new("node").arg("--version").output().context("node is not installed")?;
    let version = String::from_utf8_lossy(&output.stdout);
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|text| text.parse().ok());
    ensure!(
        major.is_some_and(|major: u32| major >= OLDEST_NODE),
        "node {OLDEST_NODE} or newer is needed, here is {}",
        version.trim()
    );
    Ok(())
}

/// Installs the exact versions of each package's lock file.
pub(crate) fn install(packages: &[PathBuf]) -> anyhow::Result<()> {
    for package in packages {
        println!("{}", name(package));
        run(package, &["ci", "--no-audit", "--no-fund"])?;
    }
    Ok(())
}

/// Runs the suites that need no server.
pub(crate) fn test(packages: &[PathBuf]) -> anyhow::Result<()> {
    for package in packages {
        if has_test_script(package)? {
            println!("{}", name(package));
            run(package, &["test"])?;
        }
    }
    Ok(())
}

/// What a person calls the package: its folder.
pub(crate) fn name(package: &Path) -> String {
    package.strip_prefix(root()).unwrap_or(package).display().to_string()
}

/// Runs npm in a package.
pub(crate) fn run(package: &Path, args: &[&str]) -> anyhow::Result<()> {
    workspace::run(Command::new("npm").current_dir(package).args(args))
}

fn has_test_script(package: &Path) -> anyhow::Result<bool> {
    let text = fs::read_to_string(package.join("package.json"))?;
    let json: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{}/package.json", name(package)))?;
    Ok(json.pointer("/scripts/test").is_some())
}
