//! docs/openapi.json is written from the routes; a test of the server fails when it differs.

use std::{fs, process::Command};

use anyhow::{Context, ensure};

use crate::workspace::{programs, root};

/// Kept in the repository, so that a change of the API is seen in review.
const PATH: &str = "docs/openapi.json";

/// Writes the document. Asks the server's binary, so that xtask itself need not be built with the whole server.
pub(crate) fn run() -> anyhow::Result<()> {
    let program = programs(false)?.join(format!("refrain{}", std::env::consts::EXE_SUFFIX));
    let mut refrain = Command::new(program);
    refrain.arg("openapi");
    let output = refrain.output().context("refrain cannot be started")?;
    ensure!(output.status.success(), "refrain openapi: {}", String::from_utf8_lossy(&output.stderr).trim());
    ensure!(output.stdout.starts_with(b"{"), "refrain openapi wrote no JSON");
    fs::write(root().join(PATH), output.stdout).with_context(|| format!("{PATH} cannot be written"))?;
    println!("{PATH} is written");
    Ok(())
}
