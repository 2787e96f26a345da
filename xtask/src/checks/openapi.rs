//! docs/openapi.json is written from the routes, and `web/api/schema.d.ts` from it. A test of the server fails when the
//! document differs from the routes, a check of `web/api` when the types differ from the document or it is not valid.

use std::{fs, process::Command};

use anyhow::{Context, ensure};

use crate::{
    apps::{javascript, web},
    workspace::{programs, root},
};

/// Kept in the repository, so that a change of the API is seen in review.
const PATH: &str = "docs/openapi.json";
/// What checks the document, and writes types from it.
const PACKAGE: &str = "web/api";

/// Writes the document. Asks the server's binary, so that xtask itself need not be built with the whole server.
pub(crate) fn run() -> anyhow::Result<()> {
    let program = programs(false)?.join(format!("refrain{}", std::env::consts::EXE_SUFFIX));
    let mut refrain = Command::new(program);
    refrain.arg("openapi");
    let output = refrain.output().context("refrain cannot be started")?;
    ensure!(output.status.success(), "refrain openapi: {}", String::from_utf8_lossy(&output.stderr).trim());
    ensure!(output.stdout.starts_with(b"{"), "refrain openapi wrote no JSON");
    fs::write(root().join(PATH), output.stdout).with_context(|| format!("{PATH} cannot be written"))?;
    let package = root().join(PACKAGE);
    web::install(&package)?;
    javascript::run(&package, &["run", "--silent", "write"])?;
    println!("{PATH} and {PACKAGE}/schema.d.ts are written");
    Ok(())
}

/// Asks a validator that is not ours whether the document is valid, and whether the types are those of the document.
pub(crate) fn check() -> anyhow::Result<()> {
    let package = root().join(PACKAGE);
    web::install(&package)?;
    javascript::run(&package, &["run", "--silent", "check"])
}
