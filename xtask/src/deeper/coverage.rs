//! Which lines the tests reach.

use std::process::ExitCode;

use anyhow::ensure;

use crate::workspace::{cargo, exit_code, has_cargo};

/// How it is run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Writes pages to target/llvm-cov/html instead of a table.
    #[arg(long)]
    html: bool,
    /// Only the tests of this package.
    #[arg(long, short)]
    package: Option<String>,
}

/// Runs the tests under coverage.
///
/// # Errors
/// When cargo-llvm-cov is missing: how to install it.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    ensure!(
        has_cargo("llvm-cov"),
        "cargo-llvm-cov is not installed:\n  rustup component add llvm-tools\n  cargo install --locked cargo-llvm-cov"
    );
    let mut coverage = cargo(["llvm-cov"]);
    if has_cargo("nextest") {
        coverage.arg("nextest");
    }
    match &args.package {
        Some(package) => coverage.args(["--package", package]),
        None => coverage.arg("--workspace"),
    };
    coverage.arg("--locked");
    if args.html {
        coverage.arg("--html");
    }
    Ok(exit_code(coverage.status()?))
}
